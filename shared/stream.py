"""What a socket and a TLS connection have in common, so that one function can serve both.

A type for mypy and for the reader; nothing is written here that runs. `socket.socket` is a Stream
as it is, and so is phase4/transport/tls_socket.py's TLSSocket.
"""

from typing import Protocol


class Stream(Protocol):
    """A connected stream socket, or something that behaves like one (socket(7), tcp(7))."""

    def recv(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end of the stream."""

    def send(self, data: bytes | bytearray | memoryview, /) -> int:
        """Send some of it; how much. Where not all has left, call again with the rest."""

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """Send it all."""

    def shutdown(self, how: int, /) -> None:
        """End one direction or both; a thread that waits in recv() is woken."""

    def close(self) -> None:
        """Give the descriptor back."""

    def detach(self) -> int:
        """Forget the descriptor, and give its number."""

    def fileno(self) -> int:
        """The descriptor, to wait for."""

    def setblocking(self, flag: bool, /) -> None:
        """Whether to wait; if not, BlockingIOError is raised instead."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long to wait, before TimeoutError; None: for ever."""

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """Set one of the system's options."""
