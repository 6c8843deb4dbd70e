"""A socket that does not wait is asked to send, and what it cannot take is forgotten.

Phase: 3
Fails: test_a_client_that_reads_late_misses_no_line
"""

import contextlib
import socket

from tests.broken.broadcast import Broadcast


class NoRoomNoLine(Broadcast):
    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, or a part of it."""
        with contextlib.suppress(BlockingIOError):
            connection.send(text.encode() + b"\n", socket.MSG_DONTWAIT)


if __name__ == "__main__":
    NoRoomNoLine.main()
