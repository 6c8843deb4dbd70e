"""The database file: its form, and how it is opened.

    account   id, name, key (what its spellings have in common), look (what looks like it has in
              common), stored (of the password), and the days on which it was made and last used
    letter    private messages that wait, in order: id, account, at, sender, text

Every error of SQLite leaves this part as one of errors.py.
"""

import sqlite3
from pathlib import Path

from phase4.accounts.errors import AccountsBusy, CannotUse, NewerAccounts, NotAccounts
from phase4.archive.own_file import Kind, close_to_others

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


KIND = Kind(_APPLICATION, VERSION, AccountsBusy, NewerAccounts, NotAccounts, CannotUse)
errors_of = KIND.errors_of


def opened(path: Path, *, make: bool) -> sqlite3.Connection:
    """Open it, and `make` it where it is not there; for its owner alone. Raises AccountsError.

    Several threads may use the connection, one at a time.
    """
    with errors_of(path):
        close_to_others(path, make=make)
        connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(path, connection, make=make)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(path: Path, connection: sqlite3.Connection, *, make: bool) -> None:
    if KIND.version_of(path, connection) == 0:
        if not make:  # somebody emptied it: whose the names are is not known any more
            raise NotAccounts(path, "it is empty")
        connection.executescript(_SCHEMA)
    connection.execute("pragma foreign_keys=on")
    # Little is written, and one file can be copied, and put back, as it is.
    connection.execute("pragma journal_mode=delete")
    # A password that was changed must not be the old one again after a loss of power.
    connection.execute("pragma synchronous=full")
    connection.execute("pragma secure_delete=on")
