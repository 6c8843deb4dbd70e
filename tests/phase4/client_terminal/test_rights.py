"""A password on the terminal, which nobody sees; the topic; a room that is closed to writing."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.client.account import READABLE
from phase4.client_terminal.asking import Asking
from shared import message
from shared.rights import LoggedIn, Topic, Writing
from tests.kit.chat_terminal import HASTY, PATIENT, ChatTerminal, after_a_moment
from tests.kit.scripted import WELCOME, ScriptedServer, Speaker
from tests.phase4.client_terminal.test_pipe import pipe

Open = Callable[..., ChatTerminal]

SECRET = "correct horse"
REGISTERED = message.format(message.Registered("Ann"))
LOGGED_IN = message.format(LoggedIn("10:00:00", "Ann"))


def asked(server: Speaker) -> None:
    """The server says that Ann is registered, and asks again."""
    server.expect("Ann")
    server.send(REGISTERED)
    server.send(message.NICKNAME_PROMPT)


def hears(server: Speaker, line: str) -> None:
    """The next line of the client must be this, but for its own questions."""
    while (said := server.read_line()).startswith("/ping "):
        pass
    assert said == line


def let_in(server: Speaker) -> None:
    """Ann has logged in."""
    server.send(LOGGED_IN)
    server.send(WELCOME)
    server.expect("/who")
    server.send("[10:00:00] * 1 online: Ann")


def test_a_password_is_asked_for_and_nothing_of_it_is_shown_or_remembered(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann", script=HASTY)
    with hostile.accept() as server:
        server.send(message.NICKNAME_PROMPT)
        asked(server)
        client.shows(r"^Password of Ann \(nothing is shown; empty: another name\):$")
        client.press("wrong\r")
        hears(server, "/login Ann wrong")
        server.send("! That is not the password of Ann.")
        server.send(message.NICKNAME_PROMPT)
        client.shows(r"^! That is not the password of Ann\.$")
        client.press("correct\x15")  # taken away again, and brought back below
        client.press(f"{SECRET}\r")
        hears(server, f"/login Ann {SECRET}")
        let_in(server)
        client.shows("^Ann>$")
        client.press("\x1b[A\x19the fence\r")  # Up, Ctrl-Y: nothing comes back
        hears(server, "the fence")
    with hostile.accept() as server:  # and the client that comes back asks nobody
        server.send(message.NICKNAME_PROMPT)
        asked(server)
        hears(server, f"/login Ann {SECRET}")
        let_in(server)
        client.shows(r"\* Connected again\.")
    for part in (b"wrong", b"correct", b"horse"):
        assert part not in client.output


def test_an_empty_password_stands_for_another_name(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.send(message.NICKNAME_PROMPT)
        asked(server)
        client.shows("^Password of Ann")
        client.press("\x03")
        client.shows("^Another name:$")
        client.press("Bob\r")
        hears(server, "Bob")
        client.press("\x04")


def test_a_command_alone_asks_for_its_password_without_an_echo(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.let_in()
        client.shows("^Ann>$")
        client.press("/register\r")
        client.shows("^The new password")
        client.press("correct\r")
        client.shows("^Once more:")
        client.press("corect\r")
        client.shows(r"^ ! These two are not the same\. Once more\.")
        client.press(f"{SECRET}\r{SECRET}\r")
        hears(server, f"/register {SECRET}")
        client.shows("^Ann>$")
        client.press("/password\r")
        client.shows("^The new password")
        client.press("half\x03")  # no
        client.shows("^Ann>$")
        client.press("/login\rBob\r")
        client.shows("^Password ")
        client.press(f"{SECRET}\r\x1b[Athe fence\r")  # Up finds the commands, without passwords
        hears(server, f"/login Bob {SECRET}")
    client.until(lambda: b"reconnecting" in client.output)
    for part in (b"correct", b"horse", b"half"):
        assert part not in client.output


def test_a_password_that_is_typed_behind_a_command_is_shown_once_and_never_again(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann", script=PATIENT)
    with hostile.accept() as server:
        server.let_in()
        client.shows("^Ann>$")
        client.press(f"/register {SECRET}\r")
        hears(server, f"/register {SECRET}")
        client.press(f"/login Ann {SECRET}\x03")
        client.shows("^Ann>$")
        client.press("\x1b[A")
    client.shows("reconnecting in")
    client.press("/quit\r")
    assert client.wait() == 0
    assert SECRET not in client.text


def test_a_closed_room_keeps_what_is_typed_and_private_lines_still_go(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann", columns=120)
    with hostile.accept() as server:
        server.let_in()
        server.send(message.format(Topic("10:00:01", "bring your own laptops, and no cables")))
        server.send(message.format(Writing("10:00:01", is_open=False, by="Bob")))
        client.shows(r"\* Bob closed the room to writing\.$")
        client.shows(
            r"\| closed to writing \| topic: bring your own laptops, and no c… \| 1 online: Ann"
        )
        client.press("hello\r")
        client.shows(r"^ ! The room is closed to writing\. Private messages still go\. This stays")
        client.shows("^Ann> hello$")
        client.press("\x01/pm Bob \r")
        hears(server, "/pm Bob hello")
        after_a_moment(client)
        client.press("later\r")
        client.shows("^Ann> later$")
        server.send(message.format(Writing("10:00:02", is_open=True, by="Bob")))
        client.shows(r"\* Bob opened the room to writing\.$")
        client.press("\r")
        hears(server, "later")
        assert "closed to writing |" not in client.rows[-1]


def test_operators_alone_are_offered_their_commands_and_write_in_a_closed_room(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.let_in()
        server.send("[10:00:00] * Bob joined")
        client.shows("2 online: Ann, Bob")
        client.press("/ki\tBob\r")
        hears(server, "/kiBob")
        after_a_moment(client)
        server.send(message.format(LoggedIn("10:00:01", "Ann", is_operator=True)))
        server.send(message.format(Writing("10:00:01", is_open=False)))
        client.shows(r"\* The room is closed to writing\.$")
        client.press("/ki\tb\tenough\rhello\r")
        hears(server, "/kick Bob enough")
        hears(server, "hello")


def test_a_private_message_that_waited_is_shown_with_its_date_and_rings(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.let_in()
        server.send(message.format(message.Kept("2026-11-21 14:03:05", "Bob", "Ann", "see you")))
        client.shows(r"^2026-11-21 14:03:05 Bob -> Ann \(private\): see you$")
        client.until(lambda: b"\a" in client.output)


# --- a file, and no terminal ----------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the password, for its owner alone."""
    path = tmp_path / "password"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def test_a_pipe_logs_in_with_a_password_from_a_file(hostile: ScriptedServer, file: Path) -> None:
    def serve() -> None:
        with hostile.accept() as server:
            server.send(message.NICKNAME_PROMPT)
            asked(server)
            hears(server, f"/login Ann {SECRET}")
            server.send("! You are banned.")

    serving = threading.Thread(target=serve)
    serving.start()
    options = ("--port", str(hostile.port), "--name", "Ann", "--password-file", str(file))
    status, output, errors = pipe(b"hello\n", *options)
    serving.join()
    assert status == 1
    assert "You are banned." in errors
    assert SECRET not in output + errors


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    file.chmod(0o640)
    status, _, errors = pipe(b"", "--name", "Ann", "--password-file", str(file))
    assert status == 2
    assert f"others can read {file}; make it yours alone: chmod 600 {file}" in errors


@pytest.mark.parametrize("held", [b"", b"\n\n", b"one\ntwo\n", b"\xff\n", b"a\x1bb\n", b"x" * 2000])
def test_a_file_must_hold_one_line_of_text(file: Path, held: bytes) -> None:
    file.write_bytes(held)
    status, _, errors = pipe(b"", "--name", "Ann", "--password-file", str(file))
    assert status == 2
    assert "must hold a password, alone and in one line" in errors


def test_a_password_needs_a_name() -> None:
    asking = Asking(lambda _: None)
    sent: list[str] = []
    assert asking.begins("/login", sent.append)
    asking.answer("")
    assert not asking.is_on
    assert sent == []


def test_where_a_password_cannot_be_sent_none_is_asked_for() -> None:
    told: list[str] = []
    asking = Asking(told.append, lambda: READABLE)
    assert asking.begins("/register", told.append)
    assert not asking.is_on
    assert told == [READABLE]
