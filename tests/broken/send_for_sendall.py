"""send() may send a part of what it is given, and says how much; nobody listens.

Only a socket that does not wait does that: a blocking one waits until the system has taken all, on
the systems that we know. So this mistake sleeps until somebody makes the socket non-blocking.

Phase: 1
Fails: test_a_client_that_reads_late_gets_everything
"""

import contextlib
import select
import socket

from tests.broken.echo import Echo


class SendForSendall(Echo):
    def receive(self, connection: socket.socket) -> bytes:
        """The next piece, from a socket that does not wait."""
        connection.setblocking(False)
        select.select([connection], [], [])
        return super().receive(connection)

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, or a part of it, or nothing."""
        with contextlib.suppress(BlockingIOError):
            connection.send(text.encode() + b"\n")


if __name__ == "__main__":
    SendForSendall.main()
