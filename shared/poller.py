"""Wait for sockets, with a call of the system that takes any number of descriptors.

select() refuses descriptors over 1,023, and a crowded server has those. poll() takes them all, and
unlike epoll and kqueue it needs no descriptor of its own. Windows has only select(), which there
counts the sockets instead. The standard library's socketserver chooses in the same way.
"""

import errno
import os
import select
import selectors
import socket
from typing import Protocol

Poller: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""A selector for one thread. There is nothing to close: it has no descriptor."""


class HasDescriptor(Protocol):
    """Whatever can be waited for: a socket, a Stream, a Wakeup."""

    def fileno(self) -> int:
        """The descriptor; negative once it is closed."""


def is_ready(connection: HasDescriptor, seconds: float | None, *, write: bool = False) -> bool:
    """Whether it can be read (or written) within `seconds`; None waits for ever. Any thread.

    Its end and its faults count as well. Raises OSError where it is closed already.
    """
    poller = Poller()
    try:
        poller.register(connection, selectors.EVENT_WRITE if write else selectors.EVENT_READ)
    except ValueError as error:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from error
    return bool(poller.select(seconds))


class Readable:
    """Waits for one socket again and again, at the least cost: a server does it for each line.

    A selector does the same, in Python. One thread waits; there is nothing to close.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._poller = None
        if hasattr(select, "poll"):
            self._poller = select.poll()
            self._poller.register(connection, select.POLLIN)

    def wait(self, seconds: float | None) -> bool:
        """Whether it can be read, or has ended, within `seconds`; None waits for ever."""
        if self._poller is None:
            return is_ready(self._connection, seconds)
        return bool(self._poller.poll(None if seconds is None else max(0.0, seconds) * 1000))


def hangs_up(connection: socket.socket, seconds: float) -> bool:
    """Wait `seconds`, or less if the connection is reset or shut down: then True.

    What can be read is left alone. Windows does not tell: there it is False, after `seconds`.
    """
    if hasattr(select, "poll"):
        return _poll(connection, 0, seconds)  # errors and hang-ups are always reported
    return bool(select.select([], [], [connection], seconds)[2])


def has_ended(connection: socket.socket) -> bool:
    """Whether the peer's end (FIN) has come, though there may be much to read before it.

    Linux tells. Where the system does not, this is False: the end is seen when all is read.
    """
    return hasattr(select, "POLLRDHUP") and _poll(connection, select.POLLRDHUP, 0)


def _poll(connection: socket.socket, events: int, seconds: float) -> bool:
    poller = select.poll()
    poller.register(connection, events)
    return bool(poller.poll(seconds * 1000))
