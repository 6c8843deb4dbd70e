"""The accept loop reads the first line: a client that says nothing yet holds up all others.

Phase: 2
Fails: test_two_clients_are_served_at_once
Fails: test_fifty_clients_are_served_at_once
"""

import contextlib
import socket

from tests.broken.echo import MAX_LINE, Echo


class FirstLineBeforeTheThread(Echo):
    def __init__(self) -> None:
        self.first: dict[socket.socket, bytes] = {}

    def welcome(self, connection: socket.socket) -> None:
        """Wait for the first piece; then let them be served."""
        with contextlib.suppress(OSError):
            self.first[connection] = connection.recv(MAX_LINE)
        super().welcome(connection)

    def receive(self, connection: socket.socket) -> bytes:
        """The next piece of the stream; nothing at its end."""
        return self.first.pop(connection, b"") or super().receive(connection)


if __name__ == "__main__":
    FirstLineBeforeTheThread.main()
