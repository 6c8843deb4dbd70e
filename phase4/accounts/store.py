"""The accounts as they are kept: one file, which the server and the command line both use.

It is made by the first account. What waits for the disk here holds up whoever asks, and nobody
else: the server keeps in memory what it needs for every name (registry.py).
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from phase4.accounts.account import Account, Letter
from phase4.accounts.contract import MAX_ACCOUNTS, refuse_too_many
from phase4.accounts.database import errors_of, opened
from phase4.accounts.errors import CannotUse, NameTaken, NoAccounts, TooManyAccounts
from phase4.accounts.nicknames import fold, look

CLOSE_SECONDS = 0.5


class Store:
    """The file at `path`. As phase4.accounts.contract.AccountStore says."""

    def __init__(self, path: Path) -> None:
        self.path = path

        # Guards all below. The connection is opened when it is needed, and once more where another
        # file is in its place: somebody put back a copy.
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = os.stat(os.curdir)  # which file it is, while the connection is open
        self._was_there = False
        self._data_version = -1

    def close(self) -> None:
        """Close the file. Where another thread waits for a disk that hangs, it stays open."""
        if self._lock.acquire(timeout=CLOSE_SECONDS):
            self._close()
            self._lock.release()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def exists(self) -> bool:
        """Whether there is anything at all in its place."""
        return os.path.lexists(self.path)

    # --- the file -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _open(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time. Raises NoAccounts where there is no file."""
        with self._lock, errors_of(self.path):
            self._find_file(make=make)
            assert self._connection
            yield self._connection

    def _find_file(self, *, make: bool) -> None:
        is_there = self.exists
        if self._connection is not None:
            if is_there and os.path.samestat(os.lstat(self.path), self._opened):
                return
            self._close()
        if not is_there:
            if self._was_there:  # a new one would know none of the names that were registered
                raise CannotUse(self.path, "it was removed")
            if not make:
                raise NoAccounts(self.path)
        self._connection = opened(self.path, make=not is_there)
        self._opened = os.lstat(self.path)
        self._was_there = True
        self._data_version = -1

    @contextlib.contextmanager
    def _change(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is done in it, or nothing."""
        with self._open(make=make) as connection:
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.rollback()

    # --- accounts -------------------------------------------------------------------------------

    def is_changed(self) -> bool:
        """Whether another program has changed it since `accounts` was last called."""
        with self._open() as connection:
            return _data_version(connection) != self._data_version

    def accounts(self) -> list[Account]:
        """All of them, by name."""
        with self._open() as connection:
            self._data_version = _data_version(connection)
            sql = "select id, name, stored, since, seen from account order by key"
            return [Account(*row) for row in connection.execute(sql)]

    def waiting(self) -> dict[int, int]:
        """How many letters wait, by the account's id."""
        with self._open() as connection:
            sql = "select account, count(*) from letter group by account"
            return dict(connection.execute(sql).fetchall())

    def add(self, name: str, stored: str) -> Account:
        """Register a name. Raises NameTaken and TooManyAccounts as well."""
        today = date.today().isoformat()
        with self._change(make=True) as connection:
            execute = connection.execute
            key, looks = fold(name), look(name)
            sql = "select name from account where key = ? or look = ?"
            if row := execute(sql, (key, looks)).fetchone():
                raise NameTaken(row[0])
            if execute("select count(*) from account").fetchone()[0] >= MAX_ACCOUNTS:
                raise TooManyAccounts
            sql = "insert into account(name, key, look, stored, since) values(?, ?, ?, ?, ?)"
            number = execute(sql, (name, key, looks, stored, today)).lastrowid
        return Account(number or 0, name, stored, today)

    def change(self, account: Account, stored: str) -> bool:
        """Keep another stored form; False where the account is gone, or has another one by now."""
        with self._change() as connection:
            sql = "update account set stored = ? where id = ? and stored = ?"
            return connection.execute(sql, (stored, account.id, account.stored)).rowcount == 1

    def remove(self, account: Account) -> bool:
        """Remove an account and what waits for it; whether it was there."""
        with self._change() as connection:
            sql = "delete from account where id = ?"
            return connection.execute(sql, (account.id,)).rowcount == 1

    def note_login(self, account: Account) -> None:
        """Keep the day on which somebody has logged in."""
        today = date.today().isoformat()
        if account.seen != today:
            with self._change() as connection:
                sql = "update account set seen = ? where id = ?"
                connection.execute(sql, (today, account.id))

    # --- letters --------------------------------------------------------------------------------

    def check_letters(self, account: Account, sender: str) -> None:
        """Raise LettersFull where no more of this sender's are kept."""
        with self._open() as connection:
            _check_letters(connection, account, sender)

    def keep(self, account: Account, at: str, sender: str, text: str) -> None:
        """Keep a private message until it has arrived. Raises LettersFull as well."""
        with self._change() as connection:
            _check_letters(connection, account, sender)
            connection.execute(
                "insert into letter(account, at, sender, text) values(?, ?, ?, ?)",
                (account.id, at, sender, text),
            )

    def letters(self, account: Account) -> list[Letter]:
        """What waits, the oldest first."""
        with self._open() as connection:
            sql = "select id, at, sender, text from letter where account = ? order by id"
            rows = connection.execute(sql, (account.id,)).fetchall()
        return [Letter(number, at, sender, account.name, text) for number, at, sender, text in rows]

    def forget_letters(self, account: Account, last: int) -> None:
        """Those up to this number have arrived."""
        with self._change() as connection:
            connection.execute(
                "delete from letter where account = ? and id <= ?", (account.id, last)
            )


def _data_version(connection: sqlite3.Connection) -> int:
    """Another number whenever another program has changed the file (SQLite's data_version)."""
    (version,) = connection.execute("pragma data_version").fetchone()
    return int(version)


def _check_letters(connection: sqlite3.Connection, account: Account, sender: str) -> None:
    rows = connection.execute("select sender from letter where account = ?", (account.id,))
    refuse_too_many((each for (each,) in rows), sender)
