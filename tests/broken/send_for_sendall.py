"""send() may send a part of what it is given, and says how much; nobody listens.

Only a socket that does not wait does that: a blocking one waits until the system has taken all, on
the systems that we know. So this mistake sleeps until somebody makes the socket non-blocking.

Phase: 1
Fails: test_a_client_that_reads_late_gets_everything
"""

import contextlib
import select
import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo, run


class SendForSendall(Echo):
    """The mistake is in here."""

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, from a socket that does not wait."""
        connection.setblocking(False)
        unfinished = b""
        while select.select([connection], [], []) and (data := connection.recv(4096)):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole
            if len(unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, or a part of it, or nothing."""
        with contextlib.suppress(BlockingIOError):
            connection.send(text.encode() + b"\n")


if __name__ == "__main__":
    run(SendForSendall)
