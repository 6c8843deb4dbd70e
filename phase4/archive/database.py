"""The database file: its form, and how it is opened to write and to read.

    message   what was said: id (the number), at, sender, text
    found     an index of every three characters that follow each other in a folded text, and of a
              sign for its sender. It says only in which messages they are (detail=none), which is
              a quarter of the size of an index that also says where; reading.py compares the text.
    term      the three characters that the index has
    day       for each day of the log, its first and its last number
    gap       what is missing, see record.Gap
    place     how far which file was read, the newest last, see trail.Place
    state     by which rules the texts in the index were folded

Every error of SQLite leaves this part as one of errors.py.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from phase4.archive.errors import ArchiveBusy, CannotUse, NewerArchive, NotAnArchive
from phase4.archive.own_file import Kind, close_to_others
from phase4.archive.place import Place
from phase4.archive.record import Record
from shared.files import check_ordinary

NAME = "archive.sqlite"
"""In the directory of the logs."""

VERSION = 1
_APPLICATION = 0x736C6164  # "slad": tells our files from other programs' (SQLite's application_id)

WRITE_SECONDS = 2.0
READ_SECONDS = 0.5
"""How long to wait for another program's lock. Readers wait only where a crash is mended."""

_PAGE_LIMIT = 8 * 1024 * 1024  # bytes of the write-ahead log that stay on the disk after a rush

_SCHEMA = f"""
begin immediate;
pragma application_id = {_APPLICATION};
pragma user_version = {VERSION};
create table message(
    id integer primary key, at text not null, sender text not null, text text not null);
create table day(date text primary key, first integer not null, last integer not null)
    without rowid;
create table gap(before integer primary key, lost integer);
create table place(
    id integer primary key, device text not null, inode text not null, offset integer not null,
    tail blob not null, next integer not null, head blob not null, first integer not null);
create table state(name text primary key, value not null) without rowid;
create virtual table found using fts5(
    sender, text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');
create virtual table term using fts5vocab(found, row);
commit;
"""


def archive_of(log_dir: Path) -> Path:
    """The archive's file."""
    return log_dir / NAME


def log_of(log_dir: Path) -> Path:
    """The log that it follows."""
    return log_dir / "messages.txt"


KIND = Kind(_APPLICATION, VERSION, ArchiveBusy, NewerArchive, NotAnArchive, CannotUse)
errors_of = KIND.errors_of


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open it, and make it where it is not there; for its owner alone. Raises ArchiveError."""
    with errors_of(path):
        close_to_others(path, make=True)
        connection = sqlite3.connect(path, timeout=WRITE_SECONDS, isolation_level=None)
        try:
            _prepare(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    if KIND.version_of(path, connection) == 0:
        connection.executescript(_SCHEMA)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute(f"pragma journal_size_limit={_PAGE_LIMIT}")


@contextlib.contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that only reads, and sees one state of it. None: there is no archive yet.

    It costs a tenth of a millisecond to open one, so each call has its own: no thread shares any,
    and an archive that was made anew meanwhile is found. Raises ArchiveError.
    """
    with errors_of(path):
        check_ordinary(path)
        if not path.exists() or not path.stat().st_size:
            yield None
            return
        name = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(name, uri=True, timeout=READ_SECONDS, isolation_level=None)
        try:
            connection.execute("begin")
            yield connection if KIND.version_of(path, connection) else None
        finally:
            connection.close()


def places_of(connection: sqlite3.Connection) -> list[Place]:
    """How far which files were read, the newest first."""
    columns = "device, inode, offset, tail, next, head, first"
    rows = connection.execute(f"select {columns} from place order by id desc")
    return [Place(*row) for row in rows]


def known_in(connection: sqlite3.Connection, records: list[Record]) -> int:
    """How many of these, from the first one on, the archive has just so, or has forgotten."""
    if not records:
        return 0
    (oldest,) = connection.execute("select coalesce(min(id), 0) from message").fetchone()
    sql = "select * from message where id between ? and ?"
    rows = connection.execute(sql, (records[0].number, records[-1].number))
    there = {row[0]: Record(*row) for row in rows}
    for at, each in enumerate(records):
        if each.number >= oldest and there.get(each.number) != each:
            return at
    return len(records)
