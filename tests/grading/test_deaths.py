"""A server that ends is told of: how it ended, in which check, and what it said last."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.grading.deaths import ending
from tests.grading.people import DEAD, GONE, Verdict
from tests.grading.plugin import _failed, _Shared, pytest_runtest_teardown
from tests.grading.scripts import THREAD, echo, says_hello, subject, verdict_of
from tests.grading.subject import Graded
from tests.kit.harness import run

needs_posix = pytest.mark.skipif(os.name == "nt", reason="no such signals on Windows")


def kill(name: str) -> str:
    """A line of Python that ends its process by a signal."""
    return f"signal.signal(signal.{name}, signal.SIG_DFL); os.kill(os.getpid(), signal.{name})"


# --- how ---------------------------------------------------------------------------------------


@needs_posix
@pytest.mark.parametrize(
    ("name", "meaning"),
    [("SIGSEGV", "memory that is not its own"), ("SIGPIPE", "a connection that is gone")],
)
def test_a_signal_is_named_and_explained(tmp_path: Path, name: str, meaning: str) -> None:
    verdict, text = verdict_of(tmp_path, echo(heard=kill(name)))
    assert verdict.kind == DEAD
    assert f"The server was ended by {name}." in text
    assert f"Likely:  {name}: " in text
    assert meaning in text


@pytest.mark.parametrize(
    ("status", "how", "meaning"),
    [
        (-signal.SIGABRT, "was ended by SIGABRT", "abort()"),
        (-250, "was ended by signal 250", ""),
        (3, "ended with status 3", ""),
        (127, "ended with status 127", "no such program"),
        (134, "ended with status 134, which stands for SIGABRT", "abort()"),
        (200, "ended with status 200", ""),
        (0xC0000005, "ended with code 0xC0000005", "memory that is not its own"),
        (0xC0000005 - 2**32, "ended with code 0xC0000005", "memory that is not its own"),
    ],
)
def test_a_status_is_put_into_words(status: int, how: str, meaning: str) -> None:
    end = ending(status)
    assert end.how == how
    assert meaning in end.meaning
    assert bool(meaning) == bool(end.meaning)


def test_a_status_is_told_and_so_are_last_words_without_a_newline(tmp_path: Path) -> None:
    _, text = verdict_of(tmp_path, echo(heard="sys.stdout.write('good bye')\nos._exit(3)"))
    assert "The server ended with status 3." in text
    assert "| good bye\n" in text


# --- what it said ------------------------------------------------------------------------------


def test_what_the_first_visitor_made_it_print_is_shown(tmp_path: Path) -> None:
    """It is in its thread, so the server lives on; and the first check to fail shows why."""
    source = echo("pass", "raise ValueError('seen')", THREAD)
    verdict, text = verdict_of(tmp_path, source, patience=0.5)
    assert verdict.kind == "silence"
    assert "> ValueError: seen\n" in text


def test_what_an_earlier_check_made_it_print_is_not_shown(tmp_path: Path) -> None:
    def is_not_answered(graded: Graded) -> None:
        alice = graded.connect("Alice")
        alice.send("silence")
        alice.gets("hello")

    heard = "print('I heard', line)\nif b'hello' in line: connection.sendall(line)"
    _, text = verdict_of(tmp_path, echo(heard), says_hello, is_not_answered, patience=0.5)
    assert "| I heard b'silence\\n'" in text
    assert "I heard b'hello" not in text


# --- in which check ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["os._exit(3)", "sys.exit(3)", "raise KeyError('no more')"])
def test_a_server_that_dies_when_everybody_leaves_has_died_in_that_check(
    tmp_path: Path, how: str
) -> None:
    """However slowly: Python has to put itself away first, while the system still connects."""
    source = echo(left=f"if lines: print('it was me'); {how}")
    verdict, text = verdict_of(tmp_path, source, says_hello, says_hello)
    assert verdict.kind == DEAD
    assert "3. Alice gets         hello\n  4. the check is over, and all connections" in text
    assert "5. The server should go on, but has ended\n     The server ended with status" in text
    assert "| it was me\n" in text


def test_what_is_unread_does_not_reset_the_connection_at_the_end(tmp_path: Path) -> None:
    """A server that dies of a reset would be told of in the wrong check."""

    def reads_one_line_of_many(graded: Graded) -> None:
        alice = graded.connect("Alice")
        alice.send(*["hello"] * 1000)
        alice.gets("hello")

    source = echo(left="print('she left in peace')")
    verdict, text = verdict_of(
        tmp_path, source, reads_one_line_of_many, lambda graded: graded.prints("peace"), says_no
    )
    assert verdict.kind == "mismatch"
    assert "Error" not in text


def says_no(graded: Graded) -> None:
    assert not any("Error" in line for line in graded.running.console.since())
    raise Verdict("mismatch", "No")


def test_one_that_was_dead_before_is_not_explained_by_this_check(tmp_path: Path) -> None:
    verdict, text = verdict_of(tmp_path, echo(serve="serve(connection)\nprint('done')\nreturn"))
    assert verdict.kind == GONE
    assert "The server ended with status 0, before this check began." in text
    assert "| done\n" in text
    assert "Likely:  Your program came to its end." in text


def test_one_that_dies_between_two_checks_is_told_of_in_the_next(tmp_path: Path) -> None:
    with subject(tmp_path / "server.py", echo()) as how:
        shared = _Shared(how, lambda: tmp_path)
    running = shared.get()
    running.checks_served += 1
    running.process.kill()
    running.process.wait()
    with pytest.raises(Verdict, match="SIGKILL, after the check before this one") as caught:
        shared.must_live()
    assert caught.value.kind == GONE
    shared.must_live()  # for the one after it, there will be another
    shared.discard()


@pytest.mark.parametrize("has_failed", [False, True])
def test_one_that_dies_behind_the_last_check_is_told_of_once(
    tmp_path: Path, has_failed: bool
) -> None:
    with subject(tmp_path / "server.py", echo()) as how:
        shared = _Shared(how, lambda: tmp_path)
    running = shared.get()
    running.process.kill()
    running.process.wait()
    item = SimpleNamespace(funcargs={"_shared": shared}, module="one", stash=pytest.Stash())
    item.stash[_failed] = has_failed
    teardown = pytest_runtest_teardown(cast(pytest.Item, item), None)
    next(teardown)  # the fixtures' own
    with pytest.raises(StopIteration if has_failed else Verdict):
        next(teardown)
    shared.discard()


# --- all together ------------------------------------------------------------------------------


def test_a_learner_reads_it(tmp_path: Path) -> None:
    heard = "connection.sendall(b'Hello Client!\\n' if line == b'Hello Server!\\n' else line)"
    with subject(tmp_path / "server.py", echo(heard, "if lines: os._exit(3)")) as how:
        status, output = run("pytest", "tests/phase1/test_wire.py", "--server", how.command)
    assert status == 1
    assert "1 failed" in output
    assert "The server ended with status 3." in output


def test_one_that_takes_its_leave_before_it_dies_is_told_to_be_dead(tmp_path: Path) -> None:
    """Its last words come when the client has ended its stream, too: nobody else makes it go on."""
    farewell = "connection.shutdown(socket.SHUT_WR)\nconnection.recv(1)\nraise ValueError(line)"
    verdict, text = verdict_of(tmp_path, echo(farewell))
    assert verdict.kind == DEAD
    assert "The console shows an exception: ValueError" in text
