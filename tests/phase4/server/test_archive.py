"""The archive beside a real server: search, restarts, kills, and what happens where it fails."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.archive.database import archive_of
from phase4.archive.historian import tail
from phase4.archive.reading import Archive
from phase4.server.historian import Historian
from phase4.server.log_file import LogFile
from tests.kit.chat import TIME, Chat, Person
from tests.kit.faulty import listens, start_server
from tests.kit.harness import SECONDS, Peer, wait_until

EARLIER = r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d #(\d+)\) "
Start = Callable[..., Chat]


@pytest.fixture
def chat(start: Start) -> Iterator[Chat]:
    """A server that shows a newcomer three lines."""
    with start("--history", "3", "--flood-rate", "0") as chat:
        yield chat


def say(speaker: Person, first: int, last: int) -> None:
    """Say `line N` for each of these; all of it has been taken."""
    speaker.send(*(f"line {number}" for number in range(first, last + 1)))
    speaker.fence()


def has_read(chat: Chat, count: int) -> None:
    """Wait until the archive of this server has so many messages."""
    wait_until(lambda: Archive(chat.logs).last_number() == count, "the archive has all of it")


def earlier_of(person: Person, question: str) -> list[str]:
    """What answers a question about the past, without the times."""
    person.send(question)
    person.skip_to(rf"{TIME} \* \d+ (?:earlier lines?|lines? since #\d+):")
    answer: list[str] = []
    while not answer or not re.fullmatch(rf"{TIME} \* (?:That is all\.|More: .*)", answer[-1]):
        answer.append(person.read_line())
    return [re.sub(r"^\(\S+ \S+ (#\d+)\)", r"\1", line) for line in answer[:-1]]


def historian_of(chat: Chat) -> int:
    """The process that follows the log of this server. Linux."""
    children = Path(f"/proc/{chat.process.pid}/task/{chat.process.pid}/children").read_text()
    [found] = children.split()
    return int(found)


def test_what_was_said_is_found_by_its_words(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("the meeting is moved to Friday", "lunch?", "Das Treffen in Straße München")
        alice.fence()
        has_read(chat, 3)
        assert earlier_of(alice, "/search meeting") == ["#1 Alice: the meeting is moved to Friday"]
        assert earlier_of(alice, "/search munchen strasse") == [
            "#3 Alice: Das Treffen in Straße München"
        ]
        assert earlier_of(alice, '/search from:alice "moved to"') == [
            "#1 Alice: the meeting is moved to Friday"
        ]
        assert earlier_of(alice, "/search nothing of the kind") == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [("/search", "Say what to look for"), ("/search since:yesterday", "since: takes a day")],
)
def test_a_search_that_makes_no_sense_is_told_how(chat: Chat, question: str, answer: str) -> None:
    with chat.join("Alice") as alice:
        alice.send(question)
        alice.refused(f"{answer}.*")


def test_what_was_said_to_one_is_never_found(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("/pm Bob secret", "not a secret")
        bob.hear("Alice -> Bob: secret")
        alice.skip_to(r".*secret")
        has_read(chat, 1)
        assert earlier_of(bob, "/search secret") == ["#1 Alice: not a secret"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart_numbers_go_on_and_nothing_is_missing(
    start: Start, chat: Chat, how: signal.Signals
) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 600)
    chat.process.send_signal(how)
    chat.process.wait()
    with start("--history", "3", port=chat.port) as again, again.connect() as bob:
        bob.send("Bob")
        bob.skip_to(rf"{TIME} \* 3 earlier lines:")
        for number in (598, 599, 600):
            bob.expect(rf"{EARLIER}Alice: line {number}")
        bob.send("line 601", "/history since 99")
        bob.skip_to(rf"{TIME} \* 500 lines since #99:")
        for number in range(100, 600):
            assert int(bob.expect(rf"{EARLIER}Alice: line {number}")[1]) == number
        bob.expect(rf"{TIME} \* More: /history since 599")
        has_read(again, 601)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which process it is")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_historian_outlives_its_server(chat: Chat, how: signal.Signals) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 1)
        has_read(chat, 1)
        historian = historian_of(chat)
        chat.process.send_signal(how)
        chat.process.wait()
    wait_until(lambda: not Path(f"/proc/{historian}/cmdline").exists(), "it has ended")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which process it is")
def test_where_the_historian_dies_the_operator_is_told_and_the_chat_goes_on(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        say(alice, 1, 1)
        bob.hear("Alice: line 1")
        has_read(chat, 1)
        os.kill(historian_of(chat), signal.SIGKILL)
        chat.expect(r".*archive's process ended with status -9\. The chat goes on; .*")
        say(alice, 2, 2)
        bob.hear("Alice: line 2")
        assert earlier_of(bob, "/history 2") == ["#1 Alice: line 1", "#2 Alice: line 2"]


def test_a_historian_that_was_lost_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phase4.server.historian.RETRY_SECONDS", 0.0)
    (tmp_path / "messages.txt").write_text("2026-11-21T14:03:05+01:00 Alice: hello\n")
    said: list[str] = []
    historian = Historian([str(tmp_path)], lambda: True, said.append)
    try:
        for entries in (1, 2):
            while Archive(tmp_path).last_number() < entries:
                historian.look()
            assert historian._process is not None
            historian._process.kill()
            historian._process.wait()
            with (tmp_path / "messages.txt").open("a") as log:
                log.write("2026-11-21T14:03:06+01:00 Alice: again\n")
    finally:
        historian.stop()
    assert len(said) == 1


def test_a_historian_that_never_stays_complains_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("phase4.server.historian.RETRY_SECONDS", 0.0)
    fails = (sys.executable, "-S", "-c", "import sys; sys.exit('no archive here')")
    monkeypatch.setattr("phase4.server.historian.COMMAND", fails)
    said: list[str] = []
    historian = Historian([], lambda: True, said.append)
    for _ in range(3):
        historian.look()
        assert historian._process is not None
        historian._process.wait()
    historian.stop()
    assert capfd.readouterr().err.count("no archive here") == 1
    assert len(said) == 1


def test_without_an_archive_nothing_is_kept_and_nobody_looks(start: Start) -> None:
    with start("--no-archive") as chat, chat.join("Alice") as alice:
        say(alice, 1, 2)
        assert earlier_of(alice, "/history") == ["#1 Alice: line 1", "#2 Alice: line 2"]
        alice.send("/search line")
        alice.expect(r"! This server keeps no archive to search in\.")
        chat.signal(signal.SIGTERM)
        chat.wait()
        assert not archive_of(chat.logs).exists()


def test_where_python_lacks_sqlite3_the_chat_goes_on_without_an_archive(tmp_path: Path) -> None:
    process, port, _ = start_server(tmp_path, "import sys; sys.modules['sqlite3'] = None")
    with process:
        try:
            wait_until(lambda: listens(port), "it listens")
            with Peer("127.0.0.1", port) as alice:
                alice.send("Alice", "line 1", "/history")
                alice.skip_to(rf"{TIME} \* 1 earlier line:")
                alice.expect(rf"{EARLIER}Alice: line 1")
            process.terminate()
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert "There is no archive: this Python lacks sqlite3." in output
    assert "Nobody can register a name: this Python lacks sqlite3." in output
    assert process.returncode == 0


def test_an_archive_that_is_damaged_is_told_without_a_path(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 1)
        has_read(chat, 1)
        archive_of(chat.logs).write_bytes(b"no database any more" * 1000)
        alice.send("/search line")
        alice.expect(r"! The archive cannot be read now\.")


def test_a_file_that_is_no_archive_stops_no_server(start: Start, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    archive_of(logs).write_bytes(b"not a database, and somebody's own\n" * 100)
    with start("--history", "3") as chat, chat.join("Alice") as alice:
        assert any("is not a sound archive" in line for line in chat.output)
        say(alice, 1, 1)
        assert earlier_of(alice, "/history") == ["#1 Alice: line 1"]
    assert archive_of(logs).read_bytes().startswith(b"not a database")


def _no_space(*_: object) -> int:
    raise OSError(28, "No space left on device")


def test_where_entries_were_lost_the_log_says_how_many_each_time_and_numbers_leave_them_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LogFile(tmp_path / "messages.txt", print, backlog_lines=2)
    number = 0
    for refused in (3, 1, 5):
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", _no_space)
            for _ in range(refused):
                number += 1
                log.append([f"2026-11-21T14:03:05+01:00 Alice: {number}\n".encode()])
        number += 1
        monkeypatch.setattr(log, "_retry_at", 0.0)
        log.append([f"2026-11-21T14:03:05+01:00 Alice: {number}\n".encode()])
    log.close()
    records = tail(tmp_path, 100).records
    assert [each.text for each in records] == [str(each.number) for each in records]
    assert [each.number for each in records] == [3, 4, 5, 6, 11, 12]
