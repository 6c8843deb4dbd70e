"""A client that never sends a newline fills the memory.

Phase: 1
Fails: test_64_kib_without_a_newline_end_the_connection
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class NoBound(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, however long they are."""
        unfinished = b""
        while data := connection.recv(4096):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole


if __name__ == "__main__":
    NoBound.main()
