"""An archive from the logs, for one that is damaged or lost: phase4.archive rebuild LOG_DIR

What the old archive still tells is kept: messages that are in no log any more, and the numbers. A
log alone tells no numbers: where there is no old archive, its first entry becomes #1.

The new one is made beside the old one, and takes its place in one step.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from phase4.archive.database import archive_of, errors_of, log_of, open_to_write, places_of
from phase4.archive.errors import NotAnArchive
from phase4.archive.guard import Guard
from phase4.archive.historian import said_in
from phase4.archive.numbering import numbered
from phase4.archive.record import Extract, Gap, Record
from phase4.archive.store import Store
from phase4.archive.trail import Place, Trail, identity_of

_ROWS = 2000  # copied in one transaction
_COMPANIONS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    from_log: int
    """Messages that were taken from the log."""

    from_archive: int
    """Older ones, which only the old archive had."""

    numbers_are_known: bool
    """False: the old archive told none for this log."""

    was_damaged: bool
    """The old archive could not be read, or not to its end."""


@dataclass
class _Old:
    """What the old archive tells."""

    path: Path
    places: list[Place] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    is_damaged: bool = False

    def older_than(self, number: int) -> Iterator[list[Record]]:
        """Its messages before this number, some at a time, as far as they can be read."""
        if self.is_damaged or not self.path.exists():
            return
        sql = "select * from message where id < ? order by id"
        try:
            with _opened(self.path) as connection:
                rows = connection.execute(sql, (number,))
                while some := rows.fetchmany(_ROWS):
                    yield [Record(*row) for row in some]
        except NotAnArchive:
            self.is_damaged = True


def rebuild(log_dir: Path) -> Rebuilt:
    """Make the archive anew. Raises ArchiveError: AlreadyFollowed while a historian runs."""
    path = archive_of(log_dir)
    new = path.with_name(f"{path.name}-new")
    with Guard(log_dir):
        _remove(new)
        try:
            old = _read(path)
            with Store(new) as store:
                rebuilt = _fill(store, log_of(log_dir), old)
            _replace(path, new, is_damaged=old.is_damaged)
        finally:
            _remove(new)
    return rebuilt


def _read(path: Path) -> _Old:
    """What it remembers of the log. Raises NewerArchive, and CannotUse where the system refuses."""
    old = _Old(path)
    if path.exists():
        try:
            with _opened(path) as connection:
                old.places = places_of(connection)
                old.gaps = [Gap(*row) for row in connection.execute("select * from gap")]
        except NotAnArchive:
            old.is_damaged = True
    return old


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The archive, also after a crash, which only a writer can mend. Raises ArchiveError."""
    with errors_of(path), contextlib.closing(open_to_write(path)) as connection:
        yield connection


def _fill(store: Store, log: Path, old: _Old) -> Rebuilt:
    firsts = _first_numbers(log, old.places)
    known = [number for number in firsts.values() if number is not None]
    next_number = old.places[0].next_number if old.places else 1
    begins = known[0] if known else next_number
    older = 0
    for records in old.older_than(begins):
        store.take(Extract(records, [], 0, 0), Place(next_number=begins))
        older += len(records)
    gaps = [*old.gaps, Gap(begins, None)] if older and firsts and not known else old.gaps
    store.take(Extract([], gaps, 0, 0), Place(next_number=begins))
    count = _follow(store, Trail(log), firsts, begins)
    return Rebuilt(count, older, bool(known) or not firsts, old.is_damaged)


def _first_numbers(log: Path, places: list[Place]) -> dict[tuple[str, str], int | None]:
    """The number of the first entry in each file of the log, by its device and inode."""
    with errors_of(log), contextlib.ExitStack() as stack:
        return {identity_of(each.file): each.first for each in numbered(log, places, stack)}


def _follow(
    store: Store, trail: Trail, firsts: dict[tuple[str, str], int | None], number: int
) -> int:
    """Take in all of the log; how many messages."""
    count = 0
    trail.number(number)
    with contextlib.closing(trail), errors_of(trail.log):
        while (piece := trail.read()) is not None:
            said = said_in(piece)
            first = firsts.get((piece.place.device, piece.place.inode))
            if piece.is_new_file and first is not None and first > said.next_number:
                said = Extract([], [*said.gaps, Gap(first, None)], first, 0)
            trail.number(said.next_number)
            store.take(said, trail.place, is_new_file=piece.is_new_file)
            count += len(said.records)
    return count


def _replace(path: Path, new: Path, *, is_damaged: bool) -> None:
    """Put the new archive in the place of the old one, for all who read it, in one step."""
    with errors_of(path):
        if is_damaged or not path.exists():  # nobody can be reading that
            _remove(path)
            os.replace(new, path)
            return
        with _opened(path) as old, contextlib.closing(sqlite3.connect(new)) as source:
            source.backup(old)


def _remove(path: Path) -> None:
    """A database with its companions."""
    with errors_of(path):
        for each in _COMPANIONS:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{path}{each}")
