"""How the historian takes in what is said: at once in a quiet room, by the batch where much is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.archive import following
from phase4.archive.following import BATCH_BYTES, PAUSE_SECONDS, Follower
from phase4.archive.historian import Historian
from phase4.archive.reading import Archive
from phase4.archive.store import Keep
from phase4.server.past import RECENT_MESSAGES
from tests.phase4.archive.writing import entry

SHORTEST = b"2026-11-21T14:03:05+01:00 A: x\n"
AT_MOST_A_SECOND = 2_000  # that a room can say, with two hundred people in it


def say(log_dir: Path, data: bytes) -> None:
    """Append to the log."""
    with open(log_dir / "messages.txt", "ab") as file:
        file.write(data)


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """One that has just taken in a line, and has all the time of the world for the next batch."""
    monkeypatch.setattr(following, "BATCH_SECONDS", 1e6)
    say(tmp_path, entry(0))
    follower = Follower(tmp_path, Keep(), print)
    assert follower._turn() == 0
    assert Archive(tmp_path).last_number() == 1
    yield follower
    follower._close()
    follower._wakeup.close()


def test_what_is_said_right_after_a_batch_waits_until_there_is_enough_of_it(
    tmp_path: Path, follower: Follower
) -> None:
    for number in range(1, 5):
        say(tmp_path, entry(number))
        assert follower._turn() > 0
    assert Archive(tmp_path).last_number() == 1
    count = BATCH_BYTES // len(SHORTEST) + 1
    say(tmp_path, SHORTEST * count)
    assert follower._turn() == 0
    assert Archive(tmp_path).last_number() == 5 + count


def test_a_log_that_was_rotated_is_looked_at_at_once(tmp_path: Path, follower: Follower) -> None:
    (tmp_path / "messages.txt").rename(tmp_path / "messages.txt.1")
    say(tmp_path, entry(1))
    assert follower._turn() == 0
    assert Archive(tmp_path).last_number() == 2


def test_at_the_end_nothing_waits(tmp_path: Path, follower: Follower) -> None:
    say(tmp_path, entry(1))
    follower._finish()
    assert Archive(tmp_path).last_number() == 2


def test_the_memory_of_a_server_reaches_further_back_than_the_archive_is_behind() -> None:
    """Even if the time to take it in is as long as that between two looks."""
    waiting = BATCH_BYTES // len(SHORTEST)
    assert waiting + 3 * PAUSE_SECONDS * AT_MOST_A_SECOND < RECENT_MESSAGES


def test_what_waits_is_told_of_a_file_that_is_read_and_of_no_other(tmp_path: Path) -> None:
    historian = Historian(tmp_path)
    assert historian.waiting_bytes is None  # there is no log
    say(tmp_path, entry(0))
    assert historian.waiting_bytes is None  # not read yet
    assert historian.step()
    assert historian.waiting_bytes == 0
    say(tmp_path, SHORTEST)
    assert historian.waiting_bytes == len(SHORTEST)
    (tmp_path / "messages.txt").write_bytes(b"")  # emptied
    assert historian.waiting_bytes is None
    historian.close()
