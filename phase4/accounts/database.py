"""The database file: its form, and how it is opened.

    account   id, name, key (what its spellings have in common), look (what looks like it has in
              common), stored (of the password), and the days on which it was made and last used
    letter    private messages that wait, in order: id, account, at, sender, text

Every error of SQLite leaves this part as one of errors.py.
"""

import contextlib
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from phase4.accounts.errors import (
    AccountsBusy,
    AccountsError,
    CannotUse,
    NewerAccounts,
    NotAccounts,
)
from shared.files import open_ordinary

VERSION = 1
_APPLICATION = 0x736C6163  # "slac": tells our files from other programs' (SQLite's application_id)

WAIT_SECONDS = 2.0
"""For another program's lock: the command line's, which has it for milliseconds."""

_SCHEMA = f"""
begin immediate;
pragma application_id = {_APPLICATION};
pragma user_version = {VERSION};
create table account(
    id integer primary key autoincrement, name text not null, key text not null unique,
    look text not null, stored text not null, since text not null, seen text not null default '');
create index look_of on account(look);
create table letter(
    id integer primary key autoincrement,
    account integer not null references account(id) on delete cascade,
    at text not null, sender text not null, text text not null);
create index letter_of on letter(account);
commit;
"""


@contextlib.contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Raise what SQLite and the system raise as an AccountsError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(path, error) from error
    except OSError as error:
        raise CannotUse(path, error.strerror or str(error)) from error


def _meaning(path: Path, error: sqlite3.Error) -> AccountsError:
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more than we need
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return AccountsBusy(path)
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return NotAccounts(path, str(error))
    return CannotUse(path, str(error))


def opened(path: Path, *, make: bool) -> sqlite3.Connection:
    """Open it, and `make` it where it is not there; for its owner alone. Raises AccountsError.

    Several threads may use the connection, one at a time.
    """
    with errors_of(path):
        _close_to_others(path, os.O_CREAT if make else 0)
        connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(path, connection, make=make)
        except BaseException:
            connection.close()
            raise
        return connection


def _close_to_others(path: Path, flags: int) -> None:
    """Make the file, or take it from others. SQLite gives its companions the same mode."""
    file = open_ordinary(path, os.O_RDWR | flags, 0o600)
    try:
        mode = stat.S_IMODE(os.fstat(file).st_mode)
        if sys.platform != "win32" and mode & 0o077:
            os.fchmod(file, mode & 0o700)
    finally:
        os.close(file)


def _prepare(path: Path, connection: sqlite3.Connection, *, make: bool) -> None:
    if _version(path, connection) == 0:
        if not make:  # somebody emptied it: whose the names are is not known any more
            raise NotAccounts(path, "it is empty")
        connection.executescript(_SCHEMA)
    connection.execute("pragma foreign_keys=on")
    # Little is written, and one file can be copied, and put back, as it is.
    connection.execute("pragma journal_mode=delete")
    # A password that was changed must not be the old one again after a loss of power.
    connection.execute("pragma synchronous=full")
    connection.execute("pragma secure_delete=on")


def _version(path: Path, connection: sqlite3.Connection) -> int:
    """Its version; 0: it is empty. Raises NotAccounts and NewerAccounts."""
    (application,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
    if tables and application != _APPLICATION:
        raise NotAccounts(path, "another program has made it")
    if version > VERSION:
        raise NewerAccounts(path, version)
    return int(version) if tables else 0
