"""Accept connections and give each a thread. Taught by hand in phase2/server.py.

Phase 2 writes the accept loop, the threads, the lock and the shutdown. What this adds is what a
server that is left alone needs: a bound on the number of threads, an answer for clients that come
when it is reached, an answer when the system has no descriptor left, and a way to stop that works
from any thread and from a signal handler.

The thread in `serve` accepts and starts threads. Each connection's own thread serves and closes it.
The thread that calls `drain` ends the connections that are left.
"""

import contextlib
import errno
import os
import selectors
import socket
import threading
from collections.abc import Callable

from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import DRAIN_SECONDS, MAX_CLIENTS, POLL_SECONDS
from shared.framing import encode_line
from shared.goodbye import hang_up, say_goodbye, shut_down, turn_away
from shared.listener import Listener
from shared.poller import Poller
from shared.wakeup import Wakeup

Handler = Callable[[socket.socket, str], None]
"""Serves one connection until its end: handler(connection, "host:port")."""

FULL = encode_line("! The server is full; try again later.")

_NO_DESCRIPTOR_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_MAX_REFUSING_THREADS = 32

_THREAD_STACK_BYTES = 256 * 1024
"""Of address space. The system's 8 MiB would leave space for few threads."""

_CROWDED = 128
"""How many connections before the last it is crowded: one that is being ended takes a moment."""

_PAUSE_SECONDS = 0.1
"""Before asking again a system that has no descriptor or thread left."""


class Bound:
    """How many connections there may be, on one port or on several together. Any thread."""

    def __init__(self, most: int = MAX_CLIENTS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken = 0  # under _lock

    def take(self) -> bool:
        """Take a place for a connection, which is to be given back; whether there was one."""
        with self._lock:
            is_there = self._taken < self._most
            self._taken += is_there
        return is_there

    def give_back(self) -> None:
        """The connection of a place is over."""
        with self._lock:
            self._taken -= 1

    @property
    def is_crowded(self) -> bool:
        """Whether there are nearly as many connections as are allowed."""
        return self._taken >= self._most - _CROWDED


class ThreadedServer:
    """A listener, and a thread for each connection that it accepts.

    `handler` runs in the connection's thread; the connection is closed when it returns. Where it
    leaves a ConnectionError or TimeoutError, the peer is gone, which is ordinary; anything else is
    reported and ends that connection alone.

    `full` is the answer to clients that come when `bound` has no place left; empty where they could
    not read it, as over TLS. Several servers may share a bound. When it is crowded, `on_crowded` is
    called in the accepting thread at each newcomer: it may end a connection that is of less use,
    on any of the ports. `at_once` is tried first, in the accepting thread, and must not wait: where
    it is True, the connection is served already and needs no thread. `each_turn` is called there as
    well, several times a second, and must be quick.
    """

    def __init__(
        self,
        listener: Listener,
        handler: Handler,
        *,
        bound: Bound | None = None,
        on_crowded: Callable[[], None] = lambda: None,
        at_once: Callable[[socket.socket], bool] = lambda connection: False,
        full: bytes = FULL,
        report: Callable[[str], None] = print,
        each_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self.listener = listener
        self._handler = handler
        self._bound = bound or Bound()
        self._on_crowded = on_crowded
        self._at_once = at_once
        self._full = full
        self._report = report
        self._each_turn = each_turn
        self._wakeup = Wakeup()
        # Any thread sets it, and it stays. The accepting thread reads it.
        self._stopping = False
        # One descriptor put by, so that a client can be told when there is no other; see _accept.
        # The accepting thread's, until `drain` closes it.
        self._reserve: int | None = os.open(os.devnull, os.O_RDONLY)

        self._lock = threading.Lock()

        # --- under _lock ---

        # The thread that serves each connection. Accepting adds, the thread itself removes.
        self._threads: dict[threading.Thread, socket.socket] = {}
        # Threads that say goodbye to a client which found no place.
        self._refusing = 0
        # Connections that were turned away, ever.
        self.refused = 0

    @property
    def connections(self) -> int:
        """How many connections are being served. Any thread."""
        with self._lock:
            return len(self._threads)

    def serve(self) -> None:
        """Accept until `stop` is called; then close the listener. One thread calls this, once."""
        poller = Poller()
        poller.register(self._wakeup, selectors.EVENT_READ)
        for each in self.listener.sockets:
            poller.register(each, selectors.EVENT_READ)
        try:
            while not self._stopping:
                # Never for ever: Python runs a signal handler between two steps of the main thread,
                # so one that comes after the last step before poll() would wait until poll()
                # returns. And Windows notices Ctrl-C only between calls.
                poller.select(POLL_SECONDS)
                self._each_turn()
                if not self._stopping:
                    self._accept()
        finally:
            self.listener.close()

    def stop(self) -> None:
        """Make `serve` return. Any thread or signal handler; again and again does no harm."""
        self._stopping = True
        self._wakeup.ring()

    def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """End every connection and wait for its thread, `seconds` in all; whether all ended.

        shutdown() is what wakes a thread that waits in recv(); close() alone does not.
        """
        self._stopping = True
        deadline = Deadline(seconds)
        with self._lock:
            remaining = dict(self._threads)
        for connection in remaining.values():
            shut_down(connection)
        for thread in remaining:
            thread.join(deadline.seconds_left)
        with self._lock:
            if self._reserve is not None:
                os.close(self._reserve)
                self._reserve = None
        self._wakeup.close()
        return not any(thread.is_alive() for thread in remaining)

    # --- the accepting thread ----------------------------------------------------------------

    def _accept(self) -> None:
        """Take one connection and hand it to a thread. Nothing in here may wait for a peer."""
        try:
            connection, address = self.listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # it came and went
        except OSError as error:
            if error.errno not in _NO_DESCRIPTOR_LEFT:
                raise
            self._refuse_with_reserve(error)
            return
        if self._at_once(connection):
            hang_up(connection)
            return
        if self._bound.is_crowded:
            self._on_crowded()
        if not self._bound.take():
            self._refuse(connection)
            return
        with self._lock:
            is_welcome = self._start(self._serve_one, connection, address)
        if not is_welcome:
            self._bound.give_back()
            self._refuse(connection)

    def _start(self, target: Handler, connection: socket.socket, address: object) -> bool:
        """Start the thread of a connection, under _lock; False if the system has no space."""
        text = str(Address.of(address))
        thread = threading.Thread(target=target, args=(connection, text), name=text, daemon=True)
        self._threads[thread] = connection
        is_started = _start_with_small_stack(thread)
        if not is_started:
            del self._threads[thread]
        return is_started

    def _refuse(self, connection: socket.socket) -> None:
        with self._lock:
            self.refused += 1
            alone = self._refusing >= _MAX_REFUSING_THREADS
            if not alone:
                self._refusing += 1
        if alone or not self._start_refusing(connection):
            turn_away(connection, self._full)

    def _start_refusing(self, connection: socket.socket) -> bool:
        def refuse() -> None:
            try:
                say_goodbye(connection, self._full)
            finally:
                with self._lock:
                    self._refusing -= 1

        thread = threading.Thread(target=refuse, name="refusing", daemon=True)
        is_started = _start_with_small_stack(thread)
        if not is_started:
            with self._lock:
                self._refusing -= 1
        return is_started

    def _refuse_with_reserve(self, error: OSError) -> None:
        """No descriptor is left: give up the reserve, take the newcomer, say so, take it back.

        Without this the newcomer would stay in the backlog and select() would report it at once,
        for ever: a server that burns a whole CPU to do nothing.
        """
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None
        with contextlib.suppress(OSError):
            connection, _ = self.listener.accept()
            if self._at_once(connection):
                hang_up(connection)
            else:
                turn_away(connection, self._full)
                with self._lock:
                    self.refused += 1
                self._report(f"Somebody was turned away: {error.strerror}.")
        with contextlib.suppress(OSError):
            self._reserve = os.open(os.devnull, os.O_RDONLY)
        if self._reserve is None:  # another thread was quicker: the newcomer waits, and so do we
            self._wakeup.wait(_PAUSE_SECONDS)

    # --- the thread of one connection ---------------------------------------------------------

    def _serve_one(self, connection: socket.socket, address: str) -> None:
        try:
            self._handler(connection, address)
        except (ConnectionError, TimeoutError):
            pass  # the peer is gone
        except OSError as error:
            self._report(f"{address}: the connection ended: {error.strerror or error}.")
        except BaseException as error:  # noqa: BLE001 - a thread's outermost frame: one bug, one connection
            self._report(f"{address}: a fault in this program: {error!r}")
        finally:
            with self._lock:
                self._threads.pop(threading.current_thread(), None)
            self._bound.give_back()
            hang_up(connection)


def _start_with_small_stack(thread: threading.Thread) -> bool:
    """Start a thread; False where the system has no space for one more."""
    before = threading.stack_size(_THREAD_STACK_BYTES)  # the setting is the whole process's
    try:
        thread.start()
    except (RuntimeError, MemoryError):
        return False
    finally:
        threading.stack_size(before)
    return True
