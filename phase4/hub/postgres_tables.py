"""What the room asks of PostgreSQL, statement by statement. Whoever holds the connection.

All raise psycopg.Error, TimeoutError and EngineDown.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from phase4.hub.contract import EngineDown, EngineUnfit, Entry
from phase4.hub.postgres_connection import TimedConnection

# Sent as one text without parameters, it is one transaction. Two servers that begin at once would
# both see no table, and both make it: the lock lets the second look when the first is done. (Its
# number is "chat hub" in ASCII.)
_MAKE = """
    SELECT pg_advisory_xact_lock(7163082358720591202);
    CREATE TABLE IF NOT EXISTS hub_room (
        room text PRIMARY KEY,
        newest bigint NOT NULL,
        entries bigint NOT NULL
    );
    CREATE TABLE IF NOT EXISTS hub_entry (
        room text,
        position bigint,
        number bigint NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (room, position)
    );
    CREATE TABLE IF NOT EXISTS hub_snapshot (
        room text PRIMARY KEY,
        data bytea NOT NULL
    );
"""

_ARE_THERE = """
    SELECT to_regclass('hub_room') IS NOT NULL
        AND to_regclass('hub_entry') IS NOT NULL
        AND to_regclass('hub_snapshot') IS NOT NULL
"""

# One statement, so one round trip, and one transaction. It gives no row where the room has none.
_APPEND = """
    WITH place AS (
        UPDATE hub_room
        SET newest = greatest(
                newest + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
            entries = entries + 1
        WHERE room = %(room)s
        RETURNING newest, entries
    ), added AS (
        INSERT INTO hub_entry (room, position, number, data)
        SELECT %(room)s, newest, entries, %(data)b FROM place
        RETURNING position
    )
    SELECT pg_notify(%(channel)s, '') FROM added
"""

# Only the oldest rows are looked at: to count all would take a tenth of a second, again and again.
_TRIM = """
    DELETE FROM hub_entry
    WHERE room = %(room)s
        AND position IN (
            SELECT position FROM hub_entry WHERE room = %(room)s ORDER BY position LIMIT %(most)s
        )
        AND number <= (SELECT entries FROM hub_room WHERE room = %(room)s) - %(keep)s
"""

_FACTS = """
    SELECT current_setting('server_version'), current_setting('server_version_num')::int,
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
        current_setting('server_encoding'), current_setting('synchronous_commit'),
        current_setting('fsync')
"""

_RIGHTS = """
    SELECT quote_ident(current_user), bool_and(has_table_privilege(name, privilege))
    FROM unnest(%s::text[]) AS name,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What PostgreSQL tells of itself, in its own words."""

    version: str
    version_number: int
    is_read_only: bool
    encoding: str
    synchronous_commit: str
    fsync: str


def facts_of(connection: TimedConnection) -> Facts:
    """What it tells of itself, and of this user's settings."""
    row: tuple[Any, ...] = only_row(connection, _FACTS)
    return Facts(*row)


def make(connection: TimedConnection) -> None:
    """See that the tables are there. Two servers may do so at once."""
    if not only_row(connection, _ARE_THERE)[0]:
        connection.execute(_MAKE)


def begin(connection: TimedConnection, room: str) -> None:
    """See that the tables and the room are there. Two servers may do so at once."""
    make(connection)
    begun = "INSERT INTO hub_room VALUES (%s, 0, 0) ON CONFLICT DO NOTHING"
    connection.execute(begun, (room,))


def refuse_without_rights(
    connection: TimedConnection, tables: Sequence[str] = ("hub_room", "hub_entry", "hub_snapshot")
) -> None:
    """Raise EngineUnfit where others made the tables, and let this user do too little with them."""
    user, has_rights = only_row(connection, _RIGHTS, [*tables])
    if not has_rights:
        raise EngineUnfit(
            f"PostgreSQL forbids the user {user} what a room needs. The owner of the tables types: "
            f"GRANT ALL ON {', '.join(tables)} TO {user}"
        )


def listen(connection: TimedConnection, room: str) -> None:
    """From here on, hear of what is appended."""
    connection.execute(f"LISTEN {_channel(room)}".encode())


def append(connection: TimedConnection, room: str, data: bytes) -> None:
    """Put an entry at the end, and wake those who listen."""
    values = {"room": room, "data": data, "channel": _channel(room)}
    if connection.execute(_APPEND, values).fetchone() is None:
        raise EngineDown("its tables were emptied")


def trim(connection: TimedConnection, room: str, *, keep: int, most: int) -> None:
    """Remove old entries, so that `keep` are left; not more than `most` at once."""
    connection.execute(_TRIM, {"room": room, "keep": keep, "most": most})


def read(connection: TimedConnection, room: str, after: tuple[int, int], most: int) -> list[Entry]:
    """The entries behind a position (`order_of` it)."""
    statement = """
        SELECT position, data FROM hub_entry
        WHERE room = %s AND position > %s ORDER BY position LIMIT %s
    """
    milliseconds, number = after
    # Redis may have given a thousand in a millisecond, which is all that we have numbers for.
    behind = milliseconds * 1000 + min(number, 999)
    rows = connection.execute(statement, (room, behind, most), binary=True)
    return [Entry(_position(moment), moment / 1_000_000, data) for moment, data in rows]


def span(connection: TimedConnection, room: str) -> tuple[str, str]:
    """Where the oldest and the newest entry stand."""
    statement = "SELECT min(position), max(position) FROM hub_entry WHERE room = %s"
    row: tuple[Any, ...] = only_row(connection, statement, room)
    oldest, newest = row
    return ("", "") if oldest is None else (_position(oldest), _position(newest))


def load(connection: TimedConnection, room: str) -> bytes | None:
    """The room's snapshot."""
    statement = "SELECT data FROM hub_snapshot WHERE room = %s"
    row = connection.execute(statement, (room,), binary=True).fetchone()
    return row[0] if row else None


def save(connection: TimedConnection, room: str, snapshot: bytes) -> None:
    """Keep the room's snapshot."""
    statement = """
        INSERT INTO hub_snapshot VALUES (%s, %b)
        ON CONFLICT (room) DO UPDATE SET data = excluded.data
    """
    connection.execute(statement, (room, snapshot))


def is_connected(connection: TimedConnection, name: str) -> bool:
    """Whether a connection of this name is there."""
    statement = """
        SELECT EXISTS (
            SELECT FROM pg_stat_activity
            WHERE application_name = %s AND datname = current_database()
        )
    """
    return bool(only_row(connection, statement, name)[0])


def _position(microseconds: int) -> str:
    """As everybody writes it."""
    return "{}-{}".format(*divmod(microseconds, 1000))


def _channel(room: str) -> str:
    """What a room's notices are called: a name may have 63 bytes, and a room's may be any text."""
    return "hub_" + hashlib.sha256(room.encode()).hexdigest()[:32]


def only_row(
    connection: TimedConnection, statement: LiteralString, *values: object
) -> tuple[object, ...]:
    """The only row of an answer."""
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row
