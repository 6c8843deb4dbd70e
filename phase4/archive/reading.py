"""Reading the archive: what was said last, what was said since, and what was said about something.

    archive = Archive(log_dir)
    for record in archive.newest(20):
        print(record.number, record.sender, record.text)

Any thread may ask, at any time, also while the historian writes: a write-ahead log (WAL) lets
everybody read the last whole state meanwhile. Where no archive is yet, it is an empty one.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phase4.archive.database import archive_of, opened_to_read
from phase4.archive.folding import sign_of
from phase4.archive.query import Query
from phase4.archive.record import Gap, Record

MAX_RECORDS = 501
"""Given at a time: some 40 kB as a rule, far below what may wait for one person. The server shows
one less: so it knows whether there are more."""

SEARCH_SECONDS = 0.2
"""A search ends then, with what it has found."""

_STEPS_BETWEEN_LOOKS = 1000  # of SQLite's, at the clock; a look costs a microsecond

_MAX_TERMS = 400
"""Of the index, for a word of one or two characters. What has more is so frequent that the newest
messages are enough to find it."""

_NEWEST = 500
"""Messages that are looked at themselves for a word of one or two characters, before the index is
asked: half a millisecond."""

_MAX_TRIGRAMS = 40
"""Of a word, which are looked up. Whether the rest is there as well, the text itself tells."""

_IN_NO_TEXT = "\n\n\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, the newest records of all that match, the oldest of these first."""

    records: list[Record]
    is_complete: bool
    """False: there was no time to look further back, and there may be more."""


class Archive:
    """The archive of a directory of logs. Every method may raise an ArchiveError, within a second.

    Records come in the order in which they were said, at most MAX_RECORDS.
    """

    def __init__(self, log_dir: Path) -> None:
        self.path = archive_of(log_dir)

    def newest(self, count: int) -> list[Record]:
        """The last ones."""
        return self.before(2**63 - 1, count)

    def before(self, number: int, count: int) -> list[Record]:
        """The last ones of those that come before this number."""
        sql = "select * from message where id < ? order by id desc limit ?"
        return self._records(sql, _integer(number), _count(count))[::-1]

    def since(self, number: int, count: int) -> list[Record]:
        """The first ones of those that come after this number."""
        sql = "select * from message where id > ? order by id limit ?"
        return self._records(sql, _integer(number), _count(count))

    def gaps_after(self, number: int) -> list[Gap]:
        """What is missing after the record of this number: the first MAX_RECORDS gaps."""
        sql = "select * from gap where before > ? order by before limit ?"
        return [Gap(*row) for row in self._rows(sql, _integer(number), MAX_RECORDS)]

    def first_number(self) -> int:
        """The number of the oldest record that is kept; 0: there is none."""
        return self._number("select min(id) from message")

    def last_number(self) -> int:
        """The number of the last entry that was taken in, whether it is kept or not; 0: none."""
        return self._number("select next - 1 from place order by id desc limit 1")

    def search(self, query: Query, count: int = 20) -> Found:
        """The newest messages that a query asks for. Ends within SEARCH_SECONDS, and some."""
        with opened_to_read(self.path) as connection:
            if connection is None:
                return Found([], is_complete=True)
            return _Search(connection, query).run(_count(count))

    def _records(self, sql: str, *values: int) -> list[Record]:
        return [Record(*row) for row in self._rows(sql, *values)]

    def _number(self, sql: str) -> int:
        rows = self._rows(sql)
        return int(rows[0][0] or 0) if rows else 0

    def _rows(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        with opened_to_read(self.path) as connection:
            return connection.execute(sql, values).fetchall() if connection else []


def _count(count: int) -> int:
    return max(0, min(count, MAX_RECORDS))


def _integer(number: int) -> int:
    """As SQLite can have it: at most 64 bits."""
    return max(-(2**63), min(number, 2**63 - 1))


# --- search --------------------------------------------------------------------------------------


class _Search:
    """One search in an open archive.

    The index tells which messages have all the parts of what is looked for. Whether they have them
    in the right order, only the text itself tells.
    """

    def __init__(self, connection: sqlite3.Connection, query: Query) -> None:
        self._connection = connection
        self._query = query
        self._ends = time.monotonic() + SEARCH_SECONDS

    def run(self, count: int) -> Found:
        """Look from the newest message back, until there are enough or time is up."""
        found: list[Record] = []
        is_complete = True
        self._connection.set_progress_handler(self._is_over, _STEPS_BETWEEN_LOOKS)
        try:
            for record in self._candidates():
                if self._query.matches(record):
                    found.append(record)
                if len(found) >= count:
                    break
                if self._is_over():
                    is_complete = False
                    break
        except sqlite3.OperationalError:
            if not self._is_over():
                raise
            is_complete = False
        finally:
            self._connection.set_progress_handler(None, 0)
        return Found(found[::-1], is_complete)

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def _candidates(self) -> Iterator[Record]:
        """All that may match, the newest first."""
        first, last = self._range()
        if short := [term for term in self._query.terms if len(term) < 3]:
            # As a rule these have enough of it. To ask the index for one letter takes longer.
            looked_at = max(first, last - _NEWEST + 1)
            yield from self._between(looked_at, last, short[0])
            last = looked_at - 1
        if first <= last:
            yield from self._by_index(first, last)

    def _between(self, first: int, last: int, term: str = "") -> Iterator[Record]:
        """Those with these numbers; but none that is certain not to have a term."""
        # Folding makes no other characters of ASCII than SQLite's lower() does.
        sql = (
            "select * from message where id between ? and ? and"
            " (instr(lower(text), ?) or length(text) < length(cast(text as blob)))"
            " order by id desc"
        )
        return (Record(*row) for row in self._connection.execute(sql, (first, last, term)))

    def _by_index(self, first: int, last: int) -> Iterator[Record]:
        """Those that have all the parts of what is looked for; all, where no part is known."""
        expression = " AND ".join(self._expressions())
        if expression:
            sql = (
                "select message.* from found cross join message on message.id = found.rowid"
                " where found match ? and found.rowid between ? and ? order by found.rowid desc"
            )
            rows = self._connection.execute(sql, (expression, first, last))
            return (Record(*row) for row in rows)
        return self._between(first, last)

    def _range(self) -> tuple[int, int]:
        """The first and the last number of the days that are asked for."""
        since, until = self._query.since[:10], self._query.until[:10]
        sql = "select min(first), max(last) from day where date >= ? and (? = '' or date <= ?)"
        first, last = self._connection.execute(sql, (since, until, until)).fetchone()
        return (first, last) if first is not None else (1, 0)

    def _expressions(self) -> Iterator[str]:
        """What the index is asked. FTS5's own syntax never sees what somebody typed."""
        if self._query.sender:
            yield _quoted(sign_of(self._query.sender))
        for term in self._query.terms:
            if len(term) >= 3:
                trigrams = dict.fromkeys(term[at : at + 3] for at in range(len(term) - 2))
                yield from map(_quoted, list(trigrams)[:_MAX_TRIGRAMS])
            else:
                terms = self._beginning_with(term) or [_IN_NO_TEXT]
                if len(terms) <= _MAX_TERMS:
                    yield f"({' OR '.join(map(_quoted, terms))})"

    def _beginning_with(self, term: str) -> list[str]:
        """The index's own terms that begin with a shorter one: one too many of them at most."""
        sql = "select term from term where term >= ? and term <= ? limit ?"
        values = (term, f"{term}\U0010ffff", _MAX_TERMS + 1)
        return [row[0] for row in self._connection.execute(sql, values)]


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
