"""Connect to a host by its name, and be woken meanwhile.

`socket.create_connection` does it in one call, and waits as long as the system likes; nobody could
press Cancel. So: look up the addresses, begin to connect to each in turn without waiting for it
(connect(2), EINPROGRESS), and wait for the socket and for a doorbell together.
"""

import contextlib
import errno
import os
import selectors
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from phase4.client.events import Ended
from shared.address import Address, ip_address
from shared.deadline import Deadline
from shared.poller import Poller
from shared.stream import Stream
from shared.wakeup import Wakeup

CONNECT_SECONDS = 10.0
"""To connect, in all. The system itself would try for two minutes, and nobody waits so long."""


class Waiter:
    """Waits until the stream can be read or written, or the doorbell rings. One thread only."""

    def __init__(self, stream: Stream, wakeup: Wakeup) -> None:
        self._stream = stream
        self._poller = Poller()
        self._poller.register(wakeup, selectors.EVENT_READ)
        self._wanted = 0

    def wait(self, *, read: bool, write: bool, seconds: float | None) -> tuple[bool, bool]:
        """Whether the stream can be read, and written; after `seconds` at the latest."""
        wanted = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
        if wanted != self._wanted:
            if self._wanted:
                self._poller.unregister(self._stream)
            if wanted:
                self._poller.register(self._stream, wanted)
            self._wanted = wanted
        ready = 0
        if read and getattr(self._stream, "has_pending", False):  # the system knows nothing of it
            ready, seconds = selectors.EVENT_READ, 0.0
        for key, events in self._poller.select(seconds):
            if key.fileobj is self._stream:
                ready |= events
        return bool(ready & selectors.EVENT_READ), bool(ready & selectors.EVENT_WRITE)


@dataclass(frozen=True, slots=True)
class Doorbell:
    """What may interrupt the way to a connection."""

    wakeup: Wakeup
    on_ring: Callable[[], None]
    """Called whenever it may have rung. It raises to give up."""

    def turns(self, stream: Stream, deadline: Deadline, *, write: bool = False) -> Iterator[bool]:
        """Look at the stream again and again; each time, whether it can be read (or written).

        Raises TimeoutError once the deadline has passed, and what `on_ring` raises.
        """
        waiter = Waiter(stream, self.wakeup)
        is_ready = False
        while True:
            self.wakeup.clear()  # before looking at what was rung for, never after
            self.on_ring()
            yield is_ready
            is_ready = waiter.wait(read=not write, write=write, seconds=deadline.timeout())[write]


def is_within_machine(stream: Stream) -> bool:
    """Whether what is sent without TLS leaves this machine nowhere: both ends are on it."""
    if not isinstance(stream, socket.socket):
        return False
    try:
        return ip_address(Address.of(stream.getpeername()).host).is_loopback
    except (OSError, ValueError):  # it is lost already; or another kind of socket
        return False


def dial(host: str, port: int, doorbell: Doorbell) -> socket.socket:
    """A connected, non-blocking socket. Each address of the host gets its share of the time.

    Raises Ended, with a sentence for the person, where there is no connection to be had.
    """
    addresses = _look_up(host, port)
    deadline = Deadline(CONNECT_SECONDS)
    refusal: OSError = TimeoutError()
    for index, address in enumerate(addresses):
        share = Deadline(deadline.seconds_left / (len(addresses) - index))
        try:
            return _connect_to(address, share, doorbell)
        except OSError as error:
            refusal = error
    raise Ended(_why_no_connection(f"{host} port {port}", refusal))


def _look_up(host: str, port: int) -> list[Any]:
    if not 0 < port < 65536:
        raise Ended(f"{port} is not a valid port; a port is a number from 1 to 65535.")
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # ValueError: a name cannot be like that
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise Ended(
                f"The name {host!r} could not be looked up; does the network work?"
            ) from error
        raise Ended(f"There is no host {host!r}; check its name.") from error


def _connect_to(address: Any, deadline: Deadline, doorbell: Doorbell) -> socket.socket:
    family, kind, protocol, _, where = address
    with contextlib.ExitStack() as on_failure:
        connection = on_failure.enter_context(socket.socket(family, kind, protocol))
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):  # it has only begun: the usual case
            connection.connect(where)
        any(doorbell.turns(connection, deadline, write=True))  # until it is decided
        if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))
        on_failure.pop_all()
    return connection


def _why_no_connection(place: str, error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"{place} did not answer within {CONNECT_SECONDS:g} seconds."
    if isinstance(error, ConnectionRefusedError) or error.errno == errno.ECONNREFUSED:
        return f"No server listens on {place}. Is it running? Is that its port?"
    return f"{place} cannot be reached: {error.strerror or error}."
