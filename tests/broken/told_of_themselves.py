"""Whoever goes gets the line that tells the others, because they are still in the list.

Phase: 3
Fails: test_nobody_is_told_of_their_own_coming_and_going
"""

import socket

from tests.broken.broadcast import Broadcast


class ToldOfThemselves(Broadcast):
    def converse(self, connection: socket.socket) -> None:
        """Pass on what is said; then tell all."""
        try:
            super().converse(connection)
        finally:
            with self.lock:
                everybody = list(self.clients)
            self.deliver("* somebody left", everybody)

    def leave(self, connection: socket.socket) -> None:
        """Remove somebody, of whom all have been told."""
        with self.lock:
            self.clients.remove(connection)


if __name__ == "__main__":
    ToldOfThemselves.main()
