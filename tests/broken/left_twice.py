"""That somebody left is said in two places, by two lines.

Phase: 3
Fails: test_each_coming_and_going_is_announced_once
Fails: test_whoever_vanishes_takes_nobody_along
"""

import socket

from tests.broken.broadcast import Broadcast


class LeftTwice(Broadcast):
    def leave(self, connection: socket.socket) -> None:
        """Remove somebody, and tell the others, who know it already."""
        self.broadcast(connection, "* somebody left")
        super().leave(connection)


if __name__ == "__main__":
    LeftTwice.main()
