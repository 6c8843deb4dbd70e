"""Records in tables of PostgreSQL, changed by a function that is kept there.

    hub_record    the values, by room, kind and key
    hub_version   the version of each kind; and for each room a row of its own, which is a lock

One statement calls the function, so all that it does is one transaction. And it holds its lock no
longer than PostgreSQL works: a server that freezes in between keeps nobody else waiting.

It locks first, and looks then. Each statement in it sees what was there when that statement began
(*read committed*): so whoever waited for the lock sees what the one before has written.
"""

from collections.abc import Collection, Mapping
from functools import partial

from phase4.hub import postgres_tables
from phase4.hub.contract import EngineDown
from phase4.hub.line import close_all, is_readable
from phase4.hub.postgres_connection import TimedConnection, conninfo_of, new_line, password_of
from phase4.hub.postgres_faults import PostgresFaults
from phase4.hub.reasons import connection_name
from phase4.hub.records_contract import CLOSE_SECONDS, Place

_TABLES = ("hub_record", "hub_version")

# As in postgres_tables.py: one transaction, and two servers that begin at once make it once.
# Whoever changes the function gives it another name: servers of both versions may be in one room.
_MAKE = """
    SELECT pg_advisory_xact_lock(7163082358720591202);
    CREATE TABLE IF NOT EXISTS hub_record (
        room text,
        kind text,
        key text,
        data bytea NOT NULL,
        PRIMARY KEY (room, kind, key)
    );
    CREATE TABLE IF NOT EXISTS hub_version (
        room text,
        kind text,
        version bigint NOT NULL,
        PRIMARY KEY (room, kind)
    );
    CREATE OR REPLACE FUNCTION hub_change_1(
        the_room text,
        old_kinds text[], old_keys text[], old_data bytea[],
        new_kinds text[], new_keys text[], new_data bytea[]
    ) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM hub_version WHERE room = the_room AND kind = '' FOR UPDATE;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF EXISTS (
            SELECT FROM unnest(old_kinds, old_keys, old_data) AS old(kind, key, data)
            LEFT JOIN hub_record AS found
                ON found.room = the_room AND found.kind = old.kind AND found.key = old.key
            WHERE found.data IS DISTINCT FROM old.data
        ) THEN
            RETURN false;
        END IF;
        DELETE FROM hub_record AS gone
            USING unnest(new_kinds, new_keys, new_data) AS new(kind, key, data)
            WHERE gone.room = the_room AND gone.kind = new.kind AND gone.key = new.key
                AND new.data IS NULL;
        INSERT INTO hub_record
            SELECT the_room, new.kind, new.key, new.data
            FROM unnest(new_kinds, new_keys, new_data) AS new(kind, key, data)
            WHERE new.data IS NOT NULL
            ON CONFLICT ON CONSTRAINT hub_record_pkey DO UPDATE SET data = excluded.data;
        INSERT INTO hub_version AS known
            SELECT the_room, new.kind, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            FROM (SELECT DISTINCT kind FROM unnest(new_kinds) AS kind) AS new
            ON CONFLICT ON CONSTRAINT hub_version_pkey
                DO UPDATE SET version = greatest(known.version + 1, excluded.version);
        RETURN true;
    END $$
"""

_ARE_THERE = """
    SELECT to_regclass('hub_record') IS NOT NULL AND to_regclass('hub_version') IS NOT NULL
        AND to_regproc('hub_change_1') IS NOT NULL
"""

_CHANGE = """
    SELECT hub_change_1(
        %s, %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::bytea[])
"""


class PostgresRecords:
    """As phase4.hub.records_contract.Records says. All threads share one line."""

    def __init__(self, url: str, *, room: str, server: str) -> None:
        """Connect to nothing yet. Raises EngineUnfit for a URL that libpq does not take."""
        self._room = room
        self._conninfo = conninfo = conninfo_of(url, connection_name(room, server))
        self._faults = PostgresFaults(password_of(conninfo))
        self._line = new_line(conninfo, partial(_begin, room=room), has_ended=is_readable)

    @property
    def connections(self) -> int:
        """See Records."""
        return self._line.connections

    def check(self) -> None:
        """See Records."""
        line = new_line(self._conninfo)  # which writes nothing yet
        try:
            with self._faults.explained(), line.held() as connection:
                _make(connection)
                postgres_tables.refuse_without_rights(connection, _TABLES)
        finally:
            close_all(line)

    def version(self, kind: str) -> int:
        """See Records."""
        statement = "SELECT version FROM hub_version WHERE room = %s AND kind = %s"
        with self._faults.in_few_words(), self._line.held() as connection:
            found = connection.execute(statement, (self._room, kind)).fetchone()
        return int(found[0]) if found else 0

    def all(self, kind: str) -> dict[str, bytes]:
        """See Records."""
        statement = "SELECT key, data FROM hub_record WHERE room = %s AND kind = %s"
        with self._faults.in_few_words(), self._line.held() as connection:
            return dict(connection.execute(statement, (self._room, kind), binary=True).fetchall())

    def some(self, kind: str, keys: Collection[str]) -> dict[str, bytes]:
        """See Records."""
        statement = """
            SELECT key, data FROM hub_record WHERE room = %s AND kind = %s AND key = ANY(%s::text[])
        """
        values = (self._room, kind, [*keys])
        with self._faults.in_few_words(), self._line.held() as connection:
            return dict(connection.execute(statement, values, binary=True).fetchall())

    def change(
        self, expected: Mapping[Place, bytes | None], changes: Mapping[Place, bytes | None]
    ) -> bool:
        """See Records."""
        values = (self._room, *_columns(expected), *_columns(changes))
        with self._faults.in_few_words(), self._line.held() as connection:
            (is_done,) = postgres_tables.only_row(connection, _CHANGE, *values)
            if is_done is None:  # the next connection makes them anew
                raise EngineDown("its tables were emptied")
        return bool(is_done)

    def close(self) -> None:
        """See Records."""
        self._line.wake()
        self._line.close(CLOSE_SECONDS)


def _make(connection: TimedConnection) -> None:
    if not postgres_tables.only_row(connection, _ARE_THERE)[0]:
        connection.execute(_MAKE)


def _begin(connection: TimedConnection, room: str) -> None:
    _make(connection)
    begun = "INSERT INTO hub_version VALUES (%s, '', 0) ON CONFLICT DO NOTHING"
    connection.execute(begun, (room,))


def _columns(
    values: Mapping[Place, bytes | None],
) -> tuple[list[str], list[str], list[bytes | None]]:
    kinds = [kind for kind, _ in values]
    keys = [key for _, key in values]
    return kinds, keys, [*values.values()]
