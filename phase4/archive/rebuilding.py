"""An archive from the logs, for one that is damaged or lost: phase4.archive rebuild LOG_DIR

What the old archive still tells is kept: messages that are in no log any more, and the numbers. A
log alone tells no numbers: where there is no old archive, its first entry becomes #1.

The new one is made beside the old one, and takes its place in one step.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from phase4.archive.database import archive_of, errors_of, log_of, open_to_write, places_of
from phase4.archive.errors import NotAnArchive
from phase4.archive.guard import Guard
from phase4.archive.log_files import identity_of, pieces_of
from phase4.archive.numbering import Part, Stretch, numbered
from phase4.archive.place import Place, behind
from phase4.archive.record import Extract, Gap, Record, extract
from phase4.archive.store import Store

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

    def between(self, first: int, end: int) -> Iterator[list[Record]]:
        """Its messages of these numbers, some at a time, as far as they can be read."""
        if self.is_damaged or not self.path.exists():
            return
        sql = "select * from message where id >= ? and id < ? order by id"
        try:
            with _opened(self.path) as connection:
                rows = connection.execute(sql, (first, end))
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
    next_number = old.places[0].next_number if old.places else 1
    builder = _Builder(store, old)
    with contextlib.ExitStack() as stack, errors_of(log):
        parts = numbered(log, old.places, stack)
        are_known = all(part.stretches for part in parts)
        if not are_known or not parts:
            builder.go_on_at(next_number)
        gaps = [] if are_known or not builder.from_archive else [Gap(next_number, None)]
        store.take(Extract([], [*old.gaps, *gaps], 0, 0), builder.place)
        for part in parts:
            builder.take(part)
    return Rebuilt(builder.from_log, builder.from_archive, are_known, old.is_damaged)


class _Builder:
    """Fills a new archive in the order of the numbers."""

    def __init__(self, store: Store, old: _Old) -> None:
        self._store = store
        self._old = old
        self.place = Place()
        self.from_log = self.from_archive = 0

    def go_on_at(self, number: int) -> None:
        """Go on with this number; what comes before it is in the old archive, or nowhere."""
        for records in self._old.between(self.place.next_number, number):
            self._store.take(Extract(records, [], 0, 0), self.place)
            self.from_archive += len(records)
        self.place = replace(self.place, next_number=max(number, self.place.next_number))

    def take(self, part: Part) -> None:
        """Take in a file of the log."""
        stretches = part.stretches or [Stretch(0, None, self.place.next_number)]
        self.go_on_at(stretches[0].number)
        number = self.place.next_number
        device, inode = identity_of(part.file)
        self.place = Place(device, inode, next_number=number, first_number=number)
        for stretch in stretches:
            self.go_on_at(stretch.number)
            self._take(part.file, stretch)

    def _take(self, file: int, stretch: Stretch) -> None:
        """The place where a stretch begins is kept, as there may be a break in the numbers."""
        self._store.take(Extract([], [], 0, 0), self.place, is_new_place=True)
        is_new_place = stretch.start > 0
        for data in pieces_of(file, stretch.start, stretch.end):
            said = extract(data, self.place.next_number)
            self.place = replace(behind(self.place, data), next_number=said.next_number)
            self._store.take(said, self.place, is_new_place=is_new_place)
            self.from_log += len(said.records)
            is_new_place = False


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
