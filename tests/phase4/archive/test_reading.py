"""What is read from an archive: in order, bounded, and while it is written."""

import sqlite3
import threading
from pathlib import Path

import pytest

from phase4.archive.errors import ArchiveBusy, CannotUse, NotAnArchive
from phase4.archive.historian import Historian
from phase4.archive.query import parse
from phase4.archive.reading import MAX_RECORDS, Archive
from phase4.archive.record import Record
from tests.phase4.archive.kit import catch_up, everything
from tests.phase4.archive.writing import entry


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """One of a thousand records."""
    log_dir = tmp_path_factory.mktemp("logs")
    (log_dir / "messages.txt").write_bytes(b"".join(map(entry, range(1, 1001))))
    catch_up(log_dir)
    return Archive(log_dir)


def numbers(records: list[Record]) -> list[int]:
    """Theirs."""
    return [each.number for each in records]


def test_records_come_in_the_order_in_which_they_were_said(archive: Archive) -> None:
    assert numbers(archive.newest(3)) == [998, 999, 1000]
    assert numbers(archive.since(997, 2)) == [998, 999]
    assert numbers(archive.before(4, 2)) == [2, 3]
    assert archive.newest(1)[0].text.startswith("number 1000 ")
    assert (archive.first_number(), archive.last_number()) == (1, 1000)


def test_what_is_asked_for_has_a_bound(archive: Archive) -> None:
    many = 10**30
    assert len(archive.newest(many)) == len(archive.since(0, many)) == MAX_RECORDS
    assert len(archive.before(many, many)) == MAX_RECORDS
    assert len(archive.search(parse("words"), many).records) == MAX_RECORDS
    assert archive.newest(0) == archive.newest(-1) == archive.since(many, 5) == []
    assert archive.before(-many, 5) == archive.since(1000, 5) == []
    assert numbers(archive.since(-many, 1)) == [1]


def test_an_archive_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for _ in range(2):
        assert archive.newest(5) == archive.since(0, 5) == archive.before(9, 5) == []
        assert archive.gaps_after(0) == []
        assert (archive.first_number(), archive.last_number()) == (0, 0)
        assert archive.search(parse("hello")).records == []
        (tmp_path / "archive.sqlite").touch()  # a historian that was killed as it began


def test_any_thread_reads_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "messages.txt"
    historian = Historian(tmp_path)
    archive = Archive(tmp_path)
    failures: list[object] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            last = archive.last_number()
            newest = archive.newest(50)
            if newest and newest[-1].number < last:
                failures.append((newest[-1], last))
            found = archive.search(parse("words"), 50).records
            for records in (newest, found):
                shown = numbers(records)
                if shown != [*range(shown[0], shown[0] + len(shown))] if shown else False:
                    failures.append(shown)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        with open(log, "ab") as file:
            for start in range(0, 4000, 40):
                file.write(b"".join(map(entry, range(start, start + 40))))
                file.flush()
                while historian.step():
                    pass
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        historian.close()
    assert failures == []
    assert archive.last_number() == 4000


def test_an_archive_that_is_locked_is_not_waited_for_long(tmp_path: Path) -> None:
    catch_up(tmp_path)
    other = sqlite3.connect(tmp_path / "archive.sqlite", isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin exclusive")
    with pytest.raises(ArchiveBusy, match=r"archive\.sqlite is busy; try again\.$"):
        Archive(tmp_path).newest(5)
    other.close()
    assert Archive(tmp_path).newest(5) == []


def test_what_is_not_an_archive_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(b"hello")
    with pytest.raises(NotAnArchive) as caught:
        Archive(tmp_path).newest(5)
    assert caught.value.path == path
    path.unlink()
    path.mkdir()
    with pytest.raises(CannotUse, match="it is a directory"):
        Archive(tmp_path).newest(5)


def test_an_archive_that_is_damaged_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "messages.txt").write_bytes(b"".join(map(entry, range(3000))))
    catch_up(tmp_path)
    path = tmp_path / "archive.sqlite"
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"x" * (len(data) - 4096))
    with pytest.raises(NotAnArchive, match="malformed"):
        Archive(tmp_path).newest(5)


def test_a_search_that_takes_too_long_gives_what_it_has(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phase4.archive.reading.SEARCH_SECONDS", 0)
    found = archive.search(parse("words"))
    assert not found.is_complete
    assert len(found.records) <= 1
    assert archive.search(parse("since:2026-11-21 nowhere")).records == []


@pytest.mark.parametrize("question", ["a", "ab", "z", "é", "q z", "e from:bob", "中", "a z"])
def test_a_word_of_one_letter_is_found_in_the_newest_messages_and_in_older_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """The newest are looked at themselves, the others are found by the index; none twice."""
    monkeypatch.setattr("phase4.archive.reading._NEWEST", 7)
    monkeypatch.setattr("phase4.archive.reading.SEARCH_SECONDS", 20.0)  # whatever else runs
    texts = ["a", "A b", "zoo", "caf\u00e9", "中文", "q z", "Azur", "ABBA", "ｚ", "e"] * 3
    said = [f"2026-11-21T14:03:05+01:00 {'Ann' if n % 3 else 'Bob'}: {text}\n"
            for n, text in enumerate(texts)]  # fmt: skip
    (tmp_path / "messages.txt").write_text("".join(said), encoding="utf-8")
    catch_up(tmp_path)
    query = parse(question)
    meant = [each for each in everything(tmp_path) if query.matches(each)]
    assert meant
    assert Archive(tmp_path).search(query, 100).records == meant
    assert Archive(tmp_path).search(query, 2).records == meant[-2:]
