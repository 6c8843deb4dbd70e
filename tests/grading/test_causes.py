"""The cause that a learner reads belongs to what happened."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.grading.causes import cause_of
from tests.grading.deaths import ending
from tests.grading.people import (
    AS_PYTHON,
    CHARSET,
    DEAD,
    END,
    LATE,
    NUL,
    SILENCE,
    UNACCEPTED,
    UNFINISHED,
    UNREAD,
    Verdict,
)
from tests.grading.plugin import _start_first
from tests.grading.scripts import THREAD, echo, says_hello, subject, verdict_of
from tests.grading.subject import Graded, Subject
from tests.kit.harness import ROOT, SECONDS, free_port

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


def test_a_farewell_is_not_the_welcome_that_waited(tmp_path: Path) -> None:
    def is_welcomed(graded: Graded) -> None:
        graded.connect("Alice").waits_for(r"\* .*", "a word of welcome")

    source = echo("pass", "connection.sendall(b'* somebody left\\n')")
    verdict, _ = verdict_of(tmp_path, source, is_welcomed, patience=0.5)
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


def test_a_nul_byte_has_its_own_cause(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo("connection.sendall(line[:-1] + b'\\0\\n')"))
    assert verdict.kind == NUL
    assert "Likely:  A NUL byte, \\0, was sent. In C" in text


@pytest.mark.parametrize(
    "changed",
    ["line.decode().encode('ascii', 'replace')", "line.decode('latin-1').encode()"],
    ids=["ASCII", "Latin-1"],
)
def test_another_charset_has_its_own_cause(tmp_path: Path, changed: str) -> None:
    def says_more_than_ascii(graded: Graded) -> None:
        alice = graded.connect("Alice")
        alice.send("né 日本")
        alice.gets("né 日本")

    source = echo(f"connection.sendall({changed})")
    verdict, text = verdict_of(tmp_path, source, says_more_than_ascii)
    assert verdict.kind == CHARSET
    assert "Likely:  Characters that are not ASCII became others" in text


def test_bytes_as_python_shows_them_have_their_own_cause(tmp_path: Path) -> None:
    source = echo("connection.sendall(str(line[:-1]).encode() + b'\\n')")
    verdict, text = verdict_of(tmp_path, source)
    assert verdict.kind == AS_PYTHON
    assert "decode() gives the text in them" in text


# --- an exception ------------------------------------------------------------------------------


def test_a_client_that_was_gone_says_more_than_the_end_that_followed() -> None:
    printed = [
        "Traceback (most recent call last):",
        "  x",
        "BrokenPipeError: [Errno 32] Broken pipe",
    ]
    own = "An exception, most likely, that nobody caught. Look at the console."
    cause = cause_of(Verdict(END, "no", output=printed), {"": "", END: own})
    assert "A client was gone when the server read from it, or wrote to it" in cause
    assert own not in cause


def test_a_slip_of_the_program_is_not_explained_by_what_was_checked() -> None:
    printed = [
        "Traceback (most recent call last):",
        "  x",
        "NameError: name 'adress' is not defined",
    ]
    cause = cause_of(Verdict(END, "no", output=printed), {"": "", END: "Close it in the thread."})
    assert cause == "The console shows an exception: NameError: name 'adress' is not defined."


def test_an_exception_in_a_thread_is_the_cause_of_the_end_that_follows(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo("int('x')", serve=THREAD))
    assert verdict.kind == END
    assert "the server's console, where it tells of its fault (>); begin there:" in text
    assert "> ValueError: invalid literal for int() with base 10: 'x'\n" in text
    assert "Likely:  The console shows an exception: ValueError: invalid literal" in text


def test_an_exception_before_this_check_is_told_as_that(tmp_path: Path) -> None:
    def leaves_it_in_trouble(graded: Graded) -> None:
        alice = graded.connect("Alice")
        alice.send("hello")
        alice.gets("hello")
        alice.leave()
        graded.prints("ValueError: before")

    source = echo(
        "if not kept: connection.sendall(line)",
        "if lines: kept.append(lines); raise ValueError('before')",
        THREAD,
    ).replace("def main():", "kept = []\n\ndef main():")
    verdict, text = verdict_of(tmp_path, source, leaves_it_in_trouble, says_hello, patience=0.5)
    assert verdict.kind == SILENCE
    assert "Before this check the console showed an exception: ValueError: before." in text
    assert "the server's console" not in text


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


Start = Callable[..., str]
"""What is said of a server that does not start, by its source; and within how many seconds."""


@pytest.fixture
def start(tmp_path: Path, pytestconfig: pytest.Config) -> Start:
    """What is said of a server that does not start."""

    def say(source: str, seconds: float = SECONDS) -> str:
        with subject(tmp_path / "server.py", source) as how:
            how.start_seconds = seconds
        with pytest.raises(pytest.exit.Exception) as it:
            _start_first(how, tmp_path, pytestconfig, "phase2")
        return str(it.value)

    return say


LISTENS = """
import socket, sys, time
port = int(sys.argv[1])
it = {listen}
print("ready", flush=True)
time.sleep(60)
"""


@linux
@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("socket.create_server(('', 0))", r"It listens on port \d+ of any address, and the checks"),
        ("socket.create_server(('::1', port), family=socket.AF_INET6)", r"on port \d+ of ::1, and"),
        ("socket.create_server(('127.0.0.9', port))", r"on port \d+ of 127\.0\.0\.9, and the"),
        ("socket.socket(type=socket.SOCK_DGRAM); it.bind(('', 0))", r"TCP, SOCK_STREAM, and"),
    ],
    ids=["port", "v6", "address", "udp"],
)
def test_it_is_told_where_a_server_listens_instead(tmp_path: Path, listen: str, said: str) -> None:
    with subject(tmp_path / "server.py", LISTENS.replace("{listen}", listen)) as how:
        running = how.launch(tmp_path, free_port())
    try:
        assert running.console.says("ready", SECONDS)
        running.start_seconds = 0.1
        with pytest.raises(Verdict, match="Nobody could connect") as it:
            running.wait_until_ready()
    finally:
        running.end()
    assert re.search(said, it.value.remark)


def test_a_start_that_takes_long_is_told_of_its_option(start: Start) -> None:
    text = start("import time; time.sleep(60)", 0.7)
    assert "within 0.7 s." in text
    assert "(go run, cargo run, gradle), give it time: --start-seconds 60." in text


def test_a_server_that_asks_its_keyboard_is_told_that_it_has_none(
    start: Start,
) -> None:
    text = start("port = input('Which port? ')")
    assert "The server ended with status 1 before it listened." in text
    assert "> EOFError: EOF when reading a line" in text
    assert "Its standard input is empty: a server under test has no keyboard." in text


def test_a_server_that_does_not_start_has_a_lesson_and_hints(start: Start) -> None:
    text = start("1/0")
    assert text.endswith("\nLesson:  phase2/README.md, Run it\nStuck?   --hints 1 tells more")


def test_one_that_ends_at_once_is_asked_for_its_loop(start: Start) -> None:
    assert "Is accept() in a loop?" in start("print('done')")


@pytest.mark.skipif(os.name == "nt", reason="it has no fork")
def test_a_daemon_is_told_one_thing(start: Start) -> None:
    text = start("import os, time\nif os.fork() == 0: time.sleep(60)")
    assert "The command ended, and left its server running in the background." in text
    assert "accept() in a loop" not in text


@pytest.mark.skipif(os.name == "nt", reason="it has no sh")
def test_a_program_that_a_shell_does_not_find_is_told(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    how = Subject("sh -c 'no_such_program {port}'", ROOT, 1.0)
    with pytest.raises(pytest.exit.Exception, match="There is no such program") as it:
        _start_first(how, tmp_path, pytestconfig, "phase2")
    assert "ended with status 127" in str(it.value)
