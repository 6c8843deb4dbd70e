"""The topic above the conversation; a room that is closed to writing; what waited; passwords."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phase4.client_gui.drafts import drafts_beside
from shared import message
from shared.rights import LoggedIn, Topic, Writing
from tests.kit.scripted import ScriptedServer, Speaker

if TYPE_CHECKING:  # not all checks here need tkinter
    import tkinter as tk

    from phase4.client_gui.app import App
    from tests.kit.windows import Apps

pytestmark = pytest.mark.window

NOW = "10:00:00"
CLOSED = message.format(Writing(NOW, is_open=False, by="Bob"))
OPENED = message.format(Writing(NOW, is_open=True, by="Bob"))
OPERATOR = message.format(LoggedIn(NOW, "Ann", is_operator=True))
KEPT = message.format(message.Kept("2026-11-21 14:03:05", "Bob", "Ann", "see you on Monday"))
SECRET = "correct horse"


@pytest.fixture
def talking(
    root: tk.Tk, start_app: Apps, server: ScriptedServer, tmp_path: Path
) -> Iterator[tuple[App, Speaker]]:
    """Ann's window, and the server's end of its connection."""
    from tests.kit.windows import see

    app = start_app(server.port, name="Ann", memory=tmp_path / "settings.json")
    app.connect_at_once()
    app.appear()
    with server.accept() as speaker:
        speaker.let_in()
        see(root, lambda: "Ann on" in root.title(), "the conversation")
        speaker.send("[10:00:00] * Bob joined")
        yield app, speaker


def said(speaker: Speaker) -> str:
    """The next line of the client, but for its own questions, which are answered."""
    while (line := speaker.read_line()).startswith("/ping "):
        speaker.send(f"[10:00:00] * Pong {line.removeprefix('/ping ')}")
    return line


def topic(text: str) -> str:
    return message.format(Topic(NOW, text))


def test_the_topic_stands_above_the_conversation_of_all_with_links_that_open(
    root: tk.Tk, talking: tuple[App, Speaker]
) -> None:
    from phase4.client_gui.topic_bar import MOST_CHARACTERS
    from tests.kit.windows import press, see, tabs_of

    app, server = talking
    bar = app.chat_page.topic
    assert not bar.winfo_manager()
    server.send(topic("about sockets: https://a.example/b, ok"))
    see(root, lambda: bar.winfo_viewable(), "the topic")
    assert bar.text.get("1.0", "end-1c") == "about sockets: https://a.example/b, ok"
    assert not bar.more.winfo_manager()
    opened: list[str] = []
    bar._open_link = opened.append
    box = bar.text.bbox("1.20")
    assert box is not None
    for event in ("<Button-1>", "<ButtonRelease-1>"):
        bar.text.event_generate(event, x=box[0] + 2, y=box[1] + 2)
    root.update()
    assert opened == ["https://a.example/b"]
    app.open_person("Bob")  # what is talked about there is nobody's business
    see(root, lambda: not bar.winfo_manager(), "the end of the topic")
    tabs_of(app).select(tabs_of(app).main)
    see(root, lambda: bar.winfo_manager(), "the topic")
    server.send(topic("word " * 200))
    see(root, lambda: bar.more.winfo_viewable(), "the way to all of it")
    assert int(bar.text.cget("height")) == 2
    press(bar.more, "<Return>")
    see(root, lambda: int(bar.text.cget("height")) == 8, "more of it")
    server.send(topic("line\u0301" * 4 + "\u202e\x1b[31m" + "s" * 10_000))
    see(root, lambda: "sss" in bar.topic, "a hostile one")
    assert "\u202e" not in bar.topic
    assert len(bar.topic) == MOST_CHARACTERS + 1
    server.send(topic(""))
    see(root, lambda: not bar.winfo_manager(), "the end of the topic")


def test_a_closed_room_keeps_what_is_typed_and_private_lines_still_go(
    root: tk.Tk, talking: tuple[App, Speaker]
) -> None:
    from tests.kit.windows import see, shows, tabs_of, type_line

    app, server = talking
    closed, entry = app.chat_page.closed, app.chat_page.entry
    server.send(CLOSED)
    see(root, lambda: closed.text, "what is so")
    assert closed.text == (
        "The room is closed to writing. Private messages still go. What you type stays here."
    )
    type_line(app, "hello")
    shows(app, "The room is closed to writing. Private messages still go. This was not sent.")
    assert entry.get() == "hello"
    app.open_person("Bob")
    assert not closed.text
    type_line(app, "psst")
    assert said(server) == "/pm Bob psst"
    tabs_of(app).select(tabs_of(app).main)
    assert closed.text
    assert entry.get() == "hello"
    server.send(OPENED)
    see(root, lambda: not closed.text, "the end of it")
    type_line(app, "hello")
    assert said(server) == "hello"
    server.send(CLOSED)
    server.send(OPERATOR)
    see(root, lambda: app.chat_page.room.is_operator, "the right to write")
    type_line(app, "as an operator")
    assert said(server) == "as an operator"


def test_a_private_message_that_waited_is_in_its_tab_with_its_date_and_calls(
    root: tk.Tk, talking: tuple[App, Speaker]
) -> None:
    from tests.kit.windows import see, shows, tab_of, tabs_of

    app, server = talking
    server.send(KEPT)
    see(root, lambda: tabs_of(app).find("Bob"), "the tab")
    shows(app, "14:03:05  Bob  → you see you on Monday", "Bob")
    tab = tab_of(app, "Bob")
    day = "While you were away, on Saturday, 21 November 2026:"
    assert tab.conversation.shown().count(day) == 1
    assert (tab.unread, tab.called) == (1, 1)
    app.ignoring.ignore("Bob")
    server.send(KEPT.replace("Monday", "Sunday"))
    server.send("[10:00:09] Carl: the fence")
    shows(app, "the fence")
    assert "Sunday" not in tab.conversation.shown()


def test_a_line_with_a_password_is_neither_shown_nor_kept(
    root: tk.Tk, talking: tuple[App, Speaker], tmp_path: Path
) -> None:
    from tests.kit.windows import press, see, tabs_of, type_line

    app, server = talking
    entry, main = app.chat_page.entry, tabs_of(app).main
    entry.put(f"/register {SECRET}")
    assert app._drafts.save()
    press(entry, "<Return>")
    assert said(server) == f"/register {SECRET}"
    type_line(app, "the fence")
    assert said(server) == "the fence"
    press(entry, "<Up>")
    assert entry.get() == "the fence"
    press(entry, "<Up>")
    assert entry.get() == "the fence"
    for keys in ("<Control-z>", "<Control-z>"):
        press(entry, keys)
        assert SECRET not in entry.get()
    server.close()
    see(root, lambda: "connecting again" in root.title(), "the loss")
    type_line(app, f"/login Ann {SECRET}")
    see(root, lambda: "a password is not kept" in main.conversation.shown(), "the refusal")
    assert app._drafts.save()
    assert SECRET not in main.conversation.shown()
    drafts = drafts_beside(tmp_path / "settings.json")
    assert drafts is not None
    held = drafts.read_text() if drafts.exists() else json.dumps({})
    assert SECRET not in held


def test_whoever_is_disconnected_for_good_reads_why_and_connects_anew_by_a_button(
    root: tk.Tk, talking: tuple[App, Speaker], server: ScriptedServer
) -> None:
    from tests.kit.windows import see, shows

    app, speaker = talking
    speaker.send("! Disconnected by Bob: that is enough.")
    speaker.close()
    shows(app, "Disconnected by Bob: that is enough.")
    button = app.chat_page.bar.first
    assert button is not None
    assert str(button.cget("text")) == "Connect again"
    assert "Disconnected by Bob" in app.chat_page.bar.text
    see(root, lambda: "not connected" in root.title(), "the end")
    button.invoke()
    with server.accept() as again:
        again.let_in()
        see(root, lambda: "Ann on" in root.title(), "the conversation")


def test_the_window_takes_a_password_from_a_file(tmp_path: Path) -> None:
    from phase4.client_gui.command import _parse

    file = tmp_path / "password"
    file.write_text(SECRET)
    file.chmod(0o600)
    assert _parse(["--password-file", str(file)]).password == SECRET
