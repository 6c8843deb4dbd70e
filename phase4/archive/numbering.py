"""Which numbers the entries in the log's files have, as far as an archive tells.

The archive remembers for each file how far it was read, and the number that came next there. So the
files that it knows have their numbers, whatever became of the others.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from phase4.archive.log_files import open_all, pieces_of
from phase4.archive.place import Place, holds
from phase4.archive.record import next_after


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines of a file whose numbers follow each other."""

    start: int
    """In bytes, as `end`; None: the end of the file."""

    end: int | None
    number: int
    """Of the first entry."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a log, open."""

    file: int

    stretches: list[Stretch] = field(default_factory=list)
    """All of it, in order; none: nothing tells its numbers."""

    taken: int = 0
    """So many bytes of it are in the archive."""

    @property
    def first(self) -> int | None:
        """The number of its first entry; None: nothing tells it."""
        return self.stretches[0].number if self.stretches else None


def numbered(log: Path, places: Sequence[Place], stack: contextlib.ExitStack) -> list[Part]:
    """The files of a log, the oldest first, open as long as `stack`. Raises OSError.

    `places` are those of the archive, the newest first.
    """
    parts = [_anchored(file, places) for file in open_all(log, stack)]
    for at in range(len(parts) - 2, -1, -1):  # what comes before a file that is known
        after = parts[at + 1].first
        if not parts[at].stretches and after is not None:
            size = os.fstat(parts[at].file).st_size
            count = _next_after(parts[at].file, Stretch(0, None, 0))
            parts[at] = replace(parts[at], stretches=[Stretch(0, None, after - count)], taken=size)
    for at in range(1, len(parts)):  # and after one
        before = parts[at - 1]
        if before.stretches and not parts[at].stretches:
            number = _next_after(before.file, before.stretches[-1])
            parts[at] = replace(parts[at], stretches=[Stretch(0, None, number)])
    return parts


def _anchored(file: int, places: Sequence[Place]) -> Part:
    """A file in which the archive has places: each begins a stretch, as there may be a break."""
    there = [each for each in places if holds(file, each)]
    if not there:
        return Part(file)
    begins = {0: there[0].first_number}
    for each in reversed(there):
        if each.first_number == there[0].first_number:
            begins[each.offset] = each.next_number
    starts = sorted(begins)
    ends: list[int | None] = [*starts[1:], None]
    stretches = [
        Stretch(start, end, begins[start]) for start, end in zip(starts, ends, strict=True)
    ]
    return Part(file, stretches, starts[-1])


def _next_after(file: int, stretch: Stretch) -> int:
    """The number that comes after those of a stretch."""
    number = stretch.number
    for data in pieces_of(file, stretch.start, stretch.end):
        number = next_after(data, number)
    return number
