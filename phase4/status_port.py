"""The status port: one line of JSON for whoever connects, from one thread for all of them.

People have a thread each, because each is a conversation, and a thread keeps its state for nothing.
A reader of the status says nothing and gets one line: the line goes out with one send() that does
not wait, and what a socket does not take is sent when it can take more, as in outbox.py. A hundred
readers at the same instant cost this process 4 ms so, and 21 ms with a thread for each.
"""

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.defaults import MAX_STATUS_CONNECTIONS, POLL_SECONDS, STATUS_SECONDS
from shared.listener import Listener
from shared.threaded_server import hang_up
from shared.wakeup import Wakeup

_PAUSE_SECONDS = 0.1  # before asking again a system that has no descriptor left

_ANSWERS_AT_A_TIME = 10
_BREATH_SECONDS = 0.005
"""So many answers take half a millisecond; then the chat has the process for itself for this long.
A hundred readers at once get their lines within 50 ms, which none of them notices, and nobody who
speaks waits for all of that. It also bounds what a flood of readers can take: 2,000 answers a
second, a tenth of a processor."""


@dataclass(eq=False, slots=True)
class _Reader:
    """Somebody who has not taken all of their line yet."""

    connection: socket.socket
    unsent: memoryview
    late_at: float  # time.monotonic()


class StatusPort:
    """Sends what `line` gives to whoever connects, and hangs up.

    A reader who has not taken it within STATUS_SECONDS is hung up on; so is the oldest of them,
    when there are more than `max_readers`: those who stall take the places from each other.
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
        self._report = report
        self._wakeup = Wakeup()
        self._stopping = False  # only ever set, by anyone; read by the serving thread
        # The serving thread only:
        self._selector = selectors.DefaultSelector()
        self._readers: dict[_Reader, None] = {}  # in order of arrival, and so of `late_at`
        self._answered = 0
        # A descriptor put by, for when there is no other: that is when an operator looks here.
        self._reserve: int | None = os.open(os.devnull, os.O_RDONLY)

    @property
    def readers(self) -> int:
        """How many have not taken all of their line yet. Any thread."""
        return len(self._readers)

    def serve(self) -> None:
        """Answer until `stop` is called; then close everything. One thread calls this, once."""
        for each in self.listener.sockets:
            self._selector.register(each, selectors.EVENT_READ)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        try:
            while not self._stopping:
                self._serve_once()
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame: it must be known
            self._report(f"A fault in this program stopped the status port: {error!r}")
        finally:
            for reader in list(self._readers):
                self._drop(reader)
            self._give_up_reserve()
            self.listener.close()
            self._selector.close()
            self._wakeup.close()

    def stop(self) -> None:
        """Make `serve` return. Any thread; again and again does no harm."""
        self._stopping = True
        self._wakeup.ring()

    def _serve_once(self) -> None:
        for key, _ in self._selector.select(POLL_SECONDS):
            if key.fileobj in self.listener.sockets:
                self._accept()
            elif key.data in self._readers:  # or it was dropped a moment ago, for a newcomer
                self._send(key.data)
        now = time.monotonic()
        while self._readers and (oldest := next(iter(self._readers))).late_at <= now:
            self._drop(oldest)

    def _accept(self) -> None:
        try:
            connection, _ = self.listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # it came and went
        except OSError:  # no descriptor is left; who wants to come in is still in the backlog
            if not self._give_up_reserve():
                self._wakeup.wait(_PAUSE_SECONDS)
            return
        connection.setblocking(False)
        line = memoryview(self._line())
        reader = _Reader(connection, line, time.monotonic() + STATUS_SECONDS)
        self._readers[reader] = None
        self._send(reader)
        self._answered += 1
        if self._answered % _ANSWERS_AT_A_TIME == 0:
            self._wakeup.wait(_BREATH_SECONDS)  # or less, at a stop

    def _send(self, reader: _Reader) -> None:
        try:
            reader.unsent = reader.unsent[reader.connection.send(reader.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(reader)
            return
        if not reader.unsent:
            self._drop(reader)
        elif reader.connection not in self._selector.get_map():
            self._selector.register(reader.connection, selectors.EVENT_WRITE, reader)
            if len(self._readers) > self._max_readers:
                self._drop(next(iter(self._readers)))

    def _drop(self, reader: _Reader) -> None:
        del self._readers[reader]
        if reader.connection in self._selector.get_map():
            self._selector.unregister(reader.connection)
        hang_up(reader.connection)
        if self._reserve is None:
            with contextlib.suppress(OSError):
                self._reserve = os.open(os.devnull, os.O_RDONLY)

    def _give_up_reserve(self) -> bool:
        """Whether there was one."""
        if self._reserve is None:
            return False
        os.close(self._reserve)
        self._reserve = None
        return True
