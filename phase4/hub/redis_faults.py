"""What a Redis must be for a room, and what its errors mean. No I/O."""

import re
from collections.abc import Callable
from ssl import SSLCertVerificationError

import redis

from phase4.hub.contract import EngineUnfit
from phase4.hub.reasons import HUNG_UP, NO_ANSWER, Faults, cause_of, few_words, system_reason

Facts = dict[str, str]
"""What INFO tells, and appendfsync where that is told."""

COMMANDS = (
    *("xadd", "xread", "xrange", "xrevrange", "xtrim", "get", "set", "type", "info"),
    *("eval", "hget", "hgetall", "hmget", "hset", "hdel", "time"),
    *("client|setname", "client|list", "config|get"),
)

_IN_A_FEW_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (redis.TimeoutError, NO_ANSWER),
    (redis.OutOfMemoryError, "its memory is full"),
    (redis.BusyLoadingError, "it is still reading what it had stored"),
    (redis.ReadOnlyError, "it is a replica, to which nobody may write"),
    (redis.AuthenticationError, "it refuses the password"),
    (redis.exceptions.NoPermissionError, "it forbids this user a command"),
)


def facts_of(info: bytes) -> Facts:
    """The answer to INFO, as a table."""
    lines = info.decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if not line.startswith("#"))
    return {name: value for name, colon, value in pairs if colon}


def refuse_unfit(facts: Facts) -> None:
    """Raise EngineUnfit with the first of the reasons that there are."""
    name = "Valkey" if facts.get("server_name") == "valkey" else "Redis"
    for is_so, sentence in _UNFIT:
        if is_so(facts):
            raise EngineUnfit(sentence.format_map({"name": name, **facts}))


def _is_too_old(facts: Facts) -> bool:
    found = re.match(r"\d+", facts.get("redis_version", ""))
    return found is not None and int(found[0]) < 5


_UNFIT: tuple[tuple[Callable[[Facts], bool], str], ...] = (
    (_is_too_old, "{name} {redis_version} has no streams: a room needs version 5.0 or later."),
    (
        lambda facts: facts.get("cluster_enabled") == "1",
        "This {name} is a part of a cluster. A room needs one with cluster-enabled no.",
    ),
    (
        lambda facts: facts.get("role", "master") != "master",
        "This {name} is a replica, to which nobody may write: name its master.",
    ),
    (
        lambda facts: facts.get("aof_enabled") != "1",
        "This {name} forgets what was said when it is killed: set appendonly yes in its "
        "configuration, or by CONFIG SET in redis-cli.",
    ),
    (
        lambda facts: facts.get("appendfsync", "always") == "no",
        "This {name} may forget half a minute when its machine fails (appendfsync no): "
        "set appendfsync everysec or always in its configuration, or by CONFIG SET in redis-cli.",
    ),
    (
        lambda facts: facts.get("maxmemory_policy", "noeviction") != "noeviction",
        "This {name} throws the room away when its memory is full "
        "(maxmemory-policy {maxmemory_policy}): set maxmemory-policy noeviction.",
    ),
)


def refuse_foreign(key: str, found: str, wanted: str) -> None:
    """Raise EngineUnfit where a key is there already and holds something else."""
    if found not in (wanted, "none"):
        raise EngineUnfit(
            f"The key {key} holds what another program has put there (a {found}): "
            "give the room another name."
        )


class RedisFaults(Faults):
    """What they mean to a user of Redis, in a room."""

    errors = (redis.RedisError, OSError, ValueError)

    def __init__(self, user: str | None, password: str | None, room: str) -> None:
        self._user = user
        self._password = password
        self._room = room

    def reason(self, error: Exception) -> str:
        """See Faults."""
        for kind, words in _IN_A_FEW_WORDS:
            if isinstance(error, kind):
                return words
        if isinstance(error, redis.ResponseError):
            return "it says " + few_words(str(error), self._password)
        return system_reason(error) or HUNG_UP

    def sentence(self, error: Exception) -> str:
        """See Faults."""
        if isinstance(error, redis.exceptions.NoPermissionError):
            return self._lacks_rights()
        if isinstance(error, redis.AuthenticationError):
            return self._is_not_let_in()
        if cause_of(error, SSLCertVerificationError):
            return (
                f"Redis is not let near the room: {system_reason(error)}. Name the file of the "
                "authority that signed it, with ?ssl_ca_certs=FILE at the end of the URL."
            )
        will_pass = (redis.OutOfMemoryError, redis.ReadOnlyError)
        if isinstance(error, redis.ResponseError) and not isinstance(error, will_pass):
            return f"Redis refuses what a room needs: {few_words(str(error), self._password)}."
        return ""

    def _is_not_let_in(self) -> str:
        if self._password is None:
            return (
                "Redis asks for a password: redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST."
            )
        return "Redis does not take the user and the password of the URL."

    def _lacks_rights(self) -> str:
        user = self._user or "default"
        commands = " ".join(f"+{each}" for each in COMMANDS)
        return (
            f"Redis forbids the user {user} what a room needs. This allows it, in redis-cli: "
            f"ACL SETUSER {user} ~{self._room}:* {commands}"
        )
