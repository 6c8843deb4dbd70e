"""The cause that a learner reads belongs to what happened."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.grading.causes import cause_of
from tests.grading.deaths import ending
from tests.grading.people import (
    DEAD,
    END,
    LATE,
    SILENCE,
    UNACCEPTED,
    UNFINISHED,
    UNREAD,
    Verdict,
)
from tests.grading.plugin import _start_first
from tests.grading.scripts import THREAD, echo, subject, verdict_of
from tests.grading.subject import Graded, Subject
from tests.kit.harness import ROOT

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells it")

BUFFERED = """
lines = connection.makefile("rw")
with connection, lines:
    for line in lines:
        lines.write(line)
"""
READS_ALL = """
with connection:
    data = b""
    while more := connection.recv(4096): data += more
    connection.sendall(data)
"""
KEEPS_IT = "kept = globals().setdefault('kept', [])\nkept.append(connection)"


# --- nothing came ------------------------------------------------------------------------------


@pytest.mark.parametrize("serve", [BUFFERED, READS_ALL], ids=["buffer", "all"])
def test_an_answer_that_comes_when_the_stream_ends_was_not_flushed(
    tmp_path: Path, serve: str
) -> None:
    verdict, text = verdict_of(tmp_path, echo(serve=serve), patience=0.5)
    assert verdict.kind == LATE
    assert "It came when Alice ended the stream." in text
    assert "Likely:  The answer waited in a buffer until the conversation ended." in text


def test_something_else_that_comes_when_the_stream_ends_is_silence(tmp_path: Path) -> None:
    source = echo("pass", "connection.sendall(b'good bye\\n')")
    verdict, _ = verdict_of(tmp_path, source, patience=0.5)
    assert verdict.kind == SILENCE


@linux
def test_silence_of_a_server_that_has_read_all_says_so(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo("pass"), patience=0.5)
    assert verdict.kind == SILENCE
    assert "The server has read all that was sent to it." in text
    assert "Likely:  the usual mistake" in text


@linux
def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo(serve=KEEPS_IT), patience=0.5)
    assert verdict.kind == UNREAD
    assert "The server does not receive: 6 bytes from Alice wait to be read." in text
    assert "does not call recv() for it" in text


@linux
def test_a_connection_that_is_not_accepted_is_told(tmp_path: Path) -> None:
    def speaks_second(graded: Graded) -> None:
        alice, bob = graded.connect("Alice"), graded.connect("Bob")
        alice.send("hello")
        alice.gets("hello")
        bob.send("hello")
        bob.gets("hello")

    verdict, text = verdict_of(tmp_path, echo(), speaks_second, patience=0.5)
    assert verdict.kind == UNACCEPTED
    assert "The server has not accepted the connection of Bob." in text
    assert "accept() is not called again" in text


def test_a_part_of_a_line_has_its_own_cause(tmp_path: Path) -> None:
    source = echo("connection.sendall(line.rstrip())")
    verdict, text = verdict_of(tmp_path, source, patience=0.5)
    assert verdict.kind == UNFINISHED
    assert "Likely:  What was sent is not a line yet" in text


# --- an exception ------------------------------------------------------------------------------


def test_an_exception_in_a_thread_is_the_cause_of_the_end_that_follows(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo("int('x')", serve=THREAD))
    assert verdict.kind == END
    assert "the server's console, where it tells of its fault (>); begin there:" in text
    assert "> ValueError: invalid literal for int() with base 10: 'x'\n" in text
    assert "Likely:  The console shows an exception: ValueError: invalid literal" in text


OWN = {"": "the usual mistake", DEAD: "recv() raised ConnectionResetError, and nobody caught it."}


@pytest.mark.parametrize(
    ("printed", "is_own"),
    [
        (["Traceback (most recent call last):", "ConnectionResetError: [Errno 104] reset"], True),
        (["Error: read ECONNRESET", "    at TCP.onStreamRead (node:internal)"], True),
        (["java.net.SocketException: Connection reset", "\tat java.base/sun.nio.ch"], True),
        (["Traceback (most recent call last):", "KeyError: 'Alice'"], False),
    ],
)
def test_a_checks_own_cause_is_told_where_it_is_that_exception(
    printed: list[str], *, is_own: bool
) -> None:
    verdict = Verdict(DEAD, "It ended", output=printed, ending=ending(1))
    cause = cause_of(verdict, OWN)
    assert ("nobody caught it" in cause) == is_own
    assert cause.startswith("The console shows an exception: ")


def test_a_signal_is_not_explained_by_a_checks_own_cause() -> None:
    verdict = Verdict(DEAD, "It ended", output=[], ending=ending(-11))
    assert "nobody caught it" not in cause_of(verdict, OWN)


# --- it does not start -------------------------------------------------------------------------


def start(source: str, tmp_path: Path) -> str:
    """What is said of a server that does not start."""
    with subject(tmp_path / "server.py", source) as how:
        how.start_seconds = 0.7
    with pytest.raises(pytest.exit.Exception) as it:
        _start_first(how, tmp_path)
    return str(it.value)


LISTENS = "import socket, sys, time\nport = int(sys.argv[1])\n"


@linux
@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("socket.create_server(('', 0))", r"It listens on port \d+ of any address, and the checks"),
        ("socket.create_server(('::1', port), family=socket.AF_INET6)", r"on port \d+ of ::1, and"),
        ("socket.create_server(('127.0.0.9', port))", r"on port \d+ of 127\.0\.0\.9, and the"),
        ("socket.socket(type=socket.SOCK_DGRAM); it.bind(('', 0))", r"SOCK_STREAM"),
        ("None", r"If it only takes long to start \(go run, .*: --start-seconds 60"),
    ],
    ids=["port", "v6", "address", "udp", "nowhere"],
)
def test_it_is_told_where_a_server_listens_instead(tmp_path: Path, listen: str, said: str) -> None:
    assert re.search(said, start(f"{LISTENS}it = {listen}\ntime.sleep(60)", tmp_path))


def test_a_server_that_asks_its_keyboard_is_told_that_it_has_none(tmp_path: Path) -> None:
    text = start("port = input('Which port? ')", tmp_path)
    assert "The server ended with status 1 before it listened." in text
    assert "> EOFError: EOF when reading a line" in text
    assert "Its standard input is empty: a server under test has no keyboard." in text


def test_one_that_ends_at_once_is_asked_for_its_loop(tmp_path: Path) -> None:
    assert "Is accept() in a loop?" in start("print('done')", tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="it has no sh")
def test_a_program_that_a_shell_does_not_find_is_told(tmp_path: Path) -> None:
    how = Subject("sh -c 'no_such_program {port}'", ROOT, 1.0)
    with pytest.raises(pytest.exit.Exception, match="There is no such program") as it:
        _start_first(how, tmp_path)
    assert "ended with status 127" in str(it.value)
