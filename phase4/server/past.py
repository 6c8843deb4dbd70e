"""What was said before: the newest messages in memory, those before them in the archive.

A message has a number: its place among all that messages.txt ever held. The room gives it under
its lock, as the message is logged, so the order is everybody's. The archive follows the log in a
process of its own, and is a little behind; the memory holds more than that little. So both
together have all that there is, and nobody waits for a database.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from phase4.archive.errors import ArchiveError
from phase4.archive.record import Record
from shared.framing import encode_line
from shared.message import History, HistoryEnd, format

if TYPE_CHECKING:
    from phase4.archive.reading import Archive

RECENT_MESSAGES = 1_000
"""Kept in memory: at 500 messages a second, two seconds that the archive may be behind. They take
0.2 MB as people write, and 4 MB at most."""

MAX_SHOWN = 500
"""Messages in one answer: some screens full. Of more, the answer says how to go on."""

MAX_HOLES = 10
"""Parts that are missing, and are told in one answer. There is more than one after faults alone."""

MAX_FOUND = 20
"""Messages that /search shows, the newest there are."""

MAX_SHOWN_BYTES = 128 * 1024
"""Of one answer: an eighth of an outbox, as several may be asked for at once. 500 messages have
50 kB as people write, and 2 MB at most."""

Numbered = tuple[int, bytes]
"""A message's number, and its line as it is sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was said, oldest first; and whether there is more of it."""

    messages: Sequence[Numbered]
    is_cut: bool = False
    """There may be more than fitted into one answer: on the side away from where it begins."""

    missing: Sequence[tuple[int, int]] = ()
    """The first and the last number of each part that is not there, or not yet; of MAX_HOLES."""


class Past:
    """What one room remembers. `add` and `greeting` are called under the room's lock `lock`.

    All else is called without it, by any thread, and may take as long as the archive does.
    """

    def __init__(
        self,
        lock: threading.Lock,
        archive: "Archive | None" = None,
        newest: Iterable[Record] = (),
        *,
        next_number: int = 1,
        on_joining: int = 0,
        is_behind: bool = False,
    ) -> None:
        """`newest`: the last messages before `next_number`, oldest first.

        So many of them are shown `on_joining`. `is_behind`: the archive has not read all of them.
        """
        self._lock = lock
        self._archive = archive
        self._on_joining = on_joining
        self._is_behind = is_behind
        self._first_new = next_number
        # Under the lock: the number that the next message gets; the last ones, as they stand in
        # the log; and the greeting, with what it was made for.
        self._next = next_number
        self._recent = deque(((each.number, _entry(each)) for each in newest), RECENT_MESSAGES)
        self._greeting = b""
        self._greeting_at = (0, "")

    # --- under the room's lock ------------------------------------------------------------------

    def add(self, entry: bytes) -> int:
        """Remember an entry of messages.txt; its number."""
        number = self._next
        self._next += 1
        self._recent.append((number, entry))
        return number

    @property
    def next_number(self) -> int:
        """What the next message gets."""
        return self._next

    def skip(self, count: int) -> None:
        """Leave out the numbers of so many messages, which nobody here has."""
        self._next += count

    @property
    def has_archive(self) -> bool:
        """Whether there is one to be looked into, and to be filled."""
        return self._archive is not None

    @property
    def is_behind(self) -> bool:
        """Whether anything was said that the archive had not read at the start. Any thread."""
        return self._is_behind or self._next > self._first_new

    def greeting(self, time_now: str) -> bytes:
        """The lines that a newcomer reads of what was said before; none where nothing was."""
        made_for = self._next, time_now
        if made_for != self._greeting_at:
            self._greeting = b"".join(self._greeting_lines(time_now))
            self._greeting_at = made_for
        return self._greeting

    def _greeting_lines(self, time_now: str) -> Iterator[bytes]:
        first = max(0, len(self._recent) - self._on_joining)
        last = [_sent(*self._recent[at]) for at in range(first, len(self._recent))]
        if shown := _newest_that_fit(last):
            yield encode_line(format(History(time_now, len(shown))))
            yield from (line for _, line in shown)
            yield encode_line(format(HistoryEnd(time_now, was_greeting=True)))

    # --- without it -----------------------------------------------------------------------------

    def newest(self, count: int) -> Found:
        """The last `count` messages. As `before`."""
        recent, first = self._held()
        return self._ending_with(recent, first, count)

    def before(self, number: int, count: int = MAX_SHOWN) -> Found:
        """The last `count` of those that were said before the message of this number.

        Where the archive cannot be read, its part is missing. Raises ArchiveError where it is all.
        """
        recent, first = self._held()
        after = recent[-1][0] + 1 if recent else first
        number = min(number, after)  # nothing is missing behind the last one
        last = [each for each in recent if each[0] < number]
        return self._ending_with(last, min(first, number), count, before=number)

    def _ending_with(
        self, last: list[Numbered], first: int, count: int, before: int | None = None
    ) -> Found:
        """The newest `count` of the `last` in memory, and in the archive what is before `first`."""
        count = min(count, MAX_SHOWN) + 1  # one more tells that there are more
        found = last[-count:]
        if self._archive is not None and len(found) < count and first > 1:
            try:
                older = self._archive.before(first, count - len(found))
            except ArchiveError:
                if not found:
                    raise
                older = []
            found = [*map(_from_archive, older), *found]
        shown = _newest_that_fit(found[-(count - 1) :])
        is_cut = len(shown) < len(found)
        start = [] if is_cut else [(0, b"")]
        end = [(before, b"")] if before is not None else []
        return Found(shown, is_cut=is_cut, missing=_holes([*start, *shown, *end]))

    def since(self, number: int, count: int = MAX_SHOWN) -> Found:
        """The first `count` of what was said after the message of this number.

        Where the archive cannot be read, its part is missing. Raises ArchiveError where it is all.
        """
        recent, first = self._held()
        found = [each for each in recent if each[0] > number]
        if self._archive is not None and number + 1 < first:
            try:
                older = self._archive.since(number, min(count, MAX_SHOWN) + 1)
            except ArchiveError:
                if not found:
                    raise
                older = []
            found = [*(_from_archive(each) for each in older if each.number < first), *found]
        shown = _oldest_that_fit(found[:count])
        holes = _holes([(number, b""), *shown]) if shown else ()
        return Found(shown, is_cut=len(shown) < len(found), missing=holes)

    def search(self, words: str) -> Found:
        """The last messages with these words. Raises ArchiveError, and QueryError."""
        from phase4.archive.query import parse  # not above: a server's start does without

        query = parse(words)
        if self._archive is None:
            return Found(())
        found = self._archive.search(query, MAX_FOUND + 1)
        shown = [_from_archive(each) for each in found.records[-MAX_FOUND:]]
        return Found(shown, is_cut=len(found.records) > MAX_FOUND or not found.is_complete)

    def _held(self) -> tuple[list[Numbered], int]:
        """The messages in memory, and the number of the first of them, or of the next one."""
        with self._lock:
            recent, next_number = [*self._recent], self._next
        return [_sent(*each) for each in recent], recent[0][0] if recent else next_number


# --- lines ----------------------------------------------------------------------------------------


def _sent(number: int, entry: bytes) -> Numbered:
    r"""An entry of messages.txt as it is sent.

    >>> _sent(7, b"2026-11-21T14:03:05+01:00 Alice: hello\n")
    (7, b'(2026-11-21 14:03:05 #7) Alice: hello\n')
    """
    at, _, said = entry.partition(b" ")
    return number, b"(%b %b #%d) %b" % (at[:10], at[11:19], number, said)


def _from_archive(record: Record) -> Numbered:
    return _sent(record.number, _entry(record))


def _entry(record: Record) -> bytes:
    return encode_line(f"{record.at} {record.sender}: {record.text}")


def _oldest_that_fit(messages: Sequence[Numbered]) -> list[Numbered]:
    """As many as one answer holds, from the first on."""
    shown: list[Numbered] = []
    left = MAX_SHOWN_BYTES
    for each in messages[:MAX_SHOWN]:
        left -= len(each[1])
        if left < 0:
            break
        shown.append(each)
    return shown


def _newest_that_fit(messages: Sequence[Numbered]) -> list[Numbered]:
    """As many as one answer holds, up to the last."""
    return _oldest_that_fit(messages[::-1])[::-1]


def _holes(messages: Sequence[Numbered]) -> Sequence[tuple[int, int]]:
    """The numbers that are missing among these: the first and the last of each part.

    >>> _holes([(3, b""), (4, b""), (9, b""), (11, b"")]), _holes([(1, b""), (2, b"")])
    ([(5, 8), (10, 10)], [])
    """
    pairs = pairwise(number for number, _ in messages)
    return [(one + 1, other - 1) for one, other in pairs if other > one + 1][:MAX_HOLES]


def next_number(log_dir: Path | None) -> int:
    """What the next message gets where nobody keeps an archive, by the logs that are there."""
    if log_dir is None:
        return 1
    try:
        from phase4.archive.historian import next_number as counted  # some builds lack sqlite3

        return counted(log_dir)
    except (ImportError, ArchiveError):
        return 1


def open_past(
    lock: threading.Lock, log_dir: Path, report: Callable[[str], None], *, on_joining: int
) -> Past:
    """What a server knows at its start, from the logs and the archive in this directory.

    The logs are open to write, and nothing is written yet. `report` is told where the archive
    cannot be used: then only what is said from now on is remembered, and numbered from 1.
    """
    try:
        from phase4.archive.historian import tail  # some builds of Python lack sqlite3
        from phase4.archive.reading import Archive
    except ImportError as error:
        report(f"There is no archive: this Python lacks {error.name}. The chat goes on without.")
        return Past(lock, on_joining=on_joining)
    archive = Archive(log_dir)
    try:
        unread = tail(log_dir, RECENT_MESSAGES)
        first = unread.records[0].number if unread.records else unread.next_number
        older = archive.before(first, RECENT_MESSAGES - len(unread.records))
    except ArchiveError as error:
        report(f"{error} The chat goes on, and keeps no archive.")
        return Past(lock, on_joining=on_joining)
    return Past(
        lock,
        archive,
        [*older, *unread.records],
        next_number=unread.next_number,
        on_joining=on_joining,
        is_behind=bool(unread.records),
    )
