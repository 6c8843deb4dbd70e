"""The window while the connection is lost: what it says, and that nothing typed is lost."""

import re
import tkinter as tk
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tkinter import ttk

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.tabs import Tab
from phase4.client_gui.target import Target
from phase4.widgets.bars import Bar
from shared import message
from tests.kit.chat import Chat
from tests.kit.harness import wait_until
from tests.kit.scripted import ScriptedServer
from tests.kit.windows import (
    Apps,
    kill,
    press,
    see,
    shows,
    tab_of,
    tabs_of,
    type_line,
)

pytestmark = [pytest.mark.window, pytest.mark.own_server]


@pytest.fixture
def alice(root: tk.Tk, chat: Chat) -> Iterator[App]:
    """The client as Alice, in the conversation with a server that can be killed."""
    apps = Apps(root)
    app = apps.talking(chat.port)
    app.chat_page.entry.focus_force()
    shows(app, "Welcome, Alice!")
    yield app
    apps.close()


@pytest.fixture
def away(alice: App, chat: Chat) -> App:
    """The same, after the server was killed."""
    lose(alice, chat)
    return alice


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that would wait for minutes until it tries again by itself."""
    monkeypatch.setattr("phase4.client.client.FIRST_PAUSE_SECONDS", 300.0)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that tries again sooner than it would."""
    monkeypatch.setattr("phase4.client.client.FIRST_PAUSE_SECONDS", 0.2)


def lose(app: App, chat: Chat) -> None:
    kill(app, chat)
    see(app.root, lambda: "connecting again" in app.root.title(), "that it is lost")


def waits(tab: Tab) -> bool:
    return "waiting" in tab.conversation.shown()


def texts(bar: Bar) -> list[str]:
    buttons = [each for each in bar.winfo_children() if isinstance(each, ttk.Button)]
    return [str(each.cget("text")) for each in buttons]


def choose(bar: Bar, answer: str) -> None:
    for each in bar.winfo_children():
        if isinstance(each, ttk.Button) and each.cget("text") == answer:
            press(each, "<Return>")
            return
    raise AssertionError(f"no button {answer!r}: {texts(bar)}")


@pytest.mark.usefixtures("patience")
def test_the_bar_says_why_and_what_can_be_done(away: App) -> None:
    bar = away.chat_page.bar
    assert "The server closed the connection. Trying again" in bar.text
    assert texts(bar) == ["Try now", "Stop"]
    assert away.chat_page.people.names() == ()


@pytest.mark.usefixtures("hurry")
def test_it_is_tried_again_by_itself(away: App, start: Callable[..., Chat]) -> None:
    bar = away.chat_page.bar
    see(away.root, lambda: "No server listens" in bar.text, "the first try, which fails")
    shown = tabs_of(away).main.conversation.shown()
    assert shown.count("!  ") == 1, "each try that fails is told in the bar alone"
    start(port=vars(away)["_contact"].target.port)
    see(away.root, lambda: "Alice on" in away.root.title(), "the return")
    assert bar.text == ""


@pytest.mark.usefixtures("patience")
def test_the_seconds_are_counted_down(away: App) -> None:
    def seconds() -> int:
        return int(away.chat_page.bar.text.split()[-3])

    first = seconds()
    see(away.root, lambda: seconds() < first, "fewer seconds")


@pytest.mark.usefixtures("patience")
def test_what_is_typed_meanwhile_is_marked_and_arrives_in_order_after_the_return(
    alice: App, chat: Chat, start: Callable[..., Chat]
) -> None:
    with chat.join("Bob"):
        shows(alice, "Bob joined")
        alice.open_person("Bob")
        lose(alice, chat)
    type_line(alice, "for Bob")
    shows(alice, "The server closed the connection", "Bob")
    shows(alice, "waiting  Alice  → Bob for Bob", "Bob")
    press(alice.chat_page.entry, "<Control-Next>")
    for line in ("one", "/who", "two"):
        type_line(alice, line)
    for line in ("waiting  Alice  one", "waiting  *  /who", "waiting  Alice  two"):
        shows(alice, line)
    alice.chat_page.entry.put("still being typed")
    again = start(port=chat.port)
    with again.join("Bob") as bob:
        choose(alice.chat_page.bar, "Try now")
        see(alice.root, lambda: "Alice on" in alice.root.title(), "the return")
        bob.hear("* Alice joined")
        bob.hear("Alice -> Bob: for Bob")
        bob.hear("Alice: one")
        bob.hear("Alice: two")
        shows(alice, "2 online: Alice, Bob")
        shows(alice, "Alice  → Bob for Bob", "Bob")
        see(alice.root, lambda: alice.chat_page.people.names() == ("Alice", "Bob"), "the people")
        bob.fence()
    all_tabs = [*tabs_of(alice)]
    see(alice.root, lambda: not any(map(waits, all_tabs)), "that all is certain")
    main = tabs_of(alice).main.conversation.shown()
    assert main.index("Connected again.") < main.index("Alice  one") < main.index("Alice  two")
    assert main.count("Alice  one\n") == main.count("Alice  two\n") == 1
    assert "/who" not in main
    assert tab_of(alice, "Bob").conversation.shown().count("for Bob") == 1
    assert alice.chat_page.bar.text == ""
    assert alice.chat_page.entry.get() == "still being typed"


def test_who_stops_gets_back_what_was_not_sent(away: App) -> None:
    type_line(away, "one")
    away.open_person("Bob")
    type_line(away, "two")
    choose(away.chat_page.bar, "Stop")
    shows(away, "These 2 lines may not have arrived. Up brings them back here:")
    shows(away, "not sent  Alice  → Bob two", "Bob")
    shown = tabs_of(away).main.conversation.shown()
    assert "not sent  Alice  one" in shown
    lines = shown.splitlines()
    at = next(at for at, line in enumerate(lines) if "These 2 lines" in line)
    assert [line.split("  ")[-1] for line in lines[at + 1 : at + 3]] == ["one", "/pm Bob two"]
    see(away.root, lambda: "not connected" in away.root.title(), "the title")
    assert texts(away.chat_page.bar) == ["Connect again"]
    tabs_of(away).walk(1)
    entry = away.chat_page.entry
    for line in ("/pm Bob two", "one"):
        press(entry, "<Up>")
        assert entry.get() == line
    press(entry, "<Return>")
    shows(away, "You are not connected; this was not sent")
    assert entry.get() == "one"


@pytest.mark.usefixtures("patience")
def test_a_private_line_that_is_not_delivered_after_the_return_is_at_hand_and_asked_about(
    alice: App, chat: Chat, start: Callable[..., Chat]
) -> None:
    with chat.join("Bob"):
        shows(alice, "Bob joined")
        alice.open_person("Bob")
        lose(alice, chat)
    type_line(alice, "a secret")
    entry = alice.chat_page.entry
    entry.put("something else")
    again = start(port=chat.port)
    choose(alice.chat_page.bar, "Try now")
    shows(alice, "Not delivered: a secret (Up brings it back)", "Bob")
    assert entry.get() == "something else"
    entry.clear()
    with again.join("Bob") as other:
        shows(alice, "Bob joined", "Bob")
        press(entry, "<Up>")
        assert entry.get() == "a secret"
        press(entry, "<Return>")
        assert alice.chat_page.question.text.startswith("Bob may be somebody else now.")
        other.fence()


def test_after_stopping_one_may_connect_again(away: App, start: Callable[..., Chat]) -> None:
    choose(away.chat_page.bar, "Stop")
    see(away.root, lambda: "not connected" in away.root.title(), "that it has ended")
    again = start(port=vars(away)["_contact"].target.port)
    press(away.chat_page.entry, "<F5>")
    see(away.root, lambda: "Alice on" in away.root.title(), "the return")
    wait_until(lambda: again.people_now() == 1, "Alice among the people")


def test_who_goes_to_another_server_is_told_what_the_first_never_got(
    away: App, start: Callable[..., Chat], tmp_path: Path
) -> None:
    type_line(away, "for the first server")
    other = start("--log-dir", str(tmp_path / "other"))
    press(away.chat_page.entry, "<F4>")
    with other.join("Bob") as bob:
        away.connect(Target("127.0.0.1", other.port, "Alice"))
        see(away.root, lambda: str(other.port) in away.root.title(), "the other server")
        bob.hear("* Alice joined")
        shows(away, "not sent  Alice  for the first server")
        shows(away, "This line may not have arrived")
        bob.fence()


def test_a_return_on_which_no_name_is_taken_asks_for_one(
    root: tk.Tk, server: ScriptedServer
) -> None:
    apps = Apps(root)
    app = apps(server.port, name="Ann")
    app.connect_at_once()
    with server.accept() as speaker:
        speaker.let_in()
        shows(app, "Welcome, Ann!")
    see(root, lambda: "connecting again" in root.title(), "the loss")
    app.connect_again()
    with server.accept() as speaker:
        while speaker.prompt():  # the client tries some names of its own, and at last none
            speaker.send("! That name is taken.")
        speaker.send("! No.", message.NICKNAME_PROMPT)
        see(root, lambda: app.connect_page.winfo_ismapped(), "the form")
        app.connect_page.name.delete(0, "end")
        app.connect_page.name.insert(0, "Zoe")
        press(app.connect_page.name, "<Return>")
        assert speaker.read_line() == "Zoe"
        speaker.send("[10:00:00] * Welcome, Zoe! 1 online. Hello.")
        see(root, lambda: "Zoe on" in root.title(), "the conversation")
        assert app.chat_page.winfo_ismapped()
    apps.close()


def test_who_closes_the_window_while_lines_wait_is_asked_first(away: App) -> None:
    type_line(away, "still here")
    press(away.chat_page.entry, "<Control-q>")
    question = away.chat_page.question
    assert question.text == "A line has not been sent yet. Quit all the same?"
    choose(question, "Stay")
    assert question.text == ""
    away.ask_to_quit()
    choose(question, "Quit")
    with pytest.raises(tk.TclError):
        away.root.winfo_exists()


def test_who_closes_it_twice_means_it(away: App) -> None:
    type_line(away, "still here")
    away.ask_to_quit()
    away.ask_to_quit()
    with pytest.raises(tk.TclError):
        away.root.winfo_exists()


def test_with_nothing_waiting_nobody_is_asked(away: App) -> None:
    away.ask_to_quit()
    with pytest.raises(tk.TclError):
        away.root.winfo_exists()


def test_own_lines_are_told_by_the_servers_clock_before_and_after_a_loss(
    root: tk.Tk, server: ScriptedServer
) -> None:
    def is_near(stamp: str, text: str) -> bool:
        lines = tabs_of(app).main.conversation.shown().splitlines()
        times = [line[:8] for line in lines if re.match(rf"\d\d:.*{text}", line)]
        seconds = [datetime.strptime(each, "%H:%M:%S") for each in (*times, stamp)]
        return len(times) == 1 and (seconds[0] - seconds[1]).total_seconds() % 86_400 < 60

    apps = Apps(root)
    app = apps(server.port, name="Ann")
    app.connect_at_once()
    stamp = f"{datetime.now(UTC) - timedelta(hours=7, minutes=45):%H:%M:%S}"
    with server.accept() as speaker:
        speaker.prompt()
        speaker.send(f"[{stamp}] * Welcome, Ann! 1 online. Hello.")
        shows(app, "Welcome, Ann!")
        shows(app, "Times are the server's: its clock is ")
        type_line(app, "mine")
        assert is_near(stamp, "mine")
        press(app.chat_page.entry, "<F7>")
        assert is_near(stamp, "Not encrypted")
    see(root, lambda: "connecting again" in root.title(), "the loss")
    type_line(app, "waits")
    app.connect_again()
    with server.accept() as speaker:
        speaker.prompt()
        speaker.send(f"[{stamp}] * Welcome, Ann! 1 online. Hello.")
        speaker.expect("/who")
        speaker.send(f"[{stamp}] * 1 online: Ann")
        assert speaker.answer_ping(stamp) == ["mine", "waits"], "what was lost as well"
        see(root, lambda: is_near(stamp, "waits"), "the line that waited")
    apps.close()
