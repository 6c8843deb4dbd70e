"""A database file of a kind of ours: what is common to the archive and to the accounts.

SQLite keeps two numbers in a file for the program that made it: application_id says whose it is,
user_version which form it has. Every error of SQLite and of the system leaves as one of the kind's.
"""

import contextlib
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.files import open_ordinary


@dataclass(frozen=True)
class Kind:
    """What a file of this kind must be, and what is raised where it is not."""

    application: int
    version: int

    busy: Callable[[Path], Exception]
    newer: Callable[[Path, int], Exception]

    foreign: Callable[[Path, str], Exception]
    """foreign(path, why): it is not a file of this kind."""

    unusable: Callable[[Path, str], Exception]
    """unusable(path, why): it cannot be read or written."""

    @contextlib.contextmanager
    def errors_of(self, path: Path) -> Iterator[None]:
        """Raise what SQLite and the system raise as one of ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._meaning(path, error) from error
        except OSError as error:
            raise self.unusable(path, error.strerror or str(error)) from error

    def _meaning(self, path: Path, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more than we need
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return self.busy(path)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return self.foreign(path, str(error))
        return self.unusable(path, str(error))

    def version_of(self, path: Path, connection: sqlite3.Connection) -> int:
        """Its version; 0: it is empty. Raises what `foreign` and `newer` give."""
        (application,) = connection.execute("pragma application_id").fetchone()
        (version,) = connection.execute("pragma user_version").fetchone()
        (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
        if tables and application != self.application:
            raise self.foreign(path, "another program has made it")
        if version > self.version:
            raise self.newer(path, version)
        return int(version) if tables else 0


def close_to_others(path: Path, *, make: bool) -> None:
    """Take the file from all but its owner, and `make` it. SQLite gives its companions the mode.

    Raises OSError.
    """
    file = open_ordinary(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
    try:
        mode = stat.S_IMODE(os.fstat(file).st_mode)
        if sys.platform != "win32" and mode & 0o077:
            os.fchmod(file, mode & 0o700)
    finally:
        os.close(file)
