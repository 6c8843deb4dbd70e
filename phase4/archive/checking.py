"""Is the archive what the log says? python -m phase4.archive check LOG_DIR

Every line of the log that was taken in is compared, wherever its file stands by now; SQLite looks
through its own pages; and of a thousand messages the index is asked whether it has them. It only
reads, so a server may be running.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from phase4.archive.database import archive_of, errors_of, log_of, opened_to_read, places_of
from phase4.archive.errors import NoArchive
from phase4.archive.folding import fold
from phase4.archive.log_files import pieces_of
from phase4.archive.numbering import Part, numbered
from phase4.archive.record import Extract, Record, extract

MAX_FAULTS = 10
"""Told one by one; the rest is counted."""

_SAMPLES = 1000


@dataclass
class Result:
    """What a check has found."""

    equal: int = 0
    """Lines that are in the archive as in the log."""

    waiting: int = 0
    """Lines of the log that are not taken in yet."""

    older: int = 0
    """Messages of which the log has no line any more."""

    unknown: int = 0
    """Lines in files that the archive does not know, so that nothing tells their numbers."""

    faults: list[str] = field(default_factory=list)
    """What is wrong, a sentence each."""


def check(log_dir: Path) -> Result:
    """Compare archive and log. Raises ArchiveError."""
    path = archive_of(log_dir)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(opened_to_read(path))
        if connection is None:
            raise NoArchive(path)
        with errors_of(log_of(log_dir)):
            parts = numbered(log_of(log_dir), places_of(connection), stack)
        result = Result()
        _check_file(connection, result)
        _Comparison(connection, result).run(parts)
        _check_index(connection, result)
        return result


def _check_file(connection: sqlite3.Connection, result: Result) -> None:
    """What SQLite itself finds wrong."""
    for (text,) in connection.execute("pragma integrity_check(5)"):
        if text != "ok":
            result.faults.append(f"SQLite says: {text}.")


class _Comparison:
    """Line by line, in one state of the archive."""

    def __init__(self, connection: sqlite3.Connection, result: Result) -> None:
        self._connection = connection
        self._result = result
        (first,) = connection.execute("select min(id) from message").fetchone()
        self._kept_from = first or 0

    def run(self, parts: list[Part]) -> None:
        """Compare all files."""
        known = [part for part in parts if part.first is not None]
        for part in known:
            self._compare(part)
        for part in parts:
            rest = sum(len(extract(data, 1).records) for data in pieces_of(part.file, part.taken))
            if part.first is None:
                self._result.unknown += rest
            else:
                self._result.waiting += rest
        oldest = min((part.first for part in known if part.first is not None), default=None)
        sql = "select count(*) from message where id < ?"
        values = (2**63 - 1 if oldest is None else oldest,)
        (self._result.older,) = self._connection.execute(sql, values).fetchone()

    def _compare(self, part: Part) -> None:
        for stretch in part.stretches:
            number = stretch.number
            end = min(part.taken, stretch.end or part.taken)
            for data in pieces_of(part.file, stretch.start, end):
                said = extract(data, number)
                self._compare_records(number, said)
                number = said.next_number

    def _compare_records(self, number: int, said: Extract) -> None:
        wanted = {each.number: each for each in said.records if each.number >= self._kept_from}
        rows = self._rows(number, said.next_number)
        for each in sorted({*wanted, *rows}):
            self._look_at(wanted.get(each), rows.get(each))

    def _rows(self, first: int, end: int) -> dict[int, Record]:
        sql = "select * from message where id >= ? and id < ?"
        rows = self._connection.execute(sql, (first, end))
        return {row[0]: Record(*row) for row in rows}

    def _look_at(self, wanted: Record | None, there: Record | None) -> None:
        if wanted == there:
            self._result.equal += 1
        elif there is None and wanted is not None:
            self._result.faults.append(f"#{wanted.number} of the log is not in the archive.")
        elif there is not None:
            what = "has no line in the log" if wanted is None else "is another than in the log"
            self._result.faults.append(f"#{there.number} of the archive {what}.")


def _check_index(connection: sqlite3.Connection, result: Result) -> None:
    """Ask the index for the first three characters of some messages."""
    for record in _samples(connection):
        term = fold(record.text)[:3]
        if len(term) == 3:
            quoted = '"' + term.replace('"', '""') + '"'
            sql = "select 1 from found where found match ? and rowid = ?"
            if connection.execute(sql, (quoted, record.number)).fetchone() is None:
                result.faults.append(f"#{record.number} of the archive is not found by a search.")


def _samples(connection: sqlite3.Connection) -> Iterator[Record]:
    sql = "select coalesce(min(id), 1), coalesce(max(id), 0) from message"
    first, last = connection.execute(sql).fetchone()
    sql = "select * from message where id >= ? order by id limit 1"
    for number in range(first, last + 1, max(1, (last - first) // _SAMPLES)):
        yield Record(*connection.execute(sql, (number,)).fetchone())
