"""A connection to PostgreSQL on which no wait is without a deadline.

A database that is frozen, or behind a network that is gone, answers nothing, and says nothing of
it. The library would wait for ever: libpq has a timeout for connecting, and none for an answer.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.waiting import Ready

from phase4.hub.contract import ANSWER_SECONDS, CONNECT_SECONDS, EngineUnfit
from phase4.hub.line import Line
from shared.deadline import Deadline

if TYPE_CHECKING:
    from psycopg.abc import PQGen

R = TypeVar("R")

# What the session is told. A statement that we have given up is not to be left behind in a queue.
# And the counter needs an isolation in which a statement that waited for its row sees it anew.
_SETTINGS = """
    SELECT set_config('statement_timeout', %s, false),
           set_config('default_transaction_isolation', 'read committed', false)
"""


class TimedConnection(psycopg.Connection[TupleRow]):
    """As psycopg's, for the thread that holds the line. Waits raise TimeoutError, or EngineDown."""

    is_notified = False
    """Whether a NOTIFY has come since this was last set to False."""

    def begin(self, line: "Line[TimedConnection]") -> None:
        """Do what every connection of ours begins with."""
        self._line = line
        self.add_notify_handler(self._notice)
        self.execute(_SETTINGS, (f"{ANSWER_SECONDS * 1000:.0f}",))

    def wait(self, gen: "PQGen[R]", *_: Any, **__: Any) -> R:
        """What the library's steps give when they are done. All its waiting happens here.

        Each step says for what it waits: to read, to write, or for either.
        """
        deadline = Deadline(ANSWER_SECONDS)
        try:
            events = next(gen)
            while ready := self._line.wait(self, deadline.seconds_left, int(events)):
                events = gen.send(Ready(ready))
        except StopIteration as done:
            result: R = done.value
            return result
        raise TimeoutError

    def wait_for_notice(self, seconds: float) -> None:
        """Wait for a NOTIFY, or for the end of the connection: the next statement tells which."""
        while self.pgconn.notifies():  # that came with the last answer
            self.is_notified = True
        if not self.is_notified:
            self._line.wait(self, seconds)

    def _notice(self, _: psycopg.Notify) -> None:
        self.is_notified = True


def conninfo_of(url: str, name: str) -> str:
    """The URL's options, and over them what we rely on.

    Raises EngineUnfit for a URL that libpq does not take.
    """
    try:
        return make_conninfo(
            url,
            application_name=name,
            client_encoding="UTF8",
            connect_timeout=round(CONNECT_SECONDS),
        )
    except psycopg.ProgrammingError:
        # Its text may show a piece of the URL, and so of the password.
        raise EngineUnfit(
            "This is not a URL of PostgreSQL. It looks like "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in the password "
            "as %XX."
        ) from None


def password_of(conninfo: str) -> str | None:
    """The password of the URL."""
    password = conninfo_to_dict(conninfo).get("password")
    return str(password) if password else None


def new_line(
    conninfo: str,
    *steps: Callable[[TimedConnection], object],
    has_ended: Callable[[TimedConnection], bool] = lambda connection: False,
) -> Line[TimedConnection]:
    """A line that connects when it is needed, and then takes these steps each time.

    So tables that were lost are made anew, for one. `has_ended`: see Line.
    """

    def connect() -> TimedConnection:
        connection = TimedConnection.connect(conninfo, autocommit=True)
        try:
            connection.begin(line)
            for step in steps:
                step(connection)
        except BaseException:
            _disconnect(connection)
            raise
        return connection

    line = Line(connect, _disconnect, has_ended)
    return line


def _disconnect(connection: TimedConnection) -> None:
    with suppress(psycopg.Error):
        connection.close()
