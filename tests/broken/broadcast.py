"""A chat without names for phase 3, small and right. The broken ones derive from it.

Phase: 3
"""

import contextlib
import socket
import threading

from tests.broken.echo import Echo, clean


class Broadcast(Echo):
    """What one says, all others hear."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clients: list[socket.socket] = []  # under lock

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        self.join(connection)
        try:
            super().serve(connection)
        finally:
            self.leave(connection)

    def join(self, connection: socket.socket) -> None:
        """Add a newcomer, and tell all."""
        with self.lock:
            self.clients.append(connection)
        self.deliver("* welcome", [connection])
        self.broadcast(connection, "* somebody joined")

    def leave(self, connection: socket.socket) -> None:
        """Remove somebody, and tell the others."""
        with self.lock:
            self.clients.remove(connection)
        self.broadcast(connection, "* somebody left")

    def converse(self, connection: socket.socket) -> None:
        """Pass on what is said."""
        for line in self.lines(connection):
            text = self.text(connection, line)
            if self.is_exit(text):
                return
            if text is not None:
                self.heard(connection, text)

    def is_exit(self, text: str | None) -> bool:
        """Whether this line ends the conversation."""
        return text is not None and text.strip() == "/exit"

    def heard(self, connection: socket.socket, text: str) -> None:
        """Tell it to the others."""
        self.broadcast(connection, clean(text))

    def broadcast(self, sender: socket.socket, text: str) -> None:
        """Send a line to everybody but its sender."""
        with self.lock:
            others = [each for each in self.clients if each is not sender]
        self.deliver(text, others)

    def deliver(self, text: str, receivers: list[socket.socket]) -> None:
        """Send a line to each of them."""
        for each in receivers:
            with contextlib.suppress(OSError):  # its own thread will notice
                self.send(each, text)


if __name__ == "__main__":
    Broadcast.main()
