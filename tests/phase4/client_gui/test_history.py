"""What was said before, in the window: on joining, when it is asked for, and after a loss."""

import tkinter as tk
from collections.abc import Callable, Iterator

import pytest

from phase4.client_gui.app import App
from tests.kit.chat import Chat
from tests.kit.windows import Apps, kill, see, shows, tab_of, tabs_of, type_line

pytestmark = [pytest.mark.window, pytest.mark.own_server]

Start = Callable[..., Chat]


@pytest.fixture
def chat(start: Start) -> Chat:
    """A server that shows newcomers what was said, and to which Bob has said something."""
    chat = start("--history", "20", "--flood-rate", "0")
    with chat.join("Bob") as bob:
        bob.send("before Alice")
        bob.fence()
    return chat


@pytest.fixture
def alice(root: tk.Tk, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The client as Alice; after a loss she will say when to try again."""
    monkeypatch.setattr("phase4.client.client.FIRST_PAUSE_SECONDS", 300.0)
    apps = Apps(root)
    app = apps.talking(chat.port)
    shows(app, "Welcome, Alice!")
    yield app
    apps.close()


def main_lines(app: App) -> list[str]:
    """What everybody's tab shows, without times."""
    return [line.split("  ", 1)[-1] for line in tabs_of(app).main.conversation.shown().splitlines()]


def test_a_newcomer_reads_what_was_said_before(alice: App) -> None:
    shows(alice, "That was before you came.")
    lines = main_lines(alice)
    at = lines.index("*  1 earlier line:")
    assert lines[at : at + 3] == [
        "*  1 earlier line:",
        "Bob  before Alice",
        "*  That was before you came.",
    ]


def test_whoever_asks_in_a_private_conversation_is_answered_there(alice: App, chat: Chat) -> None:
    with chat.join("Carl"):
        see(alice.root, lambda: "Carl" in alice.chat_page.people.names(), "Carl is here")
        alice.open_person("Carl")
        type_line(alice, "/history")
        shows(alice, "before Alice", person="Carl")
        shows(alice, "That is all.", person="Carl")


def test_what_was_missed_is_everybodys_and_is_counted_as_new(
    alice: App, chat: Chat, start: Start
) -> None:
    with chat.join("Carl"):
        see(alice.root, lambda: "Carl" in alice.chat_page.people.names(), "Carl is here")
        alice.open_person("Carl")
        kill(alice, chat)
    see(alice.root, lambda: "connecting again" in alice.root.title(), "that it is lost")
    again = start("--history", "20", port=chat.port)
    with again.join("Dora") as dora:
        dora.send("one", "two", "/ping all")
        dora.skip_to(".*Pong all")
        alice.connect_again()
        shows(alice, "That was while you were away.")
        dora.skip_to(".*Alice joined")
        dora.send("now")
        shows(alice, "now")
    lines = main_lines(alice)
    at = next(at for at, line in enumerate(lines) if line.startswith("*  Missed from"))
    assert lines[at + 1 : at + 4] == ["Dora  one", "Dora  two", "*  That was while you were away."]
    assert lines.count("Bob  before Alice") == 1
    assert "Missed" not in tab_of(alice, "Carl").conversation.shown()
    assert tabs_of(alice).main.unread == 3


def test_of_what_was_announced_nothing_is_missing_without_a_word(alice: App, chat: Chat) -> None:
    with chat.join("Dora") as dora:
        dora.send("one", "two")
        shows(alice, "two")
        alice.ignoring.ignore("Bob")
        alice.ignoring.ignore("Dora")
        type_line(alice, "/history")
        shows(alice, "That is all.")
    lines = main_lines(alice)
    at = lines.index("*  3 earlier lines:")
    assert lines[at + 1] == "*  Lines of people whom you ignore, not shown: 3."
    assert lines[at + 2] == "*  That is all."
