"""The records of a room, in the engine that a URL names. Other modules take all of it from here."""

from phase4.hub.contract import EngineDown, EngineUnfit
from phase4.hub.records_contract import Place, Records
from phase4.hub.urls import is_redis, lacks_postgres, lacks_redis

__all__ = ["EngineDown", "EngineUnfit", "Place", "Records", "open_records"]


def open_records(url: str, *, room: str, server: str) -> Records:
    """What is kept for the room of that name; it connects to nothing yet. As open_engine.

    Raises EngineUnfit for what is not the URL of an engine, and where the library is missing.
    """
    return (_redis if is_redis(url) else _postgres)(url, room, server)


def _redis(url: str, room: str, server: str) -> Records:
    try:
        from phase4.hub.redis_records import RedisRecords
    except ImportError as error:
        raise lacks_redis() from error
    return RedisRecords(url, room=room, server=server)


def _postgres(url: str, room: str, server: str) -> Records:
    try:
        from phase4.hub.postgres_records import PostgresRecords
    except ImportError as error:
        raise lacks_postgres() from error
    return PostgresRecords(url, room=room, server=server)
