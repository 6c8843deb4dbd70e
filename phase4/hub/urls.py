"""Which engine a URL names, and what to say where it names none, or its library is missing."""

from phase4.hub.contract import EngineUnfit
from shared.libraries import how_to_get

_REDIS = ("redis", "rediss", "unix")
_POSTGRES = ("postgresql", "postgres")


def is_redis(url: str) -> bool:
    """Whether it names a Redis; else it names a PostgreSQL. Raises EngineUnfit where neither."""
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    if scheme not in (*_REDIS, *_POSTGRES):
        raise EngineUnfit(
            "An engine is named by a URL that begins with redis://, rediss://, unix:// or "
            "postgresql://."
        )
    return scheme in _REDIS


def lacks_redis() -> EngineUnfit:
    """What to raise where redis-py is not installed."""
    return EngineUnfit(f"A room in Redis needs a library that is not here: {how_to_get('redis')}")


def lacks_postgres() -> EngineUnfit:
    """What to raise where psycopg is not installed."""
    return EngineUnfit(
        f"A room in PostgreSQL needs a library that is not here: {how_to_get('psycopg[binary]')}"
    )
