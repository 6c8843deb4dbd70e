"""A sign that what somebody was given has arrived: over TCP there is none but what they say next.

`send()` returns when the system has the bytes, and that says nothing of the peer. So what must not
be lost is kept until there is a sign. It is one where the peer says something, or ends its
direction, *after* all that it had said before was read and all of ours was handed to the system. On
Linux the system must have the peer's acknowledgement as well (tcp(7), SIOCOUTQ and TCP_INFO). A
peer that has not read what came ends with a reset, and that is no sign.

What arrives, and whose sign is lost on its way, is given once more. It is never lost instead.
"""

import socket
import struct
import sys
import threading

_DONE_SECONDS = 0.2
_BYTES_ACKED_AT = 120  # in struct tcp_info, of linux/tcp.h; since Linux 4.1


class Receipt:
    """Of what was delivered up to `last`. Its session's thread uses it; `left` is the writer's."""

    __slots__ = ("_has_left", "_is_all_read", "_mark", "account", "last")

    def __init__(self, account: str, last: int, *, is_all_read: bool) -> None:
        """`is_all_read`: nothing that the peer has said waits to be read, at this moment."""
        self.account = account
        self.last = last
        self._has_left = threading.Event()
        self._is_all_read = is_all_read

        # How far the peer must have acknowledged, in bytes of its connection; None: not known yet.
        self._mark: int | None = None

    def left(self) -> None:
        """All of it was given to the socket, or waits in the outbox."""
        self._has_left.set()

    def all_is_read(self) -> None:
        """From now on the peer says only what it says later than now."""
        self._is_all_read = self._is_all_read or self._has_left.is_set()

    def is_proved(self, connection: socket.socket, unsent_bytes: int) -> bool:
        """Whether what the peer has just said, or its end, shows that all has arrived."""
        # It may have answered before the writing thread was done with the others.
        if not (self._is_all_read and self._has_left.wait(_DONE_SECONDS)) or unsent_bytes:
            return False
        acknowledged, outstanding = _progress(connection)
        if not outstanding:
            return True
        if self._mark is None:
            self._mark = acknowledged + outstanding
        return acknowledged >= self._mark


def _progress(connection: socket.socket) -> tuple[int, int]:
    """How many bytes the peer has acknowledged, and how many it has not. (0, 0): not known."""
    if sys.platform != "linux":
        return 0, 0
    import fcntl
    import termios

    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        (waiting,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))
    except OSError:
        return 0, 0
    if len(info) < _BYTES_ACKED_AT + 8:
        return 0, waiting
    (acknowledged,) = struct.unpack_from("Q", info, _BYTES_ACKED_AT)
    return acknowledged, waiting
