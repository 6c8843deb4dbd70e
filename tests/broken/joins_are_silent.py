"""Nobody is told that somebody has come.

Phase: 3
Fails: test_a_join_is_announced
"""

import socket

from tests.broken.broadcast import Broadcast


class JoinsAreSilent(Broadcast):
    def join(self, connection: socket.socket) -> None:
        """Add a newcomer, and tell the newcomer only."""
        with self.lock:
            self.clients.append(connection)
        self.deliver("* welcome", [connection])


if __name__ == "__main__":
    JoinsAreSilent.main()
