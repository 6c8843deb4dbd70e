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

from functools import partial

from phase4.hub import postgres_tables
from phase4.hub.contract import (
    ASK_AGAIN_SECONDS,
    KEEP_BATCHES,
    READ_ENTRIES,
    Entry,
    order_of,
)
from phase4.hub.line import close_all
from phase4.hub.postgres_connection import conninfo_of, new_line, password_of
from phase4.hub.postgres_faults import PostgresFaults, refuse_unfit
from phase4.hub.reasons import connection_name
from shared.deadline import Deadline

TRIM_EVERY = 1000
"""Appended entries, until old ones are looked for: that takes some milliseconds."""

TRIM_MOST = 2 * TRIM_EVERY
"""Of those that are removed then. Each server does so, so a backlog is gone in time."""


class PostgresEngine:
    """As phase4.hub.contract.Engine says. A line for each thread that it promises to serve."""

    def __init__(self, url: str, *, room: str, server: str) -> None:
        """Connect to nothing yet. Raises EngineUnfit for a URL that libpq does not take."""
        self._room = room
        conninfo = conninfo_of(url, connection_name(room, server))
        self._faults = PostgresFaults(password_of(conninfo))
        begin = partial(postgres_tables.begin, room=room)
        listen = partial(postgres_tables.listen, room=room)
        self._publishing = new_line(conninfo, begin)
        self._following = new_line(conninfo, begin, listen)
        self._asking = new_line(conninfo)
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
                postgres_tables.trim(connection, self._room, keep=KEEP_BATCHES, most=TRIM_MOST)
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
