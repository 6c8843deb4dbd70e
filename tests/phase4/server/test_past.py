"""What a room remembers, from memory and archive together; no server."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from phase4.archive.database import archive_of
from phase4.archive.errors import ArchiveError
from phase4.archive.place import Place
from phase4.archive.reading import Archive
from phase4.archive.record import Extract, Record
from phase4.archive.store import Store
from phase4.server import past as past_module
from phase4.server.past import MAX_HOLES, MAX_SHOWN, RECENT_MESSAGES, Found, Past

MakeArchive = Callable[..., Archive]

AT = "2026-11-21T14:03:05+01:00"


def record(number: int) -> Record:
    return Record(number, AT, "Alice", f"line {number}")


@pytest.fixture
def archive(tmp_path: Path) -> MakeArchive:
    """Make one with the messages up to a number, and those said to be missing not."""

    def make(last: int, missing: Sequence[int] = ()) -> Archive:
        records = [record(each) for each in range(1, last + 1) if each not in missing]
        with Store(archive_of(tmp_path)) as store:
            store.take(Extract(records, [], last + 1, 0), Place(next_number=last + 1))
        return Archive(tmp_path)

    return make


def a_past(archive: Archive, said: int, on_joining: int = 0) -> Past:
    """That of a server which was started after the archive's last message, and heard so many."""
    first = archive.last_number() + 1
    past = Past(threading.Lock(), archive, next_number=first, on_joining=on_joining)
    for number in range(first, first + said):
        assert past.add(f"{AT} Alice: line {number}\n".encode()) == number
    return past


def numbers(messages: Sequence[tuple[int, bytes]]) -> list[int]:
    """Those of these; each must be in its line as well."""
    for number, line in messages:
        assert line == f"(2026-11-21 14:03:05 #{number}) Alice: line {number}\n".encode()
    return [number for number, _ in messages]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 30, 200])
@pytest.mark.parametrize(("archived", "said"), [(0, 30), (20, 10), (40, 0)])
def test_the_newest_come_from_memory_and_archive_without_a_seam(
    archive: MakeArchive, archived: int, said: int, count: int
) -> None:
    found = a_past(archive(archived), said).newest(count)
    total = archived + said
    assert numbers(found.messages) == [*range(max(1, total - count + 1), total + 1)]
    assert not found.missing


@pytest.mark.parametrize("number", [0, 1, 19, 20, 21, 29])
def test_what_was_said_since_a_number_comes_without_a_seam(
    archive: MakeArchive, number: int
) -> None:
    found = a_past(archive(20), 10).since(number)
    assert numbers(found.messages) == [*range(number + 1, 31)]
    assert not found.is_cut
    assert not found.missing


@pytest.mark.parametrize("number", [30, 31, 10**17])
def test_after_the_last_number_nothing_was_said(archive: MakeArchive, number: int) -> None:
    assert a_past(archive(20), 10).since(number).messages == []


def test_of_very_many_the_first_ones_come_and_the_rest_by_asking_on(archive: MakeArchive) -> None:
    past = a_past(archive(700), RECENT_MESSAGES + 200)
    seen: list[int] = []
    while True:
        found = past.since(seen[-1] if seen else 0)
        assert len(found.messages) <= MAX_SHOWN
        seen += numbers(found.messages)
        if not found.is_cut:
            break
    # What is in neither is said to be missing: the archive has read nothing since the start.
    assert seen == [*range(1, 701), *range(901, 1901)]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 500])
@pytest.mark.parametrize("number", [1, 2, 12, 20, 21, 22, 30])
def test_what_was_said_before_a_number_comes_without_a_seam(
    archive: MakeArchive, number: int, count: int
) -> None:
    found = a_past(archive(20), 10).before(number, count)
    assert numbers(found.messages) == [*range(max(1, number - count), number)]
    assert found.is_cut == (count < number - 1)
    assert not found.missing


@pytest.mark.parametrize("number", [31, 32, 10**17])
def test_before_a_number_that_is_still_to_come_are_the_newest(
    archive: MakeArchive, number: int
) -> None:
    found = a_past(archive(20), 10).before(number, 2)
    assert numbers(found.messages) == [29, 30]
    assert not found.missing


def test_of_very_many_before_a_number_the_last_come_and_the_rest_by_asking_on(
    archive: MakeArchive,
) -> None:
    past = a_past(archive(700), RECENT_MESSAGES)
    seen: list[int] = []
    is_cut = True
    while is_cut:
        found = past.before(seen[0] if seen else 10**6)
        assert len(found.messages) <= MAX_SHOWN
        seen = [*numbers(found.messages), *seen]
        is_cut = found.is_cut
    assert seen == [*range(1, 1701)]


@pytest.mark.parametrize(
    ("missing", "holes"),
    [
        ([5], [(5, 5)]),
        ([5, 6, 7, 15], [(5, 7), (15, 15)]),
        ([19, 20], [(19, 20)]),
        ([4], [(4, 4)]),
        ([], []),
    ],
)
def test_each_part_that_is_missing_is_told(
    archive: MakeArchive, missing: list[int], holes: list[tuple[int, int]]
) -> None:
    past = Past(threading.Lock(), archive(20, missing), [record(21)], next_number=22)
    assert past.since(3).missing == holes
    assert past.newest(21).missing == holes
    assert past.before(21).missing == holes


def test_what_is_missing_at_the_edge_of_an_answer_is_told(archive: MakeArchive) -> None:
    past = Past(threading.Lock(), archive(20, [1, 2, 19, 20]), next_number=21)
    assert past.before(20).missing == [(1, 2), (19, 19)]
    assert past.before(3) == Found([], missing=[(1, 2)])


def test_what_is_gone_from_memory_and_in_no_archive_is_told() -> None:
    memory = Past(threading.Lock())
    for number in range(1, RECENT_MESSAGES + 6):
        memory.add(f"{AT} Alice: line {number}\n".encode())
    assert numbers(memory.before(8).messages) == [6, 7]
    assert memory.before(8).missing == [(1, 5)]
    assert memory.before(6) == Found([], missing=[(1, 5)])


def test_of_many_parts_that_are_missing_some_are_told(archive: MakeArchive) -> None:
    past = Past(threading.Lock(), archive(60, range(2, 60, 2)), next_number=61)
    assert past.newest(100).missing == [(each, each) for each in range(2, 2 + 2 * MAX_HOLES, 2)]


def test_a_missing_part_right_after_the_number_asked_for_is_told(archive: MakeArchive) -> None:
    past = Past(threading.Lock(), archive(20, [4, 5]), next_number=21)
    assert past.since(3).missing == [(4, 5)]


def test_where_the_archive_cannot_be_read_memory_answers_and_the_rest_is_told(
    archive: MakeArchive,
) -> None:
    there = archive(20)
    past = a_past(there, MAX_SHOWN + 1)
    there.path.write_bytes(b"no database any more" * 1000)
    found = past.since(15)
    assert numbers(found.messages)[0] == 21
    assert found.missing == [(16, 20)]
    assert numbers(past.newest(MAX_SHOWN + 9).messages)[-1] == 20 + MAX_SHOWN + 1
    found = past.before(25)
    assert numbers(found.messages) == [21, 22, 23, 24]
    assert found.missing == [(1, 20)]
    with pytest.raises(ArchiveError):
        past.before(21)


def test_an_answer_has_a_bound_in_bytes(
    archive: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_module, "MAX_SHOWN_BYTES", 200)
    past = a_past(archive(0), 30)
    oldest, newest = past.since(0), past.newest(30)
    assert numbers(oldest.messages) == [1, 2, 3, 4, 5]
    assert numbers(newest.messages) == [27, 28, 29, 30]
    assert oldest.is_cut
    assert newest.is_cut


def test_a_newcomer_reads_the_last_lines_between_two_notices(archive: MakeArchive) -> None:
    past = a_past(archive(0), 5, on_joining=2)
    assert past.greeting("14:03:06").decode().splitlines() == [
        "[14:03:06] * 2 earlier lines:",
        "(2026-11-21 14:03:05 #4) Alice: line 4",
        "(2026-11-21 14:03:05 #5) Alice: line 5",
        "[14:03:06] * That was before you came.",
    ]


def test_each_newcomer_reads_what_was_said_until_now(archive: MakeArchive) -> None:
    past = a_past(archive(0), 1, on_joining=20)
    assert b"1 earlier line:" in past.greeting("14:03:06")
    past.add(f"{AT} Bob: hello\n".encode())
    assert b"Bob: hello" in past.greeting("14:03:06")
    assert past.greeting("14:03:07").startswith(b"[14:03:07] ")


@pytest.mark.parametrize(("said", "on_joining"), [(0, 20), (5, 0)])
def test_where_nothing_is_to_be_shown_a_newcomer_reads_nothing(
    archive: MakeArchive, said: int, on_joining: int
) -> None:
    assert a_past(archive(0), said, on_joining).greeting("14:03:06") == b""


def test_a_newcomer_reads_of_the_last_run_what_it_ended_with() -> None:
    past = Past(threading.Lock(), None, [record(6), record(7)], next_number=8, on_joining=20)
    assert b"#6) Alice: line 6\n(2026-11-21 14:03:05 #7) Alice" in past.greeting("14:03:06")


def test_a_search_shows_the_newest_and_says_that_there_are_more(archive: MakeArchive) -> None:
    past = a_past(archive(50), 0)
    assert numbers(past.search("line").messages) == [*range(31, 51)]
    assert past.search("line").is_cut
    assert numbers(past.search("line 49").messages) == [49]
