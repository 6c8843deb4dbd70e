"""The collection of clients is walked through while other threads change it.

A set (or a dictionary) notices, and raises RuntimeError in the thread of whoever speaks. A list
does not notice: it leaves somebody out.

Phase: 3
Fails: test_people_may_come_and_go_while_others_speak
May fail: any, as whoever leaves a check may disturb the next
"""

import socket

from tests.broken.broadcast import Broadcast


class ListChangedWhileIterating(Broadcast):
    def __init__(self) -> None:
        super().__init__()
        self.here: set[socket.socket] = set()

    def join(self, connection: socket.socket) -> None:
        """Add a newcomer, and tell all."""
        self.here.add(connection)
        self.deliver("* welcome", [connection])
        self.broadcast(connection, "* somebody joined")

    def leave(self, connection: socket.socket) -> None:
        """Remove somebody, and tell the others."""
        self.here.discard(connection)
        self.broadcast(connection, "* somebody left")

    def broadcast(self, sender: socket.socket, text: str) -> None:
        """Send a line to everybody who is there, at each moment."""
        for each in self.here:
            if each is not sender:
                self.deliver(text, [each])


if __name__ == "__main__":
    ListChangedWhileIterating.main()
