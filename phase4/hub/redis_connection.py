"""Connections to Redis, on which no wait is without a deadline.

The library makes them and reads the answers. It repeats nothing by itself: then nobody would know
what was sent twice.
"""

from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from phase4.hub.contract import ANSWER_SECONDS, CONNECT_SECONDS, EngineUnfit
from phase4.hub.line import Line, is_readable

_parse_url: Any = redis.connection.parse_url
Connection = Any  # redis.Connection, or one of its kinds: the library's own types are of no help


def pool_of(url: str, name: str) -> redis.ConnectionPool:
    """What makes connections: the URL's options, and over them what we rely on.

    Raises EngineUnfit for a URL that the library does not take.
    """
    ours: dict[str, Any] = {
        "client_name": name,
        "decode_responses": False,
        "health_check_interval": 0,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
    }
    try:
        pool = redis.ConnectionPool(**_parse_url(url) | ours)
        pool.make_connection()  # which connects to nothing, and refuses options that are not known
    except (ValueError, TypeError, redis.RedisError):
        # Its text may show a piece of the URL, and so of the password.
        raise EngineUnfit(
            "This is not a URL of Redis. It looks like redis://USER:PASSWORD@HOST:PORT/DATABASE, "
            "with what is special in the password as %XX."
        ) from None
    return pool


def login_of(pool: redis.ConnectionPool) -> tuple[str | None, str | None]:
    """User and password of the URL."""
    options = pool.connection_kwargs
    return options.get("username"), options.get("password")


def new_line(
    pool: redis.ConnectionPool, has_ended: Callable[[Connection], bool] = lambda connection: False
) -> Line[Connection]:
    """A line that connects when it is needed. `has_ended`: see Line."""

    def connect() -> Connection:
        connection: Connection = pool.make_connection()
        connection.connect()
        return connection

    return Line(connect, lambda connection: connection.disconnect(), has_ended)


def has_ended(connection: Connection) -> bool:
    """Of one that has nothing to say by itself: whether Redis has ended it meanwhile."""
    return is_readable(connection._sock)


def ask(line: Line[Connection], *command: str | bytes | int, seconds: float = 0.0) -> Any:
    """The answer, as the protocol has it; the engine waits up to `seconds` before it gives one.

    Raises what the library raises, and EngineDown.
    """
    with line.held() as connection:
        connection.send_command(*command)
        # The library gives its socket no public name.
        if not line.wait(connection._sock, ANSWER_SECONDS + seconds):
            raise redis.TimeoutError
        try:
            return connection.read_response()
        except redis.ReadOnlyError:  # the next connection may lead to its new master
            raise
        except redis.ResponseError as error:  # an answer as well: the connection is sound
            refusal = error
    raise refusal
