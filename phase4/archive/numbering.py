"""Which numbers the entries in the log's files have, as far as an archive tells.

The archive remembers for each file how far it was read, and the number that came next there. So the
files that it knows have their numbers, whatever became of the others.
"""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phase4.archive.record import next_after
from phase4.archive.trail import Place, holds, open_all, pieces_of


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a log, open."""

    file: int

    first: int | None
    """The number of its first entry; None: nothing tells it."""

    taken: int = 0
    """So many bytes of it are in the archive."""


def numbered(log: Path, places: Sequence[Place], stack: contextlib.ExitStack) -> list[Part]:
    """The files of a log, the oldest first, open as long as `stack`. Raises OSError.

    `places` are those of the archive, the newest first.
    """
    parts = [_anchored(file, places) for file in open_all(log, stack)]
    for at in range(len(parts) - 2, -1, -1):  # what comes before a file that is known
        after = parts[at + 1].first
        if parts[at].first is None and after is not None:
            count = _next_after(parts[at], 0)
            size = os.fstat(parts[at].file).st_size
            parts[at] = replace(parts[at], first=after - count, taken=size)
    for at in range(1, len(parts)):  # and after one
        before = parts[at - 1].first
        if parts[at].first is None and before is not None:
            parts[at] = replace(parts[at], first=_next_after(parts[at - 1], before))
    return parts


def _anchored(file: int, places: Sequence[Place]) -> Part:
    place = next((each for each in places if holds(file, each)), None)
    if place is None:
        return Part(file, None)
    count = _next_after(Part(file, None), 0, place.offset)
    return Part(file, place.next_number - count, place.offset)


def _next_after(part: Part, number: int, end: int | None = None) -> int:
    """The number that comes after those in this file, if its first entry has this one."""
    for data in pieces_of(part.file, end=end):
        number = next_after(data, number)
    return number
