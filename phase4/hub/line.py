"""A connection to an engine: made when it is needed, and anew after a fault. One user at a time.

New here: a thread that waits for an answer must not keep the server from stopping. No library lets
another thread end such a wait. (To close a socket under a thread that uses it does not wake it, and
its number may be another's a moment later.) So the thread waits here, before it lets the library
read: for the answer, and for a doorbell as well (shared/wakeup.py).
"""

import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from phase4.hub.contract import ANSWER_SECONDS, EngineDown
from shared.deadline import Deadline
from shared.poller import HasDescriptor, Poller, Readable
from shared.wakeup import Wakeup

CLOSE_SECONDS = 0.5
"""How long one who closes waits for the threads inside, which were woken. One that looks for an
address, or connects, cannot be woken: it ends its connection by itself, a moment later."""

C = TypeVar("C")


class Line(Generic[C]):
    """Whoever uses it holds its lock; others wait for their turn, and not for ever."""

    def __init__(
        self,
        connect: Callable[[], C],
        disconnect: Callable[[C], None],
        has_ended: Callable[[C], bool] = lambda connection: False,
    ) -> None:
        """`has_ended` tells of a connection that was not used for a while, and waits for nothing.

        Where it does, the next user gets another one, and hears of nothing. By default they find
        out, as those want to who must know that they have missed something.
        """
        self._connect = connect
        self._disconnect = disconnect
        self._has_ended = has_ended
        self._lock = threading.Lock()
        self._wakeup = Wakeup()  # rung once, by wake(), and never cleared: it wakes every wait
        self._connection: C | None = None  # under the lock
        self._readable: Readable | None = None
        self.connections = 0  # made so far; written under the lock
        self._is_closed = False  # set by wake(), whatever the lock

    @contextmanager
    def held(self) -> Iterator[C]:
        """The connection. An exception in the `with` ends it. What `connect` raises comes as it is.

        Raises EngineDown once closed, and where others have it for longer than ANSWER_SECONDS.
        """
        if not self._lock.acquire(timeout=ANSWER_SECONDS):
            raise EngineDown("many wait for its answer")
        try:
            with self._used() as connection:
                yield connection
        finally:
            self._lock.release()

    @contextmanager
    def _used(self) -> Iterator[C]:
        self._refuse_if_closed()
        try:
            if self._connection is not None and self._has_ended(self._connection):
                self._drop()
            if self._connection is None:
                self._connection = self._connect()
                self.connections += 1
            yield self._connection
        except BaseException:
            self._drop()
            raise
        finally:
            if self._is_closed:
                self._end()

    def wait(self, what: HasDescriptor, seconds: float, events: int = selectors.EVENT_READ) -> int:
        """Which of the events came within `seconds`; 0: none. Whoever holds the line.

        Raises EngineDown when the line is closed, at once.
        """
        if events == selectors.EVENT_READ:
            ready = events if self._readable_of(what).wait(seconds) else 0
        else:
            poller = Poller()
            poller.register(what, events)
            poller.register(self._wakeup, selectors.EVENT_READ)
            found = {key.fileobj: event for key, event in poller.select(seconds)}
            ready = found.get(what, 0)
        self._refuse_if_closed()
        return ready

    def _readable_of(self, what: HasDescriptor) -> Readable:
        """It is kept, as most waits are for the same; while one connects, it may be another's."""
        if self._readable is None or not self._readable.is_of(what):
            self._readable = Readable(what, self._wakeup)
        return self._readable

    def wake(self) -> None:
        """From here on, nobody waits or begins. Any thread; again does no harm."""
        self._is_closed = True
        self._wakeup.ring()

    def close(self, seconds: float) -> None:
        """End the connection, or let whoever has not left within `seconds` do it. After wake()."""
        if self._lock.acquire(timeout=seconds):
            self._end()
            self._lock.release()

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise EngineDown("it was closed")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._readable = None
        if connection is not None:
            self._disconnect(connection)

    def _end(self) -> None:
        self._drop()
        self._wakeup.close()


def close_all(*lines: Line[C]) -> None:
    """End these lines, and all that wait in them. Any thread; again does no harm."""
    for line in lines:
        line.wake()
    deadline = Deadline(CLOSE_SECONDS)
    for line in lines:
        line.close(deadline.seconds_left)


def is_readable(what: HasDescriptor) -> bool:
    """Whether there is anything to read by now, or its end."""
    poller = Poller()
    poller.register(what, selectors.EVENT_READ)
    return bool(poller.select(0))
