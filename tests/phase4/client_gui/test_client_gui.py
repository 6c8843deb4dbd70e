"""The window, used as a person uses it: a process of its own, typed into through the X server.

What the conversation shows is read by copying it (Ctrl+Shift+C) and reading the clipboard.
"""

import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.chat import Chat
from tests.kit.desktop import MODULES, Desktop, Window, WindowProgram
from tests.kit.harness import STOPS, Program, free_port, run, wait_until

TIME = r"^\d\d:\d\d:\d\d  "


class Client(WindowProgram):
    """The client, and its window once it is `in`."""

    def __init__(
        self,
        desktop: Desktop,
        port: int,
        *arguments: str,
        config: str = "",
        is_patient: bool = False,
    ) -> None:
        """`config`: where this person's settings are; else nothing is remembered.

        After a loss it comes back by itself; not so if it `is_patient`.
        """
        env = {"XDG_CONFIG_HOME": config} if config else {}
        where = ("--port", str(port)) if port else ()
        module = ("tests.kit.patient",) if is_patient else ()
        super().__init__(desktop, *module, "phase4.client_gui", *where, *arguments, env=env)

    def shows(self, window: Window, pattern: str) -> str:
        """Wait until a line of the conversation is like `pattern`; the whole conversation."""
        wanted = re.compile(pattern, re.MULTILINE)
        return window.copied(wanted.search, f"a line like {pattern}")

    def knows_who_is_here(self, window: Window) -> None:
        """Wait until the people are listed. The client has asked for them before this question."""
        window.type("/ping people\n")
        self.shows(window, "Pong people$")


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
        for line in ("Alice  is anybody here\\?", "Bob  I am"):
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
        client.knows_who_is_here(window)
        window.type("/p\tbo\tsecret\n")  # Tab completes the command, and then the name
        shown = client.shows(window, TIME + "Alice  → Bob secret$")
        assert "/pm" not in shown  # as the public messages are: by the client itself
        bob.hear("* Alice joined")
        bob.hear("Alice -> Bob: secret")
        carol.hear("* Alice joined")
        carol.fence()


def test_private_conversations_in_tabs_without_a_mouse(desktop: Desktop, chat: Chat) -> None:
    with (
        chat.join("Bob") as bob,
        chat.join("Zoe") as zoe,
        Client(desktop, chat.port, "--name", "Alice") as client,
    ):
        window = client.window("Alice on")
        client.knows_who_is_here(window)
        zoe.hear("* Alice joined")
        window.key("F6", "Down", "Down", "Return")  # Alice is the first in the list, Bob the second
        window.type("hi\n")
        zoe.hear("Alice -> Zoe: hi")
        bob.send("/pm Alice and what of me?")
        window.expect_title("(@1) Alice on")
        window.type("half ")  # the front, and the keyboard, are still with Zoe
        window.key("ctrl+Page_Down")
        client.shows(window, "Bob  → you and what of me")
        window.expect_title("Alice on")
        window.type("you, too\n")
        bob.skip_to(".*Alice -> Bob: you, too")
        window.key("ctrl+shift+Tab")
        window.type("a thought\n")
        zoe.hear("Alice -> Zoe: half a thought")
        window.key("ctrl+w", "alt+1")
        window.type("to everybody\n")
        zoe.hear("Alice: to everybody")


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
def test_a_killed_server_comes_back_and_what_was_typed_meanwhile_arrives(
    desktop: Desktop, start: Callable[..., Chat]
) -> None:
    chat = start()
    with Client(desktop, chat.port, "--name", "Alice", is_patient=True) as client:
        window = client.window("Alice on")
        client.shows(window, "Welcome, Alice!")
        chat.process.kill()
        chat.wait()
        window.expect_title("Alice, connecting again")
        window.type("half a thought\n")
        shown = client.shows(window, "^waiting  Alice  half a thought$")
        assert "The server closed the connection" in shown or "was lost" in shown, shown
        window.type("and the ")
        again = start(port=chat.port)
        with again.join("Bob") as bob:
            window.key("shift+Tab", "shift+Tab", "Return")  # before the entry: Try now, Stop
            window.expect_title("Alice on")
            bob.hear("* Alice joined")
            bob.hear("Alice: half a thought")
            window.type("rest\n")
            bob.hear("Alice: and the rest")
            assert "waiting" not in client.shows(window, r"^\d.*  Alice  and the rest$")


def test_what_was_filled_in_is_there_next_time(
    desktop: Desktop, chat: Chat, tmp_path: Path
) -> None:
    config = str(tmp_path)
    with chat.join("Bob") as bob:
        with Client(desktop, chat.port, config=config) as client:
            form = client.window("Join the chat")
            form.key("ctrl+a")
            form.type("Alice\n")
            window = client.window("Alice on")
            window.key("F2", "ctrl+plus", "ctrl+q")
            assert client.wait() == 0
        (file,) = tmp_path.rglob("*.json")
        kept = json.loads(file.read_text(encoding="utf-8"))
        filled_in = {
            **{"host": "127.0.0.1", "port": chat.port, "name": "Alice"},
            **{"theme": "dark", "points": 11, "tls": False, "ignored": {}},
        }
        assert filled_in.items() <= kept.items()
        with Client(desktop, 0, config=config) as client:
            client.window("Join the chat").key("Return")
            client.window("Alice on").key("ctrl+q")
            assert client.wait() == 0
        for what in ("joined", "left", "joined", "left"):
            bob.hear(f"* Alice {what}")
        assert (
            json.loads(file.read_text(encoding="utf-8")) == kept
        )  # so looks and place were as before


def test_the_command_line_wins_over_what_is_remembered(
    desktop: Desktop, chat: Chat, tmp_path: Path
) -> None:
    file = tmp_path / "socket-ladder" / "client_gui.json"
    file.parent.mkdir()
    with chat.join("Zoe") as zoe:
        for more, is_kept in (("--no-remember", True), ("--theme=light", False)):
            file.write_text('{"host": "nowhere.invalid", "port": 1, "name": "X", "theme": "dark"}')
            where = ("--host", "127.0.0.1", "--name", "Alice", more)
            with (
                chat.join("Bob") as bob,
                Client(desktop, chat.port, *where, config=str(tmp_path)) as client,
            ):
                window = client.window("Alice on")
                bob.hear("* Alice joined")
                window.key("ctrl+q")
                assert client.wait() == 0
            for _ in range(2):  # then their names are free
                zoe.skip_to(r"\[.*\] \* (Alice|Bob) left.*")
            kept = json.loads(file.read_text())
            assert (kept["host"] == "nowhere.invalid") == is_kept
            assert (kept["theme"] == "dark") == is_kept


def test_history_and_escape_and_typing_from_anywhere_and_the_menu(
    desktop: Desktop, chat: Chat
) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.type("first\njunk")
        window.key("Escape", "Up", "Return")
        window.key("F6", "F6")  # the people, the conversation: what is typed there is not lost
        window.type("second\n")
        for text in ("first", "first", "second"):
            bob.hear(f"Alice: {text}")
        window.key("F10", "Down", "Return")  # the menu: Another server …
        client.window("Join the chat").key("Escape")
        client.window("Alice on")


def test_pasted_lines_are_asked_about_and_sent(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.type("one\n")
        bob.hear("Alice: one")
        client.shows(window, "Alice  one$")  # by now several lines are on the clipboard
        window.key("ctrl+v", "Escape", "ctrl+v", "Return")
        bob.expect(r"\[.*\] Alice: \d\d:\d\d:\d\d  .*Welcome, Alice! .*")
        bob.expect(r"\[.*\] Alice: \d\d:\d\d:\d\d  Alice  one")
        window.type("the fence\n")
        bob.hear("Alice: the fence")


def test_the_title_counts_what_came_while_one_was_elsewhere(desktop: Desktop, chat: Chat) -> None:
    with (
        Client(desktop, chat.port, "--name", "Alice") as alice,
        Client(desktop, chat.port, "--name", "Bob") as bob,
    ):
        window = alice.window("Alice on")
        bob.window("Bob on").type("one\n/pm alice two\n")
        window.expect_title("(@1 of 2) Alice on")
        window.focus()
        window.expect_title("(@1) Alice on")  # what is in the tab of Bob has not been seen yet
        window.key("ctrl+Tab")
        wait_until(lambda: window.title.startswith("Alice on"), "a title without a count")


def test_closing_the_window_leaves_in_order(desktop: Desktop, chat: Chat) -> None:
    with chat.join("Bob") as bob, Client(desktop, chat.port, "--name", "Alice") as client:
        window = client.window("Alice on")
        bob.hear("* Alice joined")
        window.key("alt+F4")
        assert client.wait() == 0
        bob.hear("* Alice left")
        assert client.rest_of_output() == []


@pytest.mark.parametrize("number", STOPS)
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
    assert "is not a valid port" in output.splitlines()[-1]
