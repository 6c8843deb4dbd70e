"""What a PostgreSQL must be for a room, and what its errors mean. No I/O.

An error of a statement has a code (SQLSTATE). One that comes while we connect has none: libpq gives
its text alone. There we look for words, as they are in English. In another language, the sentence
of the server stands in our own all the same; but the server that starts waits for it to go away.
"""

import re

import psycopg
from psycopg import errors

from phase4.hub.contract import EngineUnfit
from phase4.hub.postgres_tables import Facts
from phase4.hub.reasons import NO_ANSWER, Faults, few_words, system_reason

_OLDEST = 10_00_00
"""The oldest that psycopg 3 talks with."""

_IN_A_FEW_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (errors.ConnectionTimeout, NO_ANSWER),
    (errors.QueryCanceled, NO_ANSWER),
    (errors.DiskFull, "its disk is full"),
    (errors.OutOfMemory, "its memory is full"),
    (errors.TooManyConnections, "it takes no more connections"),
    (errors.AdminShutdown, "it is stopping"),
    (errors.CrashShutdown, "it is starting anew"),
    (errors.CannotConnectNow, "it is starting"),
    (errors.ReadOnlySqlTransaction, "it is a replica, to which nobody may write"),
    (errors.UndefinedTable, "its tables were removed"),
    (errors.InsufficientPrivilege, "it forbids this user a statement"),
)

_NEEDS_A_HAND = re.compile(r"does not exist|pg_hba\.conf|authentication failed|certificate")


def refuse_unfit(facts: Facts) -> None:
    """Raise EngineUnfit with the first of the reasons that there are."""
    if facts.version_number < _OLDEST:
        raise EngineUnfit(f"PostgreSQL {facts.version} is too old: a room needs version 10.")
    if facts.is_read_only:
        raise EngineUnfit(
            "This PostgreSQL is a replica or read-only: name the primary, to which we may write."
        )
    if facts.encoding != "UTF8":
        raise EngineUnfit(
            f"This database keeps text as {facts.encoding}. A room needs one that was made with "
            "ENCODING 'UTF8'."
        )
    for name, value in (("synchronous_commit", facts.synchronous_commit), ("fsync", facts.fsync)):
        if value == "off":
            raise EngineUnfit(
                "This PostgreSQL forgets what was said last when it is killed or loses its power: "
                f"set {name} on in postgresql.conf, or for this user or database."
            )


class PostgresFaults(Faults):
    """What they mean to somebody who comes with this password."""

    errors = (psycopg.Error, OSError)

    def __init__(self, password: str | None) -> None:
        self._password = password

    def reason(self, error: Exception) -> str:
        """See Faults."""
        for kind, words in _IN_A_FEW_WORDS:
            if isinstance(error, kind):
                return words
        return system_reason(error) or self._words_of(error)

    def sentence(self, error: Exception) -> str:
        """See Faults."""
        if isinstance(error, errors.InsufficientPrivilege):
            return (
                f"PostgreSQL forbids what a room needs ({self._words_of(error)}): its owner types "
                "GRANT CREATE ON SCHEMA public TO, and the name of the user."
            )
        if getattr(error, "sqlstate", None):
            is_theirs = isinstance(error, psycopg.ProgrammingError | psycopg.NotSupportedError)
            words = self._words_of(error)
            return f"PostgreSQL refuses what a room needs: {words}." if is_theirs else ""
        return self._why_not_let_in(error)

    def _why_not_let_in(self, error: Exception) -> str:
        connection = getattr(error, "pgconn", None)
        if connection is None:
            return ""
        if connection.needs_password:
            return "PostgreSQL asks for a password: postgresql://USER:PASSWORD@HOST/NAME."
        if connection.used_password or _NEEDS_A_HAND.search(str(error)):
            return f"PostgreSQL does not let us in: {self._words_of(error)}."
        return ""

    def _words_of(self, error: Exception) -> str:
        """The first line of its text; of a connection's, what stands behind its address."""
        line = str(error).partition("\n")[0].rpartition("failed: ")[2]
        return few_words(line.removeprefix("FATAL:"), self._password)
