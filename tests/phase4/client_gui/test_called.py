"""Being called while the window is not in front, in a real window on a real desktop."""

import ctypes
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from phase4.client.missed import OfThePast
from phase4.client_gui.app import App
from phase4.client_gui.attention import PAUSE_SECONDS
from phase4.client_gui.notify import HOW_TO_GET_IT
from phase4.client_gui.settings import load
from phase4.client_gui.tabs import Tab
from shared import message
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop, Window
from tests.kit.windows import Apps, see, tab_of, tabs_of

pytestmark = pytest.mark.window

_URGENT = 1 << 8  # ICCCM, 4.1.2.4


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets what the desktop is told: PATH leads to a notify-send that writes it."""
    got = tmp_path / "told"
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nshift 3\nprintf "%s\\n" "$@" >>"{got}"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    got.touch()
    return got


@pytest.fixture
def desktop(desktop: Desktop) -> Iterator[Desktop]:
    """The screen, where windows may flash."""
    yield desktop
    desktop.renew_window_manager()


@pytest.fixture
def alice(desktop: Desktop, start_app: Apps, chat: Chat, memory: Path) -> App:
    """The client, in the conversation as Alice; it remembers what is chosen."""
    app = start_app(chat.port, memory=memory)
    app.connect_at_once()
    see(app.root, lambda: "Alice on" in app.root.title(), "the conversation")
    app.chat_page.entry.focus_force()
    see(app.root, lambda: app.root.focus_get() is not None, "the keyboard")
    return app


@pytest.fixture
def bells(alice: App, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Grows by one with each sound of the bell."""
    rung: list[bool] = []
    monkeypatch.setattr(alice.root, "bell", lambda: rung.append(True))
    monkeypatch.setattr("phase4.client_gui.called.BELL_PAUSE_SECONDS", 0)
    return rung


@pytest.fixture
def look_away(alice: App, desktop: Desktop) -> Iterator[Callable[[], None]]:
    """Another window has the keyboard, once this is called."""
    others: list[tk.Tk] = []

    def look() -> None:
        if not others:
            others.append(tk.Tk(desktop.display, className="Elsewhere"))
            others[0].title("elsewhere")
            others[0].geometry("200x100+700+0")
            others[0].wait_visibility()  # else the window manager does not know it yet
        desktop.window("elsewhere").focus()
        see(alice.root, lambda: not alice._pages.is_in_front(), "that it is not in front")
        alice.called.tend()

    yield look
    for each in others:
        each.destroy()


def look(app: App, desktop: Desktop) -> None:
    """Give it the keyboard, as a click on it does."""
    desktop.window("Alice on").focus()
    see(app.root, app._pages.is_in_front, "that it is in front")
    app.called.tend()


def received(app: App, *messages: message.Message) -> None:
    app.router.show(messages)
    app.root.update()


def said(text: str = "Alice?", sender: str = "Bob") -> message.Public:
    return message.Public("12:00:00", sender, text)


def private(sender: str = "Bob", text: str = "psst") -> message.Private:
    return message.Private("12:00:00", sender, "Alice", text)


def is_urgent(window: Window) -> bool:
    """What the X server holds for window managers."""
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XGetWMHints.restype = ctypes.POINTER(ctypes.c_long)
    display = ctypes.c_void_p(xlib.XOpenDisplay(window.desktop.display.encode()))
    hints = xlib.XGetWMHints(display, ctypes.c_ulong(int(window.number)))
    xlib.XCloseDisplay(display)
    return bool(hints and hints[0] & _URGENT)


def earlier(text: str, sender: str = "Bob") -> message.Earlier:
    return message.Earlier("2026-11-21 12:00:00", 7, sender, text)


LookAway = Callable[[], None]


@pytest.mark.parametrize("call", [said(), private(), private("Bob", "no name")])
def test_a_call_marks_a_window_that_is_not_in_front_as_urgent_until_it_is_looked_at(
    alice: App, desktop: Desktop, look_away: LookAway, call: message.Message
) -> None:
    window = desktop.window("Alice on")
    received(alice, call)
    assert not is_urgent(window)  # it is in front
    look_away()
    received(alice, said("no name at all"), message.Joined("12:00:00", "Alice2"))
    assert not is_urgent(window)
    received(alice, call)
    assert is_urgent(window)
    look(alice, desktop)
    assert not is_urgent(window)


def test_the_bell_rings_at_a_call_only_and_can_be_turned_off_for_good(
    alice: App, memory: Path, look_away: LookAway, bells: list[bool]
) -> None:
    received(alice, said(), private())
    assert not bells
    look_away()
    received(alice, said("chatter"))
    assert not bells
    received(alice, said(), said(), said())
    assert len(bells) == 1  # at once is one call
    received(alice, private())
    assert len(bells) == 2
    alice.called.choose_bell(is_on=False)
    received(alice, private())
    assert len(bells) == 2
    alice.memory.close()
    assert not load(memory).bell


def test_many_calls_in_a_row_ring_once(
    alice: App, look_away: LookAway, bells: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phase4.client_gui.called.BELL_PAUSE_SECONDS", 1000)
    look_away()
    for _ in range(5):
        received(alice, private())
    assert len(bells) == 1


def test_the_desktop_is_told_of_a_call_only_once_that_is_wished(
    alice: App, memory: Path, told: Path, look_away: LookAway
) -> None:
    look_away()
    received(alice, said("Alice, <b>now</b>\\n"))
    assert alice.called.choose_notify(is_on=True) == ""
    received(alice, said("chatter"), said("Alice, <b>then</b>\\n; $(id)"))
    expected = "Chat: Bob said “Alice”\nAlice, &lt;b&gt;then&lt;/b&gt;\\\\n; $(id)\n"
    see(alice.root, lambda: told.read_text() == expected, "the notification, as it is")
    alice.memory.close()
    assert load(memory).notify


def test_the_desktop_is_not_told_what_a_private_message_says_unless_that_is_wished(
    alice: App, chat: Chat, told: Path, look_away: LookAway
) -> None:
    alice.called.choose_notify(is_on=True)
    look_away()
    received(alice, private("Bob", "a secret"))
    expected = f"Chat: Bob wrote to you alone\nOn 127.0.0.1:{chat.port}.\n"
    see(alice.root, lambda: told.read_text() == expected, "the notification")
    alice.called.choose_private_text(is_on=True)
    received(alice, private("Zoe", "another"))
    see(alice.root, lambda: "Zoe wrote to you alone\nanother\n" in told.read_text(), "its text")
    assert "a secret" not in told.read_text()


def test_while_the_window_is_in_front_the_desktop_is_told_nothing(
    alice: App,
    desktop: Desktop,
    told: Path,
    look_away: LookAway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("phase4.client_gui.called.time", clock)
    alice.called.choose_notify(is_on=True)
    received(alice, private("Bob", "seen"))
    look_away()
    received(alice, private("Zoe"))  # the fence
    see(alice.root, lambda: "Zoe" in told.read_text(), "the notification")
    received(alice, private("Zoe"), private("Zoe"))  # too soon to be told
    look(alice, desktop)
    now[0] += 2 * PAUSE_SECONDS
    look_away()
    received(alice, private("Carol"))
    see(alice.root, lambda: "Carol" in told.read_text(), "the next")
    assert "Bob" not in told.read_text()
    assert told.read_text().count("Zoe") == 1


def test_where_there_is_no_program_for_it_that_is_said_and_it_stays_off(
    alice: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert alice.called.choose_notify(is_on=True) == HOW_TO_GET_IT
    assert not alice.memory.settings.notify


def test_a_program_that_fails_is_told_of_once(
    alice: App, told: Path, look_away: LookAway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phase4.client_gui.attention.PAUSE_SECONDS", 0)
    (told.parent / "bin" / "notify-send").write_text(f'#!/bin/sh\necho x >>"{told}"\nexit 1\n')
    alice.called.choose_notify(is_on=True)
    look_away()
    main = tabs_of(alice).main.conversation
    for count in (1, 2):
        received(alice, said())
        see(alice.root, lambda count=count: told.read_text() == "x\n" * count, "the program")  # type: ignore[misc]
        see(alice.root, lambda: "notify-send failed" in main.shown(), "the sentence")
    assert main.shown().count("notify-send failed") == 1


# --- for each conversation ------------------------------------------------------------------------


def test_a_conversation_that_is_off_is_silent_and_counted_quietly(
    alice: App, desktop: Desktop, told: Path, look_away: LookAway, bells: list[bool]
) -> None:
    tabs = tabs_of(alice)
    alice.called.choose_notify(is_on=True)
    received(alice, private("Bob"))
    for tab in (tabs.main, tab_of(alice, "Bob")):
        alice.called.choose_level(tab, "off")
    look_away()
    received(alice, said("Alice!"), private("Bob", "Alice!"))
    assert not bells
    assert not is_urgent(desktop.window("Alice on"))
    assert tabs.labels == ("Everybody (1)", "● Bob (2)")
    assert alice.root.title().startswith("Alice on")
    received(alice, private("Zoe"))  # the fence
    see(alice.root, lambda: "Zoe" in told.read_text(), "the notification")
    assert "Bob" not in told.read_text()


def test_what_calls_in_a_conversation_is_chosen_for_it_alone(
    alice: App, look_away: LookAway, bells: list[bool]
) -> None:
    received(alice, private("Bob"), private("Zoe"))
    look_away()
    alice.called.choose_level(tab_of(alice, "Bob"), "mentions")
    alice.called.choose_level(tabs_of(alice).main, "on")
    received(alice, private("Bob", "no name"))
    assert not bells
    received(alice, private("Bob", "Alice?"))
    received(alice, said("chatter"))
    received(alice, private("Zoe"))
    assert len(bells) == 3


def test_what_was_chosen_is_remembered_for_this_server_and_person_and_goes_with_the_name(
    alice: App, memory: Path, look_away: LookAway, bells: list[bool]
) -> None:
    received(alice, private("Bob"))
    alice.called.choose_level(tab_of(alice, "Bob"), "off")
    received(alice, message.Renamed("12:00:00", "Bob", "Robert"))
    look_away()
    received(alice, private("Robert"))
    assert not bells  # the same person
    alice.memory.close()
    port = load(memory).port
    assert [tuple(each) for each in load(memory).levels] == [(f"127.0.0.1:{port}", "bob", "off")]
    bob = tabs_of(alice).open("Bob")
    assert isinstance(bob, Tab)
    assert alice.called.level(bob) == "off"


# --- words ----------------------------------------------------------------------------------------


def test_a_word_of_ones_own_calls_as_the_name_does(
    alice: App, chat: Chat, memory: Path, look_away: LookAway, bells: list[bool]
) -> None:
    received(alice, said("the exam is over"))
    alice.called.choose_words(("exam",))
    with chat.join("Bob") as bob:
        look_away()
        bob.send("examine", "When is the Exam?")
        expected = "(@1 of 2) Alice on"
        see(alice.root, lambda: alice.root.title().startswith(expected), "the call in the title")
    assert len(bells) == 1
    assert tabs_of(alice).labels[0] == "Everybody (@1 of 2)"
    assert [each.shown.line.text for each in alice.called.mentions] == ["When is the Exam?"]
    alice.memory.close()
    assert load(memory).words == ("exam",)


def test_a_mention_that_was_missed_calls_and_one_that_is_asked_for_does_not(
    alice: App, desktop: Desktop, look_away: LookAway
) -> None:
    window = desktop.window("Alice on")
    look_away()
    received(
        alice,
        message.History("12:00:00", 1),
        earlier("Alice, of old"),
        message.HistoryEnd("12:00:00"),
    )
    assert not is_urgent(window)
    missed = OfThePast("12:00:00", "Missed:")
    received(alice, missed, earlier("Alice, where are you?"), earlier("Alice!", "Alice"))
    assert is_urgent(window)
    main = tabs_of(alice).main
    assert [each.shown.line.text for each in alice.called.mentions] == ["Alice, where are you?"]
    assert main.called == 1
    assert main.conversation.text.tag_ranges("mention")
