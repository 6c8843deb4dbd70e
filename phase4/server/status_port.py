"""The status port: one line of JSON for each reader that connects.

A ThreadedServer, as the port for people is; but a reader says nothing, and its socket nearly always
takes the whole line with one send() that does not wait. So the accepting thread answers, and only a
reader whose socket did not take everything gets a thread. A hundred readers at the same instant
cost this process 10 ms so, and 40 ms with a thread for each.
"""

import socket
import threading
import time
from collections.abc import Callable

from shared.defaults import MAX_STATUS_CONNECTIONS, STATUS_SECONDS
from shared.goodbye import shut_down
from shared.listener import Listener
from shared.threaded_server import Bound, ThreadedServer

_ANSWERS_AT_A_TIME = 10
_BREATH_SECONDS = 0.005
"""So many answers take half a millisecond; then the chat has the process for itself for this long.
A hundred readers at once get their lines within 50 ms, which none of them notices, and nobody who
speaks waits for all of that. It also bounds what a flood of readers can take: 2,000 answers a
second, a tenth of a processor."""

_DRAIN_SECONDS = 0.1


class StatusPort:
    """Sends what `line` gives to each reader that connects, and hangs up.

    A reader that has not taken its line within STATUS_SECONDS is hung up on. So is the oldest such
    reader where there are more than `max_readers`: those that stall take places from each other.
    """

    def __init__(
        self,
        listener: Listener,
        line: Callable[[], bytes],
        *,
        max_readers: int = MAX_STATUS_CONNECTIONS,
        report: Callable[[str], None] = print,
    ) -> None:
        self.listener = listener
        self._line = line
        self._max_readers = max_readers
        self._answered = 0  # the accepting thread only
        self._lock = threading.Lock()
        # What each reader has not taken yet, in order of arrival. Under _lock: the accepting thread
        # adds to it and drops the oldest, each reader's own thread removes its own.
        self._rests: dict[socket.socket, memoryview] = {}
        self._server = ThreadedServer(
            listener,
            self._send_rest,
            bound=Bound(2 * max_readers),  # those that are dropped take a moment to be gone
            at_once=self._answer,
            full=b"",
            report=report,
        )
        self.stop = self._server.stop
        self.drain = self._server.drain

    @property
    def readers(self) -> int:
        """How many readers have not taken all of their line yet. Any thread."""
        return len(self._rests)

    def serve(self) -> None:
        """Answer until `stop` is called; then close everything. One thread calls this, once."""
        try:
            self._server.serve()
        finally:
            self.drain(_DRAIN_SECONDS)

    def _answer(self, connection: socket.socket) -> bool:
        """Send the line, as far as the socket takes it; whether it took everything."""
        self._answered += 1
        if self._answered % _ANSWERS_AT_A_TIME == 0:
            time.sleep(_BREATH_SECONDS)
        line = memoryview(self._line())
        connection.setblocking(False)
        try:
            rest = line[connection.send(line) :]
        except BlockingIOError:
            rest = line
        except OSError:
            return True  # the reader is gone
        if rest:
            self._keep(connection, rest)
        return not rest

    def _keep(self, connection: socket.socket, rest: memoryview) -> None:
        with self._lock:
            self._rests[connection] = rest
            oldest = next(iter(self._rests))
            if len(self._rests) > self._max_readers:
                del self._rests[oldest]
                shut_down(oldest)

    def _send_rest(self, connection: socket.socket, _: str) -> None:
        """In the reader's own thread. Raises OSError, as a TimeoutError where it is too slow."""
        connection.settimeout(STATUS_SECONDS)
        try:
            connection.sendall(self._rests.get(connection, b""))
        finally:
            with self._lock:
                self._rests.pop(connection, None)
