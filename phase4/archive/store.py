"""The archive as its one writer has it: what a piece of the log says, in one transaction.

A transaction is all or nothing, also where the process is killed in the middle of it. So what was
said and how far the log was read can never disagree.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Self

from phase4.archive.database import errors_of, known_in, open_to_write, places_of
from phase4.archive.errors import CannotUse
from phase4.archive.folding import FOLDING, fold, sign_of
from phase4.archive.place import KNOWN_FILES, Place
from phase4.archive.record import Extract, Gap, Record

PADDING = "\n\n"
"""Behind each text in the index, so that its last two characters begin three of them, too."""

_LINES_IN_A_ROW = 16
"""Indexed in less than a millisecond. Then another program has its turn, if one waits: Linux lets a
program that runs go on for three (sched(7)), also where the other is the chat server."""

_give_way = getattr(os, "sched_yield", lambda: None)

FORGET_LINES = 500
"""Removed in one transaction: some 15 ms, in which nothing else is written."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How much is kept. 0: without a bound."""

    lines: int = 0
    days: int = 0


class Store:
    """The archive, open to write. One thread uses it; all methods raise ArchiveError."""

    def __init__(self, path: Path) -> None:
        """Open it, and make it where it is not there."""
        self.path = path
        self._connection = open_to_write(path)
        try:
            with errors_of(path):
                self._before = os.stat(path)
                self._fold_anew()
                # How many messages it has: to count them all takes a while, so only once.
                (self._lines,) = self._connection.execute("select count(*) from message").fetchone()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it. What was committed stays."""
        with errors_of(self.path):
            self._connection.close()

    def places(self) -> list[Place]:
        """How far which files of the log were read, the newest first."""
        with errors_of(self.path):
            return places_of(self._connection)

    def known(self, records: list[Record]) -> int:
        """How many of these, from the first one on, the archive has just so."""
        with errors_of(self.path):
            return known_in(self._connection, records)

    def take(self, extract: Extract, place: Place, *, is_new_place: bool = False) -> None:
        """Take in what a piece of the log says, and how far that goes: both, or neither."""
        self._look_for_the_file()
        with errors_of(self.path), self._transaction():
            self._add(extract.records)
            self._add_gaps(extract.gaps)
            self._move(place, is_new_place=is_new_place)
        self._lines += len(extract.records)

    def _look_for_the_file(self) -> None:
        """Raise CannotUse where it was removed: what is written into it would be gone."""
        with errors_of(self.path):
            if not os.path.samestat(os.stat(self.path), self._before):
                raise CannotUse(self.path, "it was removed, and another one made")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)

    def _add(self, records: list[Record]) -> None:
        execute = self._connection.executemany
        execute(
            "insert into message values(?, ?, ?, ?)",
            ((each.number, each.at, each.sender, each.text) for each in records),
        )
        execute("insert into found(rowid, sender, text) values(?, ?, ?)", map(_indexed, records))
        execute(
            "insert into day values(?, ?, ?) on conflict(date) do update set last = excluded.last",
            _days(records),
        )

    def _add_gaps(self, gaps: Iterable[Gap]) -> None:
        self._connection.executemany(
            "insert or ignore into gap values(?, ?)", ((each.before, each.lost) for each in gaps)
        )

    def _move(self, place: Place, *, is_new_place: bool) -> None:
        execute = self._connection.execute
        (newest,) = execute("select coalesce(max(id), 0) from place").fetchone()
        number = newest + 1 if is_new_place or not newest else newest
        values = [getattr(place, each.name) for each in fields(Place)]
        execute("insert or replace into place values(?, ?, ?, ?, ?, ?, ?, ?)", (number, *values))
        execute("delete from place where id <= ?", (number - KNOWN_FILES,))

    # --- what is not kept --------------------------------------------------------------------

    def forget(self, keep: Keep, today: date | None = None) -> bool:
        """Remove some of what is too old, the oldest first; whether there may be more."""
        with errors_of(self.path):
            first = self._first_kept(keep, today or date.today())
            rows = self._connection.execute(
                "select * from message where id < ? order by id limit ?", (first, FORGET_LINES)
            ).fetchall()
            if rows:  # as a rule there are none, and nobody is kept from writing
                with self._transaction():
                    self._remove([Record(*row) for row in rows])
        self._lines -= len(rows)
        return len(rows) == FORGET_LINES

    def _first_kept(self, keep: Keep, today: date) -> int:
        """The number of the oldest message that stays."""
        bounds = [0]
        too_many = self._lines - keep.lines
        if keep.lines and too_many > 0:
            # No further than one step goes: a place far on in a table takes long to find.
            past = min(too_many, FORGET_LINES)
            sql = "select id from message order by id limit 1 offset ?"
            row = self._connection.execute(sql, (past,)).fetchone()
            bounds.append(row[0] if row else self._after_all())
        if keep.days:
            oldest = (today - timedelta(days=keep.days - 1)).isoformat()
            sql = "select min(first) from day where date >= ?"
            (first,) = self._connection.execute(sql, (oldest,)).fetchone()
            bounds.append(self._after_all() if first is None else first)
        return max(bounds)

    def _after_all(self) -> int:
        sql = "select coalesce(max(id), 0) + 1 from message"
        (number,) = self._connection.execute(sql).fetchone()
        return int(number)

    def _remove(self, records: list[Record]) -> None:
        last = records[-1].number
        # The index is told what it was told when they came: it does not remember texts.
        self._connection.executemany(
            "insert into found(found, rowid, sender, text) values('delete', ?, ?, ?)",
            map(_indexed, records),
        )
        for sql in (
            "delete from message where id <= ?",
            "delete from day where last <= ?",
            "delete from gap where before <= ?",
        ):
            self._connection.execute(sql, (last,))

    # --- the index ---------------------------------------------------------------------------

    def _fold_anew(self) -> None:
        """Index all again where texts were folded by other rules, or by another Unicode."""
        execute = self._connection.execute
        row = execute("select value from state where name = 'folding'").fetchone()
        if row == (FOLDING,):
            return
        with self._transaction():
            execute("insert into found(found) values('delete-all')")
            records = (
                Record(*row)
                for row in self._connection.cursor().execute("select * from message order by id")
            )
            self._connection.executemany(
                "insert into found(rowid, sender, text) values(?, ?, ?)", map(_indexed, records)
            )
            execute("insert or replace into state values('folding', ?)", (FOLDING,))


class _Transaction:
    """`begin immediate`, and at the end commit; or back to where it was, where something failed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("commit")
        finally:
            if self._connection.in_transaction:  # it could not be committed, or was not to be
                self._connection.rollback()


def _indexed(record: Record) -> tuple[int, str, str]:
    """What the index is told of a message."""
    if record.number % _LINES_IN_A_ROW == 0:
        _give_way()
    return record.number, sign_of(fold(record.sender)), fold(record.text) + PADDING


def _days(records: list[Record]) -> list[tuple[str, int, int]]:
    """Each day that they have, with the first and the last number of it."""
    days: dict[str, tuple[int, int]] = {}
    for each in records:
        day = each.at[:10]
        first, _ = days.get(day, (each.number, 0))
        days[day] = (first, each.number)
    return [(day, first, last) for day, (first, last) in days.items()]
