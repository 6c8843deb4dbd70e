"""A connection to PostgreSQL on which no wait is without a deadline.

A database that is frozen, or behind a network that is gone, answers nothing, and says nothing of
it. The library would wait for ever: libpq has a timeout for connecting, and none for an answer.
"""

from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg.waiting import Ready

from phase4.hub.contract import ANSWER_SECONDS
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
