"""The historian comes through whatever happens to the log: each entry once, in order, numbered."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from phase4.archive import trail
from phase4.archive.checking import check
from phase4.archive.database import archive_of
from phase4.archive.errors import CannotUse
from phase4.archive.historian import Historian, next_number
from phase4.archive.log_files import LogFile as LogFileThere
from phase4.archive.log_files import open_found
from phase4.archive.reading import Archive
from phase4.archive.rebuilding import rebuild
from phase4.archive.record import Gap
from phase4.server.log_file import LogFile
from tests.phase4.archive.kit import all_records, catch_up, everything, lines_of

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no open file")


class Log:
    """A log as the server writes it, and what it was given so far."""

    def __init__(self, path: Path, max_bytes: int, kept: int) -> None:
        self.path = path
        self.file = LogFile(path, lambda text: None, max_bytes=max_bytes, kept=kept)
        self.said: list[str] = []

    def say(self, *texts: str) -> None:
        """Append them as one batch."""
        self.file.append([f"2026-11-21T14:03:05+01:00 Alice: {each}\n".encode() for each in texts])
        self.said += texts

    def say_some(self, count: int) -> None:
        """Append so many lines that nobody else says, in batches of three."""
        for at in range(0, count, 3):
            self.say(*(f"line {len(self.said) + n}" for n in range(min(3, count - at))))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log whose files hold some twenty lines each."""
    log = Log(tmp_path / "messages.txt", max_bytes=1000, kept=5)
    yield log
    log.file.close()


@pytest.fixture
def historian(log: Log, tmp_path: Path) -> Iterator[Historian]:
    """One that runs, and has nothing to do yet."""
    historian = Historian(tmp_path)
    yield historian
    historian.close()


def texts(log_dir: Path) -> list[str]:
    """What is in the archive."""
    return [each.text for each in everything(log_dir)]


def take(historian: Historian) -> None:
    """Take in all that is there."""
    while historian.step():
        pass


def test_what_is_said_is_taken_in_with_time_and_name(
    log: Log, historian: Historian, tmp_path: Path
) -> None:
    log.say("hello", "there: you", "")
    take(historian)
    log.say("سلام 日本")
    take(historian)
    assert texts(tmp_path) == log.said
    assert all_records(tmp_path) == list(enumerate(lines_of(log.path), 1))
    assert everything(tmp_path)[0].at == "2026-11-21T14:03:05+01:00"


@pytest.mark.parametrize("must_close", [False, True])
def test_it_goes_through_rotation(
    log: Log,
    historian: Historian,
    tmp_path: Path,
    must_close: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trail, "_MUST_CLOSE", must_close)  # as on Windows
    for _ in range(30):
        log.say_some(9)
        take(historian)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []


@posix_only
def test_no_file_is_missed_that_is_renamed_right_after_it_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "messages.txt", max_bytes=1000, kept=1000)
    log.say_some(100)

    def open_later(found: LogFileThere) -> int | None:
        """Open it, after all files have got other names."""
        if len(log.said) < 200:
            log.say_some(18)
        return open_found(found)

    monkeypatch.setattr(trail, "open_found", open_later)
    for _ in range(
        20
    ):  # a step that finds a file renamed does nothing, and the next one tries again
        catch_up(tmp_path)
    log.file.close()
    assert len(log.said) >= 200
    assert texts(tmp_path) == log.said


def test_it_goes_through_several_rotations_while_it_was_away(log: Log, tmp_path: Path) -> None:
    log.say_some(7)
    catch_up(tmp_path)
    log.say_some(80)
    assert next_number(tmp_path) == 88
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said


def test_without_an_archive_it_begins_with_the_oldest_file(log: Log, tmp_path: Path) -> None:
    log.say_some(70)
    assert next_number(tmp_path) == 71
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said


def test_behind_by_more_than_the_logs_keep_is_a_gap_and_no_number_comes_again(
    log: Log, tmp_path: Path
) -> None:
    log.say_some(7)
    catch_up(tmp_path)
    log.say_some(500)
    left = [text for _, _, text in lines_of(log.path)]
    assert len(left) < 400
    assert next_number(tmp_path) == 8 + len(left)
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said[:7] + left
    assert Archive(tmp_path).gaps_after(0) == [Gap(8, None)]
    assert Archive(tmp_path).gaps_after(8) == []


def test_a_historian_that_was_stopped_while_all_was_rotated_away_says_so(
    log: Log, historian: Historian, tmp_path: Path
) -> None:
    log.say_some(7)
    take(historian)
    log.say_some(500)
    take(historian)
    left = [text for _, _, text in lines_of(log.path)]
    assert texts(tmp_path)[-len(left) :] == left
    assert [gap.lost for gap in Archive(tmp_path).gaps_after(0)] == [None]


def test_entries_that_the_server_dropped_leave_their_numbers_out(log: Log, tmp_path: Path) -> None:
    log.say("before")
    log.file.append([b"2026-11-21T14:03:06+01:00 * 12 entries were lost\n"])
    log.say("after")
    log.file.append([b"2026-11-21T14:03:06+01:00 * 1 entry was lost\n"])
    assert next_number(tmp_path) == 16
    catch_up(tmp_path)
    assert [(each.number, each.text) for each in everything(tmp_path)] == [
        (1, "before"),
        (14, "after"),
    ]
    assert Archive(tmp_path).gaps_after(1) == [Gap(14, 12), Gap(16, 1)]
    assert Archive(tmp_path).last_number() == 15


def test_half_a_line_waits_for_its_end(log: Log, historian: Historian, tmp_path: Path) -> None:
    with open(log.path, "ab") as file:
        file.write(b"2026-11-21T14:03:05+01:00 Alice: he")
        file.flush()
        take(historian)
        assert texts(tmp_path) == []
        assert next_number(tmp_path) == 1
        file.write(b"llo\n")
    take(historian)
    assert texts(tmp_path) == ["hello"]


def test_half_a_line_at_the_end_of_a_rotated_file_is_left_out(log: Log, tmp_path: Path) -> None:
    log.say("one")
    with open(log.path, "ab") as file:
        file.write(b"2026-11-21T14:03:05+01:00 Alice: tw")
    os.replace(log.path, f"{log.path}.1")
    log.path.write_bytes(b"2026-11-21T14:03:05+01:00 Alice: three\n")
    catch_up(tmp_path)
    assert texts(tmp_path) == ["one", "three"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n\n",
        b"hello\n",
        b"\0" * 4096 + b"\n",
        b"2026-11-21T14:03:05+01:00 * The server starts.\n",
        b"2026-11-21T14:03:05+01:00 Alice\n",
        b"14:03:05 Alice: hello\n",
        b"2026-11-21T14:03:05+01:00 Alice -> Bob: psst\n",
        b"\xff\xfe\n",
        b"x" * 1_000_000 + b"\n",
    ],
    ids=lambda garbage: repr(garbage[:30]),
)
def test_what_is_not_an_entry_has_no_number(log: Log, tmp_path: Path, garbage: bytes) -> None:
    log.say("one")
    with open(log.path, "ab") as file:
        file.write(garbage + b"2026-11-21T14:03:05+01:00 Alice: two\n")
    assert next_number(tmp_path) == 3
    catch_up(tmp_path)
    assert [(each.number, each.text) for each in everything(tmp_path)] == [(1, "one"), (2, "two")]


def test_text_that_is_not_utf_8_is_shown_as_far_as_it_is(log: Log, tmp_path: Path) -> None:
    with open(log.path, "ab") as file:
        file.write(b"2026-11-21T14:03:05+01:00 Alice: caf\xe9\n")
    catch_up(tmp_path)
    assert texts(tmp_path) == ["caf\ufffd"]


@posix_only
def test_a_log_that_is_copied_and_emptied_goes_on_in_its_copy(
    log: Log, historian: Historian, tmp_path: Path
) -> None:
    log.say("one")
    take(historian)
    log.say("two")
    shutil.copy(log.path, f"{log.path}.1")
    os.truncate(log.path, 0)
    log.say("three, which is longer than what was there before it was emptied " * 4)
    take(historian)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []


@posix_only
def test_it_is_copied_and_emptied_while_the_historian_is_away(log: Log, tmp_path: Path) -> None:
    log.say("one")
    catch_up(tmp_path)
    log.say("two")
    shutil.copy(log.path, f"{log.path}.1")
    os.truncate(log.path, 0)
    log.say("three")
    assert next_number(tmp_path) == 4
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []


@posix_only
@pytest.mark.parametrize("copies", [1, 2])
def test_it_is_copied_and_emptied_before_any_line_of_it_was_read(
    log: Log, historian: Historian, tmp_path: Path, copies: int
) -> None:
    take(historian)  # it has the file open, and nothing of it
    for number in range(copies):
        log.say(f"copy {number}")
        if number:
            os.replace(f"{log.path}.1", f"{log.path}.2")
        shutil.copy(log.path, f"{log.path}.1")
        os.truncate(log.path, 0)
    log.say("last")
    take(historian)
    assert texts(tmp_path) == log.said


@posix_only
@pytest.mark.parametrize("is_away", [False, True])
def test_a_log_that_is_emptied_without_a_copy_is_a_gap(
    log: Log, historian: Historian, tmp_path: Path, is_away: bool
) -> None:
    log.say("one", "two")
    take(historian)
    os.truncate(log.path, 0)
    log.say("three", "four", "five")
    if is_away:
        historian.close()
        catch_up(tmp_path)
    else:
        take(historian)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == [Gap(3, None)]


@pytest.mark.parametrize("left", [1, 2, 3])
@pytest.mark.parametrize("torn", [b"", b"2026-11-21T14:0", b"\0\0\0"])
@pytest.mark.parametrize("is_away", [False, True])
def test_a_log_that_lost_its_end_in_a_power_cut_is_not_taken_twice(
    tmp_path: Path, left: int, torn: bytes, is_away: bool
) -> None:
    log = Log(tmp_path / "messages.txt", max_bytes=10_000, kept=5)
    log.say("one", "two", "three", "four")
    historian = Historian(tmp_path)
    take(historian)
    if is_away:
        historian.close()
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:left]) + torn)
    log.file.close()
    log.file = LogFile(log.path, lambda text: None)
    if is_away:
        assert next_number(tmp_path) == 5
    log.say("five", "six, which is as long as all that is gone " * 4)
    if is_away:
        assert next_number(tmp_path) == 7
        catch_up(tmp_path)
    else:
        take(historian)
        historian.close()
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []

    # It happens once more, and then the archive is made anew.
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:-1]))
    log.say("seven")
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said
    result = check(tmp_path)
    assert (result.faults, result.equal) == ([], left + 2)
    rebuilt = rebuild(tmp_path)
    assert (rebuilt.from_log, rebuilt.from_archive) == (left + 2, 5 - left)
    assert texts(tmp_path) == log.said
    assert [each.number for each in everything(tmp_path)] == [*range(1, 8)]
    assert check(tmp_path).faults == []
    log.say("eight")
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said
    log.file.close()


@posix_only
def test_a_log_that_is_removed_is_read_to_its_end(
    log: Log, historian: Historian, tmp_path: Path
) -> None:
    log.say("one")
    take(historian)
    log.say("two")
    log.path.unlink()
    log.say("three")
    take(historian)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []


@posix_only
@pytest.mark.parametrize("taken", [0, 1, 2])
def test_what_the_server_writes_again_after_a_removal_is_taken_once(
    log: Log, historian: Historian, tmp_path: Path, taken: int
) -> None:
    """The server noticed after its write that the file was gone, and wrote the batch once more."""
    take(historian)  # it has the file open
    log.say("one")
    if taken:
        take(historian)
    log.say("two", "three")
    batch = log.path.read_bytes().splitlines(keepends=True)[1:]
    if taken == 2:
        take(historian)
    log.path.unlink()
    log.path.write_bytes(batch[0])  # its first half, as one look may find it
    take(historian)
    with open(log.path, "ab") as file:
        file.write(batch[1])
    log.say("four")
    take(historian)
    assert texts(tmp_path) == log.said


@posix_only
def test_it_is_removed_while_the_historian_is_away(log: Log, tmp_path: Path) -> None:
    log.say_some(30)
    catch_up(tmp_path)
    log.path.unlink()
    log.say("the last")
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said, "the older files are not taken a second time"
    assert Archive(tmp_path).gaps_after(0) == [Gap(31, None)]


@posix_only
def test_a_log_that_is_renamed_by_date_is_read_to_its_end(
    log: Log, historian: Historian, tmp_path: Path
) -> None:
    log.say_some(30)
    take(historian)
    log.say("two")
    os.replace(log.path, tmp_path / "messages.txt-20261121")
    log.path.touch()
    take(historian)
    log.say("three")
    take(historian)
    assert texts(tmp_path) == log.said
    assert Archive(tmp_path).gaps_after(0) == []


@posix_only
def test_a_file_that_got_the_inode_of_another_is_not_taken_for_it(log: Log, tmp_path: Path) -> None:
    log.say_some(3)
    catch_up(tmp_path)
    log.path.unlink()
    log.say("another log, which is longer", *("and longer" for _ in range(9)))
    with closing(sqlite3.connect(archive_of(tmp_path))) as connection:  # as ext4 often does it
        connection.execute("update place set inode = ?", (str(log.path.stat().st_ino),))
        connection.commit()
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said


def test_logs_that_were_copied_to_another_disk_are_known_again(log: Log, tmp_path: Path) -> None:
    log.say_some(50)
    catch_up(tmp_path)
    log.say_some(8)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tmp_path, elsewhere, ignore=shutil.ignore_patterns("elsewhere"))
    assert next_number(elsewhere) == 59
    catch_up(elsewhere)
    assert texts(elsewhere) == log.said
    assert Archive(elsewhere).gaps_after(0) == []


def test_where_nothing_was_ever_said_the_first_number_is_1(tmp_path: Path) -> None:
    assert next_number(tmp_path) == 1
    catch_up(tmp_path)
    assert next_number(tmp_path) == 1
    assert Archive(tmp_path).last_number() == 0


def test_where_all_logs_are_gone_the_numbers_go_on(log: Log, tmp_path: Path) -> None:
    log.say_some(3)
    catch_up(tmp_path)
    log.file.close()
    for path in tmp_path.glob("messages.txt*"):
        path.unlink()
    assert next_number(tmp_path) == 4
    log.say("again")
    assert next_number(tmp_path) == 5
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said


def test_what_is_not_a_file_is_an_error_and_nothing_is_skipped(log: Log, tmp_path: Path) -> None:
    log.say("one")
    catch_up(tmp_path)
    log.say("two")
    path = tmp_path / "away"
    os.replace(log.path, path)
    log.path.mkdir()
    with pytest.raises(CannotUse, match=r"messages\.txt cannot be used \(it is a directory"):
        catch_up(tmp_path)
    with pytest.raises(CannotUse):
        next_number(tmp_path)
    log.path.rmdir()
    os.replace(path, log.path)
    catch_up(tmp_path)
    assert texts(tmp_path) == log.said
