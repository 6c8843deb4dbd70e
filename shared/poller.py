"""Wait for sockets, with a call of the system that takes any number of descriptors.

select() refuses descriptors over 1,023, and a crowded server has those. poll() takes them all, and
unlike epoll and kqueue it needs no descriptor of its own. Windows has only select(), which there
counts the sockets instead: Python lets it take 512. So there many are asked for in portions.
"""

import errno
import os
import select
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from typing import Protocol

_TURN_SECONDS = 0.02
"""How long one portion of many is waited for, before the others are asked again."""

Ready = list[tuple[selectors.SelectorKey, int]]


class PortionSelector(selectors.SelectSelector):
    """select(), for more sockets than it takes in one call. What was registered first wakes it."""

    most_at_once = 500

    def select(self, timeout: float | None = None) -> Ready:
        """What is ready within `timeout` seconds; None waits for ever."""
        keys = [*self.get_map().values()]
        if len(keys) <= self.most_at_once:
            return super().select(timeout)
        until = None if timeout is None else time.monotonic() + timeout
        steps = range(0, len(keys), self.most_at_once)
        portions = [keys[step : step + self.most_at_once] for step in steps]
        while not (ready := [each for portion in portions for each in _ready(portion, 0)]):
            left = _TURN_SECONDS if until is None else until - time.monotonic()
            if left <= 0:
                break
            _ready(portions[0], min(left, _TURN_SECONDS))
        return ready


def _ready(keys: Sequence[selectors.SelectorKey], seconds: float) -> Ready:
    reading = {key.fd: key for key in keys if key.events & selectors.EVENT_READ}
    writing = {key.fd: key for key in keys if key.events & selectors.EVENT_WRITE}
    # On Windows a connection that could not be made is an exception, as in `selectors`.
    can_read, can_write, failed = select.select(reading, writing, writing, seconds)
    events = dict.fromkeys([*can_read, *can_write, *failed], 0)
    for descriptor in can_read:
        events[descriptor] |= selectors.EVENT_READ
    for descriptor in (*can_write, *failed):
        events[descriptor] |= selectors.EVENT_WRITE
    return [((reading | writing)[each], event) for each, event in events.items()]


Poller: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", PortionSelector)
"""A selector for one thread. There is nothing to close: it has no descriptor."""

ManyPoller: type[selectors.BaseSelector] = (
    PortionSelector if sys.platform == "win32" else selectors.DefaultSelector
)
"""The quickest one for many sockets that stay registered. It has to be closed."""


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

    def __init__(self, connection: HasDescriptor, doorbell: HasDescriptor | None = None) -> None:
        """Whoever rings the `doorbell` ends the wait as well."""
        self._connection = connection
        self._descriptor = connection.fileno()
        self._doorbell = doorbell
        self._poller = None
        if hasattr(select, "poll"):
            self._poller = select.poll()
            for each in filter(None, (connection, doorbell)):
                self._poller.register(each, select.POLLIN)

    def wait(self, seconds: float | None) -> bool:
        """Whether it can be read, or has ended, within `seconds`; None waits for ever."""
        if self._poller is None:
            return self._select(seconds)
        ready = self._poller.poll(None if seconds is None else max(0.0, seconds) * 1000)
        return any(descriptor == self._descriptor for descriptor, _ in ready)

    def is_of(self, connection: HasDescriptor) -> bool:
        """Whether it waits for this one, under the descriptor that it has now."""
        return self._connection is connection and self._descriptor == connection.fileno()

    def _select(self, seconds: float | None) -> bool:
        poller = Poller()
        for each in filter(None, (self._connection, self._doorbell)):
            poller.register(each, selectors.EVENT_READ)
        return any(key.fileobj is self._connection for key, _ in poller.select(seconds))


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
