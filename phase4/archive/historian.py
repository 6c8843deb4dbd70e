"""The historian: takes the log into the archive, a piece at a time, and knows how far it came.

It runs in a process of its own (following.py), so that it takes no time from the server's threads:
an index costs ten times the processor time of the log itself.
"""

import contextlib
import functools
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phase4.archive.database import (
    archive_of,
    errors_of,
    known_in,
    log_of,
    opened_to_read,
    places_of,
)
from phase4.archive.place import KNOWN_FILES, Place
from phase4.archive.record import Extract, Gap, Record, extract, next_after
from phase4.archive.store import Keep, Store
from phase4.archive.trail import Piece, Trail

_LAST_PIECES = 8  # of the log, that a server's memory is filled from: up to 2 MiB

_FORGET_STEPS = 16
"""As much is removed after each piece as a piece can bring: 256 KiB of short lines."""


class Historian:
    """One thread uses it. Close it at the end, and after each error: then begin anew."""

    def __init__(
        self, log_dir: Path, keep: Keep | None = None, places: Sequence[Place] = ()
    ) -> None:
        """Open the archive, and make it where it is not there. Raises ArchiveError.

        A new archive goes on at the newest of the `places`, so that no number is given twice where
        somebody removed the old one while the server was running.
        """
        self._log = log_of(log_dir)
        self._keep = keep or Keep()
        with contextlib.ExitStack() as on_failure:
            self._store = Store(archive_of(log_dir))
            on_failure.callback(self._store.close)
            self._taken = self._store.places() or list(places)
            self._trail = Trail(self._log, self._taken, self._store.known)
            on_failure.pop_all()

    @property
    def places(self) -> list[Place]:
        """How far which files were taken in, the newest first."""
        return self._taken

    def close(self) -> None:
        """Give the files back. What was taken in stays. Raises ArchiveError."""
        self._trail.close()
        self._store.close()

    @property
    def waiting_bytes(self) -> int | None:
        """How much of the newest file is not taken in yet; None: only a step can tell."""
        place = self._taken[0] if self._taken else None
        try:
            now = os.stat(self._log)
        except OSError:
            return None
        if place is None or (place.device, place.inode) != (str(now.st_dev), str(now.st_ino)):
            return None
        size = now.st_size - place.offset
        return size if size >= 0 else None

    def step(self) -> bool:
        """Take in the next lines, at most 256 KiB of them; whether there was anything new.

        Raises ArchiveError.
        """
        with errors_of(self._log):
            piece = self._trail.read()
        if piece is not None:
            said = said_in(piece)
            self._trail.number(said.next_number)
            self._store.take(said, self._trail.place, is_new_place=piece.is_new_place)
            self._taken = [self._trail.place, *self._taken[not piece.is_new_place :]][:KNOWN_FILES]
        return piece is not None

    def forget(self) -> None:
        """Remove what is too old, in some small steps. Raises ArchiveError."""
        for _ in range(_FORGET_STEPS):
            if not self._store.forget(self._keep):
                return


def said_in(piece: Piece) -> Extract:
    """What a piece of the log says, numbered."""
    said = extract(piece.data, piece.place.next_number)
    if piece.has_gap:
        said.gaps.insert(0, Gap(piece.place.next_number, None))
    return said


@dataclass(frozen=True, slots=True)
class Tail:
    """What the log has that the archive has not, as far as it was asked for."""

    next_number: int
    """The one that the next entry of the log gets."""

    records: list[Record]
    """The last ones, oldest first."""


def tail(log_dir: Path, count: int) -> Tail:
    """The end of the log, behind the archive's place: the last `count` records at most.

    For the server, at its start: ask once the log is open to write, because to open it ends half a
    line that a kill has left; and before anything is written into it. It counts as the historian
    does, from where that is: a million lines in a second. Raises ArchiveError.
    """
    log = log_of(log_dir)
    with opened_to_read(archive_of(log_dir)) as connection, errors_of(log):
        places = places_of(connection) if connection else []
        known = functools.partial(known_in, connection) if connection else (lambda records: 0)
        last: deque[Piece] = deque(maxlen=_LAST_PIECES)
        with contextlib.closing(Trail(log, places, known)) as trail:
            while (piece := trail.read()) is not None:
                trail.number(next_after(piece.data, piece.place.next_number))
                last.append(piece)
            number = trail.place.next_number
    records = [record for each in last for record in said_in(each).records]
    return Tail(number, records[max(0, len(records) - count) :])


def next_number(log_dir: Path) -> int:
    """The number that the next entry of the log gets; see `tail`. Raises ArchiveError."""
    return tail(log_dir, 0).next_number
