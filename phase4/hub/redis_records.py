"""Records in Redis, or in Valkey: a hash for each kind, changed by a script.

Redis carries out one script at a time, whole, and nothing of others in between. So a script can
compare first, and then write. (https://redis.io/docs/latest/commands/eval/. It is a part of Redis,
and needs no more right than `+eval`, and those of the commands in it.)

    ROOM:records:KIND    the values of one kind, by key
    ROOM:records         the version of each kind
"""

from collections.abc import Collection, Mapping

from phase4.hub import redis_faults
from phase4.hub.reasons import connection_name
from phase4.hub.records_contract import CLOSE_SECONDS, Place
from phase4.hub.redis_connection import ask, has_ended, login_of, new_line, pool_of

# KEYS: the versions, then a hash for each kind. ARGV: how many places are expected; then for each
# place, first of these, then of those to change: which of KEYS, its kind, its key, 1 and its value,
# or 0 and nothing. A field that is not there is false in Lua.
_CHANGE = """
local expected = tonumber(ARGV[1])
for at = 2, 5 * expected + 1, 5 do
    local wanted = ARGV[at + 3] == '1' and ARGV[at + 4]
    if redis.call('HGET', KEYS[tonumber(ARGV[at])], ARGV[at + 2]) ~= wanted then
        return 0
    end
end
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local changed = {}
for at = 5 * expected + 2, #ARGV, 5 do
    changed[ARGV[at + 1]] = true
    if ARGV[at + 3] == '1' then
        redis.call('HSET', KEYS[tonumber(ARGV[at])], ARGV[at + 2], ARGV[at + 4])
    else
        redis.call('HDEL', KEYS[tonumber(ARGV[at])], ARGV[at + 2])
    end
end
for kind in pairs(changed) do
    local before = tonumber(redis.call('HGET', KEYS[1], kind) or 0)
    redis.call('HSET', KEYS[1], kind, string.format('%.0f', math.max(before + 1, now)))
end
return 1
"""

_CHECK: Place = ("check", "check")
"""A place where nothing ever is."""

_USED = (
    *(("HGETALL",), ("HGET", "check"), ("HMGET", "check")),
    *(("HSET", "check", "0"), ("HDEL", "check")),
)
"""What is done to hashes, here to the version of that place's kind."""


class RedisRecords:
    """As phase4.hub.records_contract.Records says. All threads share one line."""

    def __init__(self, url: str, *, room: str, server: str) -> None:
        """Connect to nothing yet. Raises EngineUnfit for a URL that the library does not take."""
        self._key = f"{room}:records"
        pool = pool_of(url, connection_name(room, server))
        self._faults = redis_faults.RedisFaults(*login_of(pool), room)
        self._line = new_line(pool, has_ended)

    @property
    def connections(self) -> int:
        """See Records."""
        return self._line.connections

    def check(self) -> None:
        """See Records."""
        with self._faults.explained():
            found = ask(self._line, "TYPE", self._key).decode()
            redis_faults.refuse_foreign(self._key, found, "hash")
            # Where a script may not do something, the error does not tell so as clearly.
            for command, *words in _USED:
                ask(self._line, command, self._key, *words)
            self._change({_CHECK: None}, {_CHECK: None})

    def version(self, kind: str) -> int:
        """See Records."""
        with self._faults.in_few_words():
            return int(ask(self._line, "HGET", self._key, kind) or 0)

    def all(self, kind: str) -> dict[str, bytes]:
        """See Records."""
        with self._faults.in_few_words():
            found = ask(self._line, "HGETALL", self._hash(kind))
        return {key.decode(): value for key, value in zip(found[::2], found[1::2], strict=True)}

    def some(self, kind: str, keys: Collection[str]) -> dict[str, bytes]:
        """See Records."""
        if not keys:
            return {}
        with self._faults.in_few_words():
            found = ask(self._line, "HMGET", self._hash(kind), *keys)
        pairs = zip(keys, found, strict=True)
        return {key: value for key, value in pairs if value is not None}

    def change(
        self, expected: Mapping[Place, bytes | None], changes: Mapping[Place, bytes | None]
    ) -> bool:
        """See Records."""
        with self._faults.in_few_words():
            return self._change(expected, changes)

    def close(self) -> None:
        """See Records."""
        self._line.wake()
        self._line.close(CLOSE_SECONDS)

    def _change(
        self, expected: Mapping[Place, bytes | None], changes: Mapping[Place, bytes | None]
    ) -> bool:
        kinds = list(dict.fromkeys(kind for kind, _ in (*expected, *changes)))
        words: list[str | bytes | int] = [len(expected)]
        for (kind, key), value in (*expected.items(), *changes.items()):
            number = kinds.index(kind) + 2  # KEYS[1] has the versions
            words += [number, kind, key, int(value is not None), value or b""]
        keys = (self._key, *map(self._hash, kinds))
        return bool(ask(self._line, "EVAL", _CHANGE, len(keys), *keys, *words))

    def _hash(self, kind: str) -> str:
        return f"{self._key}:{kind}"
