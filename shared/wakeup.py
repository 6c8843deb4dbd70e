"""A doorbell: lets any thread, or a signal handler, wake one thread that waits for sockets.

A thread that waits for a socket does not notice a variable that changes. So it waits for one more
socket as well, and whoever wants its attention writes a byte into the other end. (D. J. Bernstein
described this as the self-pipe trick; sockets are used because Windows cannot select() a pipe.)
"""

import contextlib
import socket

from shared.poller import is_ready


class Wakeup:
    """One waiter, any number of ringers.

    `ring` takes no lock, so a signal handler may call it: a handler runs between two steps of the
    main thread, and would wait for ever for a lock that the main thread itself holds.
    """

    def __init__(self) -> None:
        self._waiting_end, self._ringing_end = socket.socketpair()
        self._waiting_end.setblocking(False)
        self._ringing_end.setblocking(False)

    def fileno(self) -> int:
        """The descriptor to wait for, so that a Wakeup can be given to select or a selector."""
        return self._waiting_end.fileno()

    def ring(self) -> None:
        """Wake the waiter, now or when it next waits. Any thread; safe after `close`."""
        # A full buffer means that it is ringing already, a closed one that nobody waits any more.
        with contextlib.suppress(OSError):
            self._ringing_end.send(b"!")

    def clear(self) -> None:
        """Take back the rings so far. Only the waiting thread."""
        with contextlib.suppress(OSError):  # nothing to take back
            self._waiting_end.recv(65536)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; True if there was one. Does not clear it."""
        return is_ready(self._waiting_end, seconds)

    def close(self) -> None:
        """Give the descriptors back."""
        self._waiting_end.close()
        self._ringing_end.close()
