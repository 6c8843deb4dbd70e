"""The engine that a URL names. Other modules take from here all that there is to know of engines.

Each engine has a library of its own, which is loaded when that engine is asked for, and no sooner.
"""

from phase4.hub.contract import (
    ANSWER_SECONDS,
    KEEP_BATCHES,
    READ_ENTRIES,
    Engine,
    EngineDown,
    EngineUnfit,
    Entry,
)
from phase4.hub.urls import is_redis, lacks_postgres, lacks_redis

__all__ = [
    "ANSWER_SECONDS",
    "KEEP_BATCHES",
    "READ_ENTRIES",
    "Engine",
    "EngineDown",
    "EngineUnfit",
    "Entry",
    "open_engine",
]


def open_engine(url: str, *, room: str, server: str) -> Engine:
    """The engine at `url`, for the room of that name; it connects to nothing yet.

    `server` is the name by which `is_connected` knows this process. Raises EngineUnfit for what is
    not the URL of an engine, and where the library is missing.
    """
    if is_redis(url):
        return _redis(url, room, server)
    return _postgres(url, room, server)


def _redis(url: str, room: str, server: str) -> Engine:
    try:
        from phase4.hub.redis_engine import RedisEngine
    except ImportError as error:
        raise lacks_redis() from error
    return RedisEngine(url, room=room, server=server)


def _postgres(url: str, room: str, server: str) -> Engine:
    try:
        from phase4.hub.postgres_engine import PostgresEngine
    except ImportError as error:
        raise lacks_postgres() from error
    return PostgresEngine(url, room=room, server=server)
