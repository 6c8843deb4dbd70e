"""The window, used as a person uses it: a process of its own, typed into through the X server.

What the conversation shows is read by copying it (Ctrl+Shift+C) and reading the clipboard.
"""

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Program, free_port, run, wait_until
from tests.phase4.chat import Chat
from tests.phase4.desktop import MODULES, Desktop, Window

TIME = r"^\d\d:\d\d:\d\d  "


class Client(Program):
    """The client, and its window once it is `in`."""

    def __init__(self, desktop: Desktop, port: int, *arguments: str) -> None:
        super().__init__("phase4.client_gui", "--port", str(port), *arguments, env=desktop.env)
        self.desktop = desktop

    def window(self, title: str) -> Window:
        """Its window, when it is called that."""
        return self.desktop.window(title)

    def shows(self, window: Window, pattern: str) -> str:
        """Wait until a line of the conversation is like `pattern`; the whole conversation."""

        def copied() -> str:
            window.key("ctrl+shift+c")
            return self.desktop.clipboard()

        wait_until(lambda: re.search(pattern, copied(), re.MULTILINE), f"a line like {pattern}")
        return self.desktop.clipboard()


pytestmark = pytest.mark.window


def test_the_form_connects_and_what_is_typed_is_heard(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, free_port()) as client:
        form = client.window("Join the chat")
        form.key("shift+Tab", "ctrl+a")  # from the name, which comes filled in, to the port
        form.type(f"{chat.port}\tx")
        form.key("ctrl+a")
        form.type("Alice\n")
        window = client.window(rf"Alice on 127.0.0.1:{chat.port}")
        bob.hear("* Alice joined")
        window.type("hello from the window\n")
        bob.hear("Alice: hello from the window")


def test_what_others_say_and_what_one_says_is_shown_once(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.type("is anybody here?\n")
        bob.hear("Alice: is anybody here?")
        bob.send("I am", "/pm Alice just for you", "the last line")
        shown = client.shows(window, TIME + "Bob  the last line$")
        for line in ("Alice  is anybody here\\?", "Bob  I am", "Bob  → you just for you"):
            assert len(re.findall(f"{TIME}{line}$", shown, re.MULTILINE)) == 1, shown


def test_a_private_message_goes_to_one_and_is_shown_to_its_sender(
    desktop: Desktop, chat: Chat
) -> None:
    with (
        chat.join("Bob") as bob,
        chat.join("Carol") as carol,
        Client(desktop, chat.port, "--name", "Alice") as client,
    ):
        bob.hear("* Carol joined")
        window = client.window("Alice on")
        window.type("/p\tbo\tsecret\n")  # Tab completes the command, and then the name
        shown = client.shows(window, TIME + "Alice  → Bob secret$")
        assert "/pm" not in shown  # as the public messages are: by the client itself
        bob.hear("* Alice joined")
        bob.hear("Alice -> Bob: secret")
        carol.hear("* Alice joined")
        carol.fence()


def test_a_person_is_chosen_from_the_list_without_a_mouse(desktop: Desktop, chat: Chat) -> None:
    with (
        chat.join("Bob"),
        chat.join("Zoe") as zoe,
        Client(desktop, chat.port, "--name", "Alice") as client,
    ):
        window = client.window("Alice on")
        client.shows(window, "Welcome, Alice! 3 online")
        zoe.hear("* Alice joined")
        window.type("hi")  # what is typed already becomes the private message
        window.key("F6", "Down", "Return")  # Alice is the first in the list, Bob the second
        window.key("F6", "Down", "Return")  # Zoe, after all
        window.type("!\n")
        zoe.hear("Alice -> Zoe: hi!")


def test_a_taken_name_is_told_and_another_one_tried(
    desktop: Desktop, start: Callable[..., Chat]
) -> None:
    chat = start("--on-duplicate", "reject")
    with chat.join("Alice") as alice, Client(desktop, chat.port, "--name", "alice") as client:
        form = client.window("Join the chat")
        form.type("Alicia\n")  # the refused name is selected, so it is typed over
        alice.hear("* Alicia joined")
        client.window("Alicia on")


@pytest.mark.own_server
def test_a_lost_server_is_told_and_connecting_again_loses_nothing(
    desktop: Desktop, start: Callable[..., Chat]
) -> None:
    chat = start()
    with Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        client.shows(window, "Welcome, Alice!")
        chat.process.kill()
        chat.wait()
        window.expect_title("Alice, not connected")
        window.type("half a thought\n")  # cannot be sent now, so it stays in the entry
        shown = client.shows(window, "You are not connected; this was not sent")
        assert "The server closed the connection" in shown or "was lost" in shown, shown
        window.key("F5")  # nobody listens yet: this fails, and may be tried again
        client.shows(window, "You are not connected")  # keys come in order, so F5 has been done
        window.expect_title("Alice, not connected")
        again = start(port=chat.port)
        with again.join("Bob") as bob:
            window.key("shift+Tab", "Return")  # the button, which comes before the entry
            window.expect_title("Alice on")
            bob.hear("* Alice joined")
            window.type(", and the rest\n")
            bob.hear("Alice: half a thought, and the rest")


def test_history_and_escape_and_typing_from_anywhere(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.type("first\njunk")
        window.key("Escape", "Up", "Return")
        window.key("F6", "F6")  # the people, the conversation: what is typed there is not lost
        window.type("second\n")
        for text in ("first", "first", "second"):
            bob.hear(f"Alice: {text}")


def test_the_title_counts_what_came_while_one_was_elsewhere(desktop: Desktop, chat: Chat) -> None:
    with (
        Client(desktop, chat.port, "--name", "Alice") as alice,
        Client(desktop, chat.port, "--name", "Bob") as bob,
    ):
        window = alice.window("Alice on")
        bob.window("Bob on").type("one\n/pm alice two\n")
        window.expect_title("(2) Alice on")
        window.focus()
        wait_until(lambda: window.title.startswith("Alice on"), "a title without a count")


def test_closing_the_window_leaves_in_order(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.key("alt+F4")
        assert client.wait() == 0
        bob.hear("* Alice left")
        assert client.rest_of_output() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(desktop: Desktop, chat: Chat, number: signal.Signals) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        client.window("Alice on")
        bob.hear("* Alice joined")
        client.signal(number)
        assert client.wait() == 0
        bob.hear("* Alice left")
        assert client.rest_of_output() == []


def test_a_flood_does_not_keep_one_from_typing(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        bob.send(*[f"line {number}" for number in range(6_000)])
        window.type("still here\n")
        bob.hear("Alice: still here")
        shown = client.shows(window, "Bob  line 5999$")
        assert shown.startswith("    Older lines are left out; the newest 5,000 are kept.\n")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no DISPLAY on this system")
def test_without_a_display_one_sentence_says_what_to_do(need: Callable[..., None]) -> None:
    need(modules=MODULES)
    with Program("phase4.client_gui", env={"DISPLAY": ""}) as client:
        assert client.wait() == 2
        (sentence,) = client.rest_of_output()
        assert "DISPLAY is not set" in sentence
        assert "phase4.client_terminal" in sentence


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no DISPLAY on this system")
def test_with_a_display_that_is_not_there_the_sentence_names_it(need: Callable[..., None]) -> None:
    need(modules=MODULES)
    with Program("phase4.client_gui", env={"DISPLAY": ":65000"}) as client:
        assert client.wait() == 2
        (sentence,) = client.rest_of_output()
        assert ":65000" in sentence


def test_without_tkinter_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    # python -m looks into the working directory first, and finds this instead of the real one.
    (tmp_path / "_tkinter.py").write_text("raise ImportError('No module named _tkinter')")
    (tmp_path / "tkinter.py").write_text("import _tkinter")
    status, output = run("phase4.client_gui", cwd=tmp_path)
    assert status == 2
    assert len(output.splitlines()) == 1, output
    assert "python3-tk" in output


def test_a_port_that_is_no_port_is_told_at_the_command_line() -> None:
    status, output = run("phase4.client_gui", "--port", "0.5")
    assert status == 2
    assert "is no port" in output.splitlines()[-1]
