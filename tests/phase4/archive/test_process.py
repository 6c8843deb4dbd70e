"""The historian's process: when it begins and ends, and what it does where the disk refuses."""

import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.archive.guard import Guard
from phase4.archive.historian import next_number
from phase4.archive.reading import Archive
from tests.kit.harness import Program, wait_until
from tests.phase4.archive.kit import catch_up
from tests.phase4.archive.writing import entry

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="asks for prlimit(2)")

# Begins with a disk that takes no file over 60,000 bytes.
ON_A_SMALL_DISK = """
import resource, runpy, sys
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
sys.argv[0] = "phase4.archive"
runpy.run_module("phase4.archive", run_name="__main__")
"""


class OnASmallDisk(Program):
    """What it runs is a program text."""

    how = ("-c",)


@pytest.fixture
def historian(tmp_path: Path) -> Iterator[Program]:
    """One that follows a log, and has begun."""
    say(tmp_path, 0)
    with Program("phase4.archive", "follow", str(tmp_path)) as program:
        reach(tmp_path, 1)
        yield program


def say(log_dir: Path, *numbers: int) -> None:
    """Append entries to the log."""
    with open(log_dir / "messages.txt", "ab") as file:
        file.write(b"".join(map(entry, numbers)))


def last_number(log_dir: Path) -> int:
    """How far the archive is."""
    return Archive(log_dir).last_number()


def reach(log_dir: Path, number: int) -> None:
    """Wait until the archive has this many entries."""
    wait_until(lambda: last_number(log_dir) == number, f"it has {number}")


def test_it_takes_in_what_is_said(historian: Program, tmp_path: Path) -> None:
    for number in range(1, 20):
        say(tmp_path, number)
        reach(tmp_path, number + 1)


def test_it_takes_in_what_is_left_and_ends_when_its_parent_is_gone(
    historian: Program, tmp_path: Path
) -> None:
    say(tmp_path, *range(1, 5000))
    historian.end_of_input()
    assert historian.wait() == 0
    assert historian.rest_of_output() == []
    assert {path.name for path in tmp_path.iterdir()} == {
        *("messages.txt", "archive.sqlite", "archive.lock"),
    }
    assert last_number(tmp_path) == 5000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_sigterm_ends_it_and_ctrl_c_leaves_that_to_the_server(
    historian: Program, tmp_path: Path
) -> None:
    historian.signal(signal.SIGINT)
    say(tmp_path, 1)
    reach(tmp_path, 2)
    historian.signal(signal.SIGTERM)
    assert historian.wait() == 0
    assert historian.rest_of_output() == []


def test_a_second_historian_waits_for_the_first_to_end(historian: Program, tmp_path: Path) -> None:
    with Program("phase4.archive", "follow", str(tmp_path)) as second:
        say(tmp_path, *range(1, 3000))
        historian.end_of_input()
        assert historian.wait() == 0
        say(tmp_path, 3000)
        reach(tmp_path, 3001)
        second.end_of_input()
        assert second.wait() == 0
        assert second.rest_of_output() == []


def test_a_second_historian_that_is_told_to_end_says_why_it_did_nothing(
    historian: Program, tmp_path: Path
) -> None:
    with Program("phase4.archive", "follow", str(tmp_path)) as second:
        second.end_of_input()
        assert second.wait() == 2
        assert second.rest_of_output() == [
            f"phase4.archive: Another process writes the archive in {tmp_path}."
        ]


def test_the_lock_of_a_historian_that_was_killed_is_free(
    historian: Program, tmp_path: Path
) -> None:
    historian.kill()
    historian.wait()
    with Guard(tmp_path):
        pass


@posix_only
def test_only_the_owner_can_read_any_of_it(historian: Program, tmp_path: Path) -> None:
    names = {path.name: path for path in tmp_path.iterdir() if path.name.startswith("archive.")}
    assert {*names} == {f"archive.{end}" for end in ("lock", "sqlite", "sqlite-shm", "sqlite-wal")}
    assert {stat.S_IMODE(path.stat().st_mode) for path in names.values()} == {0o600}


@posix_only
def test_an_archive_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    catch_up(tmp_path)
    path = tmp_path / "archive.sqlite"
    path.chmod(0o644)
    catch_up(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@linux_only
def test_a_full_disk_is_told_once_and_nothing_is_lost(tmp_path: Path) -> None:
    import resource

    with OnASmallDisk(ON_A_SMALL_DISK, "follow", str(tmp_path)) as historian:
        for number in range(0, 2000, 100):
            say(tmp_path, *range(number, number + 100))
        historian.expect("archive.sqlite cannot be used .* What is said waits in the log")
        assert last_number(tmp_path) < 2000
        resource.prlimit(historian.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
        historian.expect("The archive is written again")
        reach(tmp_path, 2000)
        historian.end_of_input()
        assert historian.wait() == 0
        assert len(historian.rest_of_output()) == 2
    assert Archive(tmp_path).gaps_after(0) == []


def test_a_locked_archive_is_waited_for(historian: Program, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "archive.sqlite", isolation_level=None)
    other.execute("begin immediate")
    say(tmp_path, 1)
    historian.expect("archive.sqlite is busy; try again. What is said waits in the log")
    assert last_number(tmp_path) == 1
    other.execute("rollback")
    other.close()
    historian.expect("The archive is written again")
    reach(tmp_path, 2)


def test_an_archive_that_is_removed_is_made_anew_and_no_number_comes_again(
    historian: Program, tmp_path: Path
) -> None:
    say(tmp_path, *range(1, 10))
    reach(tmp_path, 10)
    for path in tmp_path.glob("archive.sqlite*"):
        path.unlink()
    say(tmp_path, 10)
    reach(tmp_path, 11)
    assert [each.number for each in Archive(tmp_path).newest(500)] == [11]
    assert next_number(tmp_path) == 12


def test_a_directory_that_is_removed_is_waited_for(historian: Program, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    say(tmp_path, 1)
    reach(tmp_path, 2)


@pytest.mark.parametrize("content", [b"x" * 5000, b"hello", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(content)
    ends_with(tmp_path, rf"{path} is not a sound archive \(.*\)\.")
    assert path.read_bytes() == content


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    other = sqlite3.connect(path)
    other.execute("create table message(id)")
    other.close()
    before = path.read_bytes()
    ends_with(tmp_path, r".* is not a sound archive \(another program has made it\)\.")
    assert path.read_bytes() == before


def test_a_newer_archive_is_left_as_it_is(tmp_path: Path) -> None:
    catch_up(tmp_path)
    path = tmp_path / "archive.sqlite"
    other = sqlite3.connect(path)
    other.execute("pragma user_version = 7")
    other.close()
    before = path.read_bytes()
    ends_with(tmp_path, ".* has version 7, which a newer program has made.")
    assert path.read_bytes() == before


def ends_with(log_dir: Path, sentence: str) -> None:
    """The historian ends at once, and says why in one line."""
    with Program("phase4.archive", "follow", str(log_dir)) as historian:
        historian.expect(f"^phase4.archive: {sentence}$")
        assert historian.wait() == 2
        assert len(historian.rest_of_output()) == 1


@posix_only
def test_what_is_not_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "archive.sqlite")
    with Program("phase4.archive", "follow", str(tmp_path)) as historian:
        historian.expect("it is a FIFO .* What is said waits in the log")
        historian.end_of_input()
        assert historian.wait() == 0
