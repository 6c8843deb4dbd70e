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
from shared.libraries import how_to_get

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

REDIS = ("redis", "rediss", "unix")
POSTGRES = ("postgresql", "postgres")


def open_engine(url: str, *, room: str, server: str) -> Engine:
    """The engine at `url`, for the room of that name; it connects to nothing yet.

    `server` is the name by which `is_connected` knows this process. Raises EngineUnfit for what is
    not the URL of an engine, and where the library is missing.
    """
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    if scheme in REDIS:
        return _redis(url, room, server)
    if scheme in POSTGRES:
        return _postgres(url, room, server)
    raise EngineUnfit(
        "An engine is named by a URL that begins with redis://, rediss://, unix:// or postgresql://."
    )


def _redis(url: str, room: str, server: str) -> Engine:
    try:
        from phase4.hub.redis_engine import RedisEngine
    except ImportError as error:
        raise _lacks("Redis", "redis", error) from error
    return RedisEngine(url, room=room, server=server)


def _postgres(url: str, room: str, server: str) -> Engine:
    try:
        from phase4.hub.postgres_engine import PostgresEngine
    except ImportError as error:
        raise _lacks("PostgreSQL", "psycopg[binary]", error) from error
    return PostgresEngine(url, room=room, server=server)


def _lacks(name: str, library: str, error: ImportError) -> EngineUnfit:
    return EngineUnfit(f"A room in {name} needs a library that is not here: {how_to_get(library)}")
