"""The room in tables of PostgreSQL.

    hub_room       a row for each room: the position of its newest entry, as a counter
    hub_entry      the entries
    hub_snapshot   where a new server begins

New here: *the order is that of a counter row*, not of a sequence. A sequence gives its numbers at
once, and the rows that have them are committed in any order: a reader that has seen 8 would never
see 7. To raise a row's number is to hold a lock on it until the end of the transaction. So whoever
comes next gets the next number when the one before is there for all to see.

The counter goes by the clock of PostgreSQL, in microseconds. So it is a time as well; and tables
that were lost, or put back from a copy, give no position a second time. (12.345678 s is written as
12345-678.)

NOTIFY wakes those who LISTEN: https://www.postgresql.org/docs/current/sql-notify.html.
"""

from collections.abc import Callable
from contextlib import suppress

from psycopg import Error, ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from phase4.hub import postgres_tables
from phase4.hub.contract import (
    ASK_AGAIN_SECONDS,
    CONNECT_SECONDS,
    KEEP_BATCHES,
    READ_ENTRIES,
    EngineUnfit,
    Entry,
    order_of,
)
from phase4.hub.line import Line, close_all
from phase4.hub.postgres_connection import TimedConnection
from phase4.hub.postgres_faults import PostgresFaults, refuse_unfit
from phase4.hub.reasons import connection_name
from shared.deadline import Deadline

TRIM_EVERY = 1000
"""Appended entries, until old ones are looked for: it takes 20 ms, as KEEP_BATCHES are read."""

_Line = Line[TimedConnection]
_Step = Callable[[TimedConnection, str], None]


class PostgresEngine:
    """As phase4.hub.contract.Engine says. A line for each thread that it promises to serve."""

    def __init__(self, url: str, *, room: str, server: str) -> None:
        """Connect to nothing yet. Raises EngineUnfit for a URL that libpq does not take."""
        self._room = room
        self._conninfo = _conninfo(url, connection_name(room, server))
        password = conninfo_to_dict(self._conninfo).get("password")
        self._faults = PostgresFaults(str(password) if password else None)
        begin, listen = postgres_tables.begin, postgres_tables.listen
        self._publishing = _Line(lambda: self._connect(self._publishing, begin), _disconnect)
        self._following = _Line(lambda: self._connect(self._following, begin, listen), _disconnect)
        self._asking = _Line(lambda: self._connect(self._asking), _disconnect)
        self._until_trim = 0  # the publishing thread's

    def check(self) -> None:
        """See Engine. What it must be is in postgres_faults.py."""
        with self._faults.explained(), self._asking.held() as connection:
            refuse_unfit(postgres_tables.facts_of(connection))
            postgres_tables.make(connection)
            postgres_tables.refuse_without_rights(connection)
            postgres_tables.begin(connection, self._room)

    def append(self, data: bytes) -> None:
        """See Engine."""
        with self._faults.in_few_words(), self._publishing.held() as connection:
            if self._until_trim == 0:  # before: what fails here was not appended
                postgres_tables.trim(connection, self._room, KEEP_BATCHES)
                self._until_trim = TRIM_EVERY
            postgres_tables.append(connection, self._room, data)
            self._until_trim -= 1

    def read(self, after: str, seconds: float) -> list[Entry]:
        """See Engine."""
        deadline, behind = Deadline(seconds), order_of(after)
        while True:
            with self._faults.in_few_words(), self._following.held() as connection:
                connection.is_notified = False
                entries = postgres_tables.read(connection, self._room, behind, READ_ENTRIES)
                if entries or deadline.has_passed:
                    return entries
                connection.wait_for_notice(min(deadline.seconds_left, ASK_AGAIN_SECONDS))

    def span(self) -> tuple[str, str]:
        """See Engine."""
        with self._faults.in_few_words(), self._following.held() as connection:
            return postgres_tables.span(connection, self._room)

    def is_before(self, one: str, other: str) -> bool:
        """See Engine."""
        return order_of(one) < order_of(other)

    def load(self) -> bytes | None:
        """See Engine."""
        with self._faults.in_few_words(), self._following.held() as connection:
            return postgres_tables.load(connection, self._room)

    def save(self, snapshot: bytes) -> None:
        """See Engine."""
        with self._faults.in_few_words(), self._publishing.held() as connection:
            postgres_tables.save(connection, self._room, snapshot)

    def is_connected(self, server: str) -> bool:
        """See Engine."""
        name = connection_name(self._room, server)
        with self._faults.in_few_words(), self._asking.held() as connection:
            return postgres_tables.is_connected(connection, name)

    def close(self) -> None:
        """See Engine."""
        close_all(self._publishing, self._following, self._asking)

    def _connect(self, line: _Line, *steps: _Step) -> TimedConnection:
        """A connection that has taken these steps: tables that were lost are made anew, for one."""
        connection = TimedConnection.connect(self._conninfo, autocommit=True)
        try:
            connection.begin(line)
            for step in steps:
                step(connection, self._room)
        except BaseException:
            _disconnect(connection)
            raise
        return connection


def _conninfo(url: str, name: str) -> str:
    """The URL's options, and over them what we rely on."""
    try:
        return make_conninfo(
            url,
            application_name=name,
            client_encoding="UTF8",
            connect_timeout=round(CONNECT_SECONDS),
        )
    except ProgrammingError:
        # Its text may show a piece of the URL, and so of the password.
        raise EngineUnfit(
            "This is not a URL of PostgreSQL. It looks like "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in the password "
            "as %XX."
        ) from None


def _disconnect(connection: TimedConnection) -> None:
    with suppress(Error):
        connection.close()
