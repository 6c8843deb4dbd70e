"""The server's own terminal: a line that begins with / is a command, and stays whole."""

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.server import typed_line
from phase4.server.typed_line import MAX_CHARACTERS, TypedLine
from shared import console
from tests.conftest import Need
from tests.kit.chat import TIME, Person
from tests.kit.harness import Server, wait_until
from tests.kit.tmux import Tmux, running_tmux

if sys.platform == "win32":
    pytest.skip("Windows has no ptys", allow_module_level=True)

FIGURES = r"(?:\[[\d:]+\] .* online, .*\n)*"
"""What the server may print at any time."""

# --- keys, without a terminal ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "text", "lines"),
    [
        ("/who\r", "", ["/who"]),
        ("/who\n", "", ["/who"]),
        ("abc/who", "/who", []),
        ("/kick Bob quickly\r", "", ["/kick Bob quickly"]),
        ("/wha\x7fo\r", "", ["/who"]),
        ("/wha\bo", "/who", []),
        ("/\x7f", "", []),
        ("/who\x1b", "", []),
        ("/who\x1bwho\r", "", []),
        ("/who\x15", "/", []),
        ("/who\x15/bans\r", "", ["/bans"]),
        ("/mute Bob 10\x17", "/mute Bob ", []),
        ("/mute Bob \x17", "/mute ", []),
        ("/mute\x17", "/", []),
        ("/ \r", "", ["/"]),
        ("/kick Zoë 小明\r", "", ["/kick Zoë 小明"]),
        ("/a\tb\x00\x04c\r", "", ["/abc"]),
        ("/who\r/bans\r/op", "/op", ["/who", "/bans"]),
    ],
)
def test_what_keys_make_of_a_line(keys: str, text: str, lines: list[str]) -> None:
    line = TypedLine()
    assert [sent for key in keys if (sent := line.feed(key))] == lines
    assert line.text == text


def test_a_line_has_a_bound() -> None:
    line = TypedLine()
    for key in "/" + "x" * 5000:
        line.feed(key)
    assert len(line.text) == MAX_CHARACTERS


def test_the_examples_are_true() -> None:
    assert doctest.testmod(typed_line).failed == 0


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("/who", 10, "/who"),
        ("/kick Bob", 5, "< Bob"),
        ("/小明小明", 6, "<小明"),
        ("/who", 4, "/who"),
    ],
)
def test_of_a_long_line_the_end_is_shown(text: str, width: int, shown: str) -> None:
    assert vars(console)["_end_of"](text, width) == shown


# --- in a terminal --------------------------------------------------------------------------------


class InTmux:
    """A server in a terminal, and the terminal."""

    def __init__(self, tmux: Tmux, logs: Path) -> None:
        self.tmux = tmux
        self.logs = logs
        command = f"{sys.executable} -m phase4.server --port 0 --status-port 0 --log-dir {logs}"
        tmux.press(f"clear; {command}", "Enter")
        shown = tmux.until(r"Press q to stop\. / begins a command: /help lists them\.")
        found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", shown)
        assert found
        self.port = int(found[1])

    def join(self, name: str) -> Person:
        """Somebody who has joined."""
        person = Person("127.0.0.1", self.port)
        person.read_line()
        person.send(name)
        person.skip_to(rf"{TIME} \* Welcome, .*")
        return person

    def type(self, text: str) -> None:
        """Type, without Return."""
        self.tmux.press("-l", text)

    def last_line(self) -> str:
        """What stands in the row of the cursor."""
        row = int(self.tmux.run("display-message", "-p", "#{cursor_y}"))
        return self.tmux.run("capture-pane", "-p").split("\n")[row]


@pytest.fixture(scope="module")
def terminal(need: Need, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InTmux]:
    """A server in a terminal of 80 columns."""
    need("tmux")
    with running_tmux() as tmux:
        yield InTmux(tmux, tmp_path_factory.mktemp("terminal"))


@pytest.fixture
def server(terminal: InTmux) -> InTmux:
    """The same, with an empty screen and no line begun."""
    terminal.tmux.press("Escape")
    terminal.tmux.run("clear-history")
    return terminal


def test_a_command_is_shown_as_it_is_typed_and_answered_below(server: InTmux) -> None:
    with server.join("Bob") as bob:
        server.type("/mute Bob quick")
        for _ in "quick":
            server.tmux.press("BSpace")
        server.type("10")
        wait_until(lambda: server.last_line().strip() == "/mute Bob 10", "the line")
        server.tmux.press("Enter")
        server.tmux.until(
            r"\n/mute Bob 10\n\[[\d:]+\] The operator muted Bob until [\d: -]+\nBob is muted\.\n"
        )
        bob.expect(rf"{TIME} \* The operator muted Bob until .*")
        server.type("/unmute Bob")
        server.tmux.press("Enter")
        bob.skip_to(rf"{TIME} \* The operator lets Bob speak again\.")


def test_what_the_server_prints_meanwhile_does_not_tear_the_line(server: InTmux) -> None:
    server.type("/kick Somebody because")
    for number in range(5):
        with server.join(f"Guest{number}") as guest:
            guest.send("/quit")
            guest.expect_end()
    screen = server.tmux.until(rf"Guest4 left\n{FIGURES}/kick Somebody because\n")
    assert screen.count("/kick Somebody") == 1
    server.type(" he is loud")
    wait_until(
        lambda: server.last_line().rstrip() == "/kick Somebody because he is loud", "the line"
    )
    server.tmux.press("Escape")
    wait_until(lambda: not server.last_line().strip(), "an empty row")


def test_a_line_longer_than_the_screen_keeps_to_one_row(server: InTmux) -> None:
    server.type("/topic " + "abcdefghij" * 12)
    wait_until(lambda: server.last_line().startswith("<"), "its end")
    with server.join("Alice"):
        screen = server.tmux.until(rf"Alice joined from \S+\n{FIGURES}<")
    assert screen.count("abcdefghij") <= 8
    server.tmux.press("C-u")
    server.type("topic Sockets")
    server.tmux.press("Enter")
    server.tmux.until(r"\n/topic Sockets\n")
    server.type("/topic -")
    server.tmux.press("Enter")
    server.tmux.until(r"There is no topic\.\n")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/who", r"\d online"),
        ("/help", r"/kick NAME \[WHY\]: .*"),
        ("/topic", r"There is no topic\."),
        ("/nope", r"! There is no command /nope here; see /help\."),
        ("/nick Bob", r"! /nick is for people in the room; see /help\."),
        ("/kick Nobody", r"! Nobody was not here any more; nobody was disconnected\."),
        ("/register secret", r"! /register is for people in the room; see /help\."),
    ],
)
def test_an_answer_at_the_server(server: InTmux, line: str, answer: str) -> None:
    server.type(line)
    server.tmux.press("Enter")
    screen = server.tmux.until(answer)
    assert "secret" not in screen


def test_q_still_stops_the_server_and_in_a_line_it_does_not(need: Need, tmp_path: Path) -> None:
    need("tmux")
    with running_tmux() as tmux:
        server = InTmux(tmux, tmp_path)
        server.type("/q")
        with server.join("Alice"):
            tmux.until(rf"Alice joined from \S+\n{FIGURES}/q")  # it lives
        tmux.press("Escape")
        wait_until(lambda: not server.last_line().strip(), "that Escape was read")
        server.type("q")
        tmux.until(r"Stopped\..*\nready\$")


# --- elsewhere ------------------------------------------------------------------------------------


def test_where_standard_input_is_a_pipe_no_line_is_read(tmp_path: Path) -> None:
    logs = ("--status-port", "0", "--log-dir", str(tmp_path))
    with Server("phase4.server", "--quit-key", "terminal", *logs) as server:
        server.expect("No terminal here: stop with Ctrl-C or SIGTERM.")
        server.type("/close\n/who\n")
        with Person(server.host, server.port) as alice:
            alice.read_line()
            alice.send("Alice")
            alice.skip_to(rf"{TIME} \* Welcome, .*")
            alice.send("/ping end")
            alice.hear("* Pong end")


def test_escape_and_a_key_right_after_it_are_two_keys(server: InTmux) -> None:
    """Also where both are read at once, as on a slow line or a busy machine."""
    server.tmux.run("send-keys", "-l", "/ban Somebody\x1b/who")
    wait_until(lambda: server.last_line().strip() == "/who", "the second line")
