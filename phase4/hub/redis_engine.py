"""The room in a stream of Redis, or of Valkey, which speaks the same.

A *stream* is a list to which entries are added at the end. Any number of readers read on from where
they were. The position of an entry is its ID: milliseconds by the clock of Redis, and a number.

With `appendonly yes` and `appendfsync always`, an entry is on the disk before its sender has the
answer. By default (`everysec`) it is not always in the file: while the disk is busy with an earlier
second, Redis keeps what is new in its memory, for two seconds at most, and answers all the same.
Whoever kills it then, kills entries that servers have read and shown. They give them again once it
is back (link.py). So both will do: `always` is for a room all of whose machines may fail at once.

    ROOM:stream      the entries; each has one field, d
    ROOM:snapshot    where a new server begins

Commands: https://redis.io/docs/latest/commands/ (XADD, XREAD, XRANGE, CLIENT LIST, INFO).
"""

import redis

from phase4.hub import redis_faults
from phase4.hub.contract import (
    ASK_AGAIN_SECONDS,
    KEEP_BATCHES,
    READ_ENTRIES,
    Entry,
    order_of,
)
from phase4.hub.line import close_all
from phase4.hub.reasons import connection_name
from phase4.hub.redis_connection import ask, login_of, new_line, pool_of
from shared.deadline import Deadline

_FIELD = b"d"


class RedisEngine:
    """As phase4.hub.contract.Engine says. A line for each thread that it promises to serve."""

    def __init__(self, url: str, *, room: str, server: str) -> None:
        """Connect to nothing yet. Raises EngineUnfit for a URL that the library does not take."""
        self._room = room
        self._stream = f"{room}:stream"
        self._snapshot = f"{room}:snapshot"
        pool = pool_of(url, connection_name(room, server))
        self._faults = redis_faults.RedisFaults(*login_of(pool), room)
        self._publishing, self._following, self._asking = (new_line(pool) for _ in range(3))

    def check(self) -> None:
        """See Engine. What it must be is in redis_faults.py."""
        with self._faults.explained():
            redis_faults.refuse_unfit(self._facts())
            for key, kind in ((self._stream, "stream"), (self._snapshot, "string")):
                found = ask(self._asking, "TYPE", key).decode()
                redis_faults.refuse_foreign(key, found, kind)
            # It removes nothing that append() would keep, and shows that we may write.
            ask(self._asking, "XTRIM", self._stream, "MAXLEN", "~", KEEP_BATCHES)

    def append(self, data: bytes) -> None:
        """See Engine."""
        # "~": whole nodes of the stream are removed, at almost no cost. "*": Redis gives the ID.
        bound = ("MAXLEN", "~", KEEP_BATCHES)
        with self._faults.in_few_words():
            ask(self._publishing, "XADD", self._stream, *bound, "*", _FIELD, data)

    def read(self, after: str, seconds: float) -> list[Entry]:
        """See Engine."""
        deadline = Deadline(seconds)
        while True:
            entries = self._read(after, min(deadline.seconds_left, ASK_AGAIN_SECONDS))
            if entries or deadline.has_passed:
                return entries

    def span(self) -> tuple[str, str]:
        """See Engine."""
        with self._faults.in_few_words():
            first = ask(self._following, "XRANGE", self._stream, "-", "+", "COUNT", 1)
            last = ask(self._following, "XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        if not first or not last:
            return "", ""
        return first[0][0].decode(), last[0][0].decode()

    def is_before(self, one: str, other: str) -> bool:
        """See Engine."""
        return order_of(one) < order_of(other)

    def load(self) -> bytes | None:
        """See Engine."""
        with self._faults.in_few_words():
            snapshot: bytes | None = ask(self._following, "GET", self._snapshot)
        return snapshot

    def save(self, snapshot: bytes) -> None:
        """See Engine."""
        with self._faults.in_few_words():
            ask(self._publishing, "SET", self._snapshot, snapshot)

    def is_connected(self, server: str) -> bool:
        """See Engine."""
        name = connection_name(self._room, server).encode()
        with self._faults.in_few_words():
            try:
                clients: bytes = ask(self._asking, "CLIENT", "LIST")
            except redis.exceptions.NoPermissionError:
                return True
        return b" name=" + name + b" " in clients

    def close(self) -> None:
        """See Engine."""
        close_all(self._publishing, self._following, self._asking)

    def _facts(self) -> redis_faults.Facts:
        facts = redis_faults.facts_of(ask(self._asking, "INFO"))
        try:  # INFO tells all but this, and not everybody may ask so: many who rent a Redis may not
            name, value = ask(self._asking, "CONFIG", "GET", "appendfsync")
        except redis.ResponseError:
            return facts
        return facts | {name.decode(): value.decode()}

    def _read(self, after: str, seconds: float) -> list[Entry]:
        # BLOCK 0 would wait for ever.
        block = ("BLOCK", max(1, round(seconds * 1000))) if seconds > 0 else ()
        place = ("STREAMS", self._stream, "{}-{}".format(*order_of(after)))
        with self._faults.in_few_words():
            command = ("XREAD", "COUNT", READ_ENTRIES, *block, *place)
            answer = ask(self._following, *command, seconds=seconds)
        return [_entry(*each) for each in answer[0][1]] if answer else []


def _entry(position: bytes, fields: list[bytes]) -> Entry:
    """What stands in the stream. (An entry that another program has put there has no data.)"""
    data = dict(zip(fields[::2], fields[1::2], strict=True)).get(_FIELD, b"")
    place = position.decode()
    return Entry(place, order_of(place)[0] / 1000, data)
