"""The terminal client without any library: less comfortable, and no less careful."""

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, HASTY, PATIENT, ChatTerminal, after_a_moment
from tests.kit.harness import Program, state_of, wait_until
from tests.kit.scripted import NOBODY_ELSE, ScriptedServer, Speaker
from tests.kit.terminal import Terminal

# -S: no library beside the standard one is found.
BARE = ("-S", "-m", CLIENT)
AGAIN = r"Nothing was sent\. Type it again to say it to everybody\."


Open = Callable[..., ChatTerminal]


@contextlib.contextmanager
def plain(port: int, *arguments: str) -> Iterator[Terminal]:
    """Ann at a server, without any library."""
    where = ("--port", str(port), "--name", "Ann")
    with Terminal(*BARE, *where, *arguments, columns=300) as ann:
        yield ann


def test_without_libraries_a_person_is_told_what_is_missed_asked_for_a_name_and_heard(
    chat: Chat,
) -> None:
    with chat.join("Bob") as bob, Terminal(*BARE, "--port", str(chat.port), columns=300) as ann:
        ann.until(r"Your name \(empty: a random one\):")
        told = re.findall(r"(?m)^The library prompt_toolkit is not installed\. So .*$", ann.text)
        assert len(told) == 1
        assert re.search(
            r"To have it: (.* -m pip install prompt_toolkit|start it with .*)$", told[0]
        )
        ann.press("Ann\r")
        ann.until(r"\* Welcome, Ann!")
        bob.hear("* Ann joined")
        ann.press("hello\r/me waves\r")
        bob.hear("Ann: hello")
        bob.hear("Ann: /me waves")
        bob.send("good morning")
        ann.until("Bob: good morning")
        ann.press("\x04")
        assert ann.wait() == 0
        assert ann.text.count("prompt_toolkit") == told[0].count("prompt_toolkit")


def test_without_libraries_what_follows_a_private_line_at_once_is_not_said_to_all(
    chat: Chat,
) -> None:
    with (
        chat.join("Bob") as bob,
        Terminal(*BARE, "--port", str(chat.port), "--name", "Ann", columns=300) as ann,
    ):
        ann.until(r"\* Welcome, Ann!")
        ann.press("/pm Bob one\rtwo\rthree\r")
        ann.until(r"(?s)! It came right after a line for Bob alone\. Nothing.*for Bob alone")
        ann.press("\x04")
        assert ann.wait() == 1
        bob.hear("* Ann joined")
        bob.hear("Ann -> Bob: one")
        bob.hear("* Ann left")


def test_without_libraries_the_rest_of_a_paste_is_not_said_to_all_however_late_enter_comes(
    chat: Chat,
) -> None:
    """What has no return at its end waits in the terminal: no program sees it come."""
    with chat.join("Bob") as bob, plain(chat.port) as ann:
        bob.hear("* Ann joined")
        ann.press("/pm Bob one\rtwo")
        bob.hear("Ann -> Bob: one")
        after_a_moment(ann)
        ann.press("\r")
        ann.until(r"! It came right after a line for Bob alone\. " + AGAIN)
        after_a_moment(ann)
        ann.press("for all\rand more\r")
        bob.hear("Ann: for all")
        bob.hear("Ann: and more")
        assert ann.text.count("It came right after") == 1


def test_without_libraries_what_came_at_once_does_not_count_as_having_been_told(
    chat: Chat,
) -> None:
    with chat.join("Bob") as bob, plain(chat.port) as ann:
        bob.hear("* Ann joined")
        ann.press("/pm Bob one\rtwo\rthree")
        ann.until(AGAIN)
        after_a_moment(ann)
        ann.press("\r")
        ann.until(lambda: ann.text.count("It came right after") == 2)
        after_a_moment(ann)
        ann.press("for all\r")
        bob.hear("Ann -> Bob: one")
        bob.hear("Ann: for all")


@pytest.mark.parametrize("line", [b"/query Bob", b"/pmm Bob one", b"/pm Bob caf\xe9"])
def test_without_libraries_what_is_refused_is_told_at_once_also_while_the_server_is_away(
    hostile: ScriptedServer, line: bytes
) -> None:
    """Else the next line, which was meant for the same person, would wait, and be said to all."""
    with plain(hostile.port) as ann:
        with hostile.accept() as server:
            server.let_in()
        ann.until(r"! The server closed the connection\. The client tries again; what you type")
        ann.press_bytes(line + b"\r")
        ann.until(r"! (There is no command /|.*not UTF-8)")
        after_a_moment(ann)
        ann.press("secret\r")
        ann.until(r"! It came right after a line that was refused\. " + AGAIN)
        after_a_moment(ann)
        ann.press("hello\r")
        with hostile.accept() as server:
            server.let_in()
            server.expect("hello")


@pytest.mark.own_server
def test_without_libraries_a_lost_connection_comes_back_with_what_was_typed_meanwhile(
    start: Callable[..., Chat],
) -> None:
    chat = start()
    with Terminal(*BARE, "--port", str(chat.port), "--name", "Ann", columns=300) as ann:
        ann.until(r"\* Welcome, Ann!")
        chat.signal(signal.SIGKILL)
        assert chat.wait() != 0
        ann.until(r"(?m)^! .* The client tries again; what you type meanwhile waits\.")
        ann.press("said in between\r")
        chat = start(port=chat.port)
        ann.until(r"\* Connected again\.", 30)
        wait_until(lambda: chat.log("messages.txt") == ["Ann: said in between"], "it arrives")
        ann.press("and now\r")
        wait_until(lambda: chat.log("messages.txt")[1:] == ["Ann: and now"], "the next one")
        ann.press("\x04")
        assert ann.wait() == 0


def may_not_have_arrived(ann: ChatTerminal, *lines: str) -> bool:
    """Whether these stand last on the screen, to be copied."""
    shown = [row for row in ann.rows if row][-1 - len(lines) :]
    return shown == [f"* {len(lines)} lines of yours may not have arrived:", *lines]


@pytest.fixture
def plainly_away(hostile: ScriptedServer, open_terminal: Open) -> ChatTerminal:
    """Ann on a terminal that can only print. Her server has gone, and she typed three lines."""
    where = ("--port", str(hostile.port), "--name", "Ann")
    ann = open_terminal(*where, script=PATIENT, TERM="dumb")
    with hostile.accept() as server:
        server.let_in()
    ann.shows(r"^! The server closed the connection\.")
    ann.press("one\rtwo\r/pm Bob three\r/pmm\r")
    ann.shows("^! There is no command /pmm")  # so all before it was read: Ctrl-C drops the rest
    return ann


@pytest.mark.parametrize(("keys", "status"), [("\x04", 1), ("/quit\r", 1), ("\x03", 130)])
def test_who_leaves_while_the_server_is_away_gets_back_what_was_not_sent(
    plainly_away: ChatTerminal, keys: str, status: int
) -> None:
    plainly_away.press(keys)
    assert plainly_away.wait() == status
    assert may_not_have_arrived(plainly_away, "one", "two", "/pm Bob three")


def lose_again(server: Speaker) -> None:
    """End it for good, with what a client does not come back after."""
    server.let_in()
    server.skip_to("one")
    server.send(f"! {message.DISCONNECTED_BY_OPERATOR}")


def refuse_the_name(server: Speaker) -> None:
    """As often as the client tries another by itself."""
    for _ in range(4):
        server.prompt()
        server.send("! No.")
    server.send(message.NICKNAME_PROMPT)


@pytest.mark.parametrize("end", [lose_again, refuse_the_name])
def test_where_the_return_fails_for_good_what_was_not_sent_comes_back(
    hostile: ScriptedServer, open_terminal: Open, end: Callable[[Speaker], None]
) -> None:
    where = ("--port", str(hostile.port), "--name", "Ann")
    ann = open_terminal(*where, script=HASTY, TERM="dumb")
    with hostile.accept() as server:
        server.let_in()
    ann.shows(r"^! The server closed the connection\.")
    ann.press("one\rtwo\r")
    ann.shows(r"^two$")
    with hostile.accept() as server:
        end(server)
    assert ann.wait() == 1
    assert may_not_have_arrived(ann, "one", "two")


def test_answers_that_came_twice_prove_nothing_of_later_lines(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    """A question goes out again where it is not certain that it arrived."""
    where = ("--port", str(hostile.port), "--name", "Ann")
    ann = open_terminal(*where, script=HASTY, TERM="dumb")
    with hostile.accept() as server:
        server.let_in()
        ann.shows(r"\* Welcome, Ann!")
        ann.press("/who\r")
        server.skip_to("/who")
        server.send(NOBODY_ELSE)
        ann.shows("1 online: Ann$")
    with hostile.accept() as server:
        server.let_in()
        server.skip_to("/who")
        server.send(NOBODY_ELSE)
        ann.shows("(?s)(1 online: Ann.*){2}")
        hostile.listener.close()
    ann.shows("^! No server listens")
    ann.press("hello\rbye\r\x04")
    assert ann.wait() == 1
    assert may_not_have_arrived(ann, "/who", "hello", "bye")


def test_without_libraries_an_end_of_input_or_ctrl_c_at_the_name_leaves() -> None:
    for key, status in (("\x04", 0), ("\x03", 130)):
        with Terminal(*BARE, "--port", "1", columns=300) as nobody:
            nobody.until("Your name")
            # Python's input() is deaf for some microseconds between its question and its wait.
            wait_until(lambda: state_of(nobody.process.pid) == "S", "it waits for the name")
            nobody.press(key)
            assert nobody.wait() == status
            assert "Traceback" not in nobody.text


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_in_a_pipe_nothing_is_missed_so_nothing_is_said_of_it(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", os.fspath(program))
    with Program(CLIENT, "--port", str(chat.port), "--name", "Ann") as ann:
        ann.type("hello\n")
        ann.end_of_input()
        assert ann.wait() == 0
        assert not [line for line in ann.rest_of_output() if "prompt_toolkit" in line]
    assert chat.log("messages.txt") == ["Ann: hello"]
