"""What is too old is removed in small steps, and the numbers of what remains never change."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from phase4.archive import store
from phase4.archive.database import archive_of
from phase4.archive.historian import Historian
from phase4.archive.query import parse
from phase4.archive.reading import Archive
from phase4.archive.record import Gap
from phase4.archive.store import FORGET_LINES, Keep, Store
from tests.phase4.archive.kit import catch_up, everything

TODAY = date(2026, 11, 30)


def write(log_dir: Path, lines: int, days: int = 1) -> None:
    """A log of so many lines on so many days up to today, all taken in."""
    with open(log_dir / "messages.txt", "a", encoding="utf-8") as file:
        for number in range(lines):
            day = TODAY - timedelta(days=days - 1 - number * days // lines)
            file.write(f"{day}T10:00:00+01:00 Bob: line {number} said on {day} über 会议\n")
    catch_up(log_dir)


def forget(log_dir: Path, keep: Keep) -> int:
    """Remove what is too old; in how many steps."""
    with Store(archive_of(log_dir)) as archive:
        steps = 1
        while archive.forget(keep, TODAY):
            steps += 1
        return steps


def numbers(log_dir: Path) -> list[int]:
    """What is left."""
    return [each.number for each in everything(log_dir)]


def test_the_newest_lines_stay_with_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, 2000)
    steps = forget(tmp_path, Keep(lines=300))
    assert numbers(tmp_path) == [*range(1701, 2001)]
    assert steps >= 1700 // FORGET_LINES
    assert Archive(tmp_path).first_number() == 1701
    assert Archive(tmp_path).last_number() == 2000
    forget(tmp_path, Keep(lines=300))
    assert numbers(tmp_path) == [*range(1701, 2001)]


def test_the_last_days_stay(tmp_path: Path) -> None:
    write(tmp_path, 1000, days=10)
    forget(tmp_path, Keep(days=3))
    assert numbers(tmp_path) == [*range(701, 1001)]
    found = Archive(tmp_path).search(parse("since:2026-11-01 until:2026-11-28"), 500)
    assert [each.number for each in found.records] == [*range(701, 801)]


def test_days_and_lines_both_count(tmp_path: Path) -> None:
    write(tmp_path, 1000, days=10)
    forget(tmp_path, Keep(lines=50, days=3))
    assert len(numbers(tmp_path)) == 50
    forget(tmp_path, Keep(lines=500, days=3))
    assert len(numbers(tmp_path)) == 50


def test_a_room_that_was_silent_for_long_keeps_nothing_and_counts_on(tmp_path: Path) -> None:
    write(tmp_path, 10)
    with Store(archive_of(tmp_path)) as archive:
        archive.forget(Keep(days=2), TODAY + timedelta(days=2))
    assert numbers(tmp_path) == []
    write(tmp_path, 1)
    assert numbers(tmp_path) == [11]


def test_without_a_bound_all_stays(tmp_path: Path) -> None:
    write(tmp_path, 1000, days=10)
    assert forget(tmp_path, Keep()) == 1
    assert len(numbers(tmp_path)) == 1000


def test_numbers_that_were_left_out_count_as_no_lines(tmp_path: Path) -> None:
    (tmp_path / "messages.txt").write_text("2026-11-30T10:00:00 * 999999 entries were lost\n")
    write(tmp_path, 10)
    assert Archive(tmp_path).gaps_after(0) == [Gap(1_000_000, 999_999)]
    forget(tmp_path, Keep(lines=5))
    assert numbers(tmp_path) == [*range(1_000_005, 1_000_010)]
    assert Archive(tmp_path).gaps_after(0) == []


def test_what_was_removed_is_found_no_more_and_the_index_is_sound(tmp_path: Path) -> None:
    write(tmp_path, 1500)
    forget(tmp_path, Keep(lines=100))
    archive = Archive(tmp_path)
    for text, count in (
        ('"line 1399 said"', 0),
        ('"line 1400 said"', 1),
        ("uber", 100),
        ("会", 100),
    ):
        assert len(archive.search(parse(text), 500).records) == count, text
    with closing(sqlite3.connect(archive_of(tmp_path))) as connection:
        of_index = connection.execute("select rowid from found where found match '\"ube\"'")
        assert [row[0] for row in of_index] == [*range(1401, 1501)]


def test_a_historian_removes_as_it_goes(tmp_path: Path) -> None:
    write(tmp_path, 3000)
    historian = Historian(tmp_path, Keep(lines=10))
    try:
        historian.step()
        historian.forget()
    finally:
        historian.close()
    assert numbers(tmp_path) == [*range(2991, 3001)]


def test_what_was_folded_by_other_rules_is_indexed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FOLDING", "0/old")
    monkeypatch.setattr(store, "fold", str.upper)
    write(tmp_path, 700)
    assert Archive(tmp_path).search(parse("said")).records == []
    monkeypatch.undo()
    catch_up(tmp_path)
    assert len(Archive(tmp_path).search(parse("said"), 500).records) == 500
    forget(tmp_path, Keep(lines=1))
    found = Archive(tmp_path).search(parse("said")).records
    assert [each.number for each in found] == [700]
