"""The word of welcome comes before the newcomer is in the list: what is said in between, they miss.

Phase: 3
Fails: test_whoever_was_welcomed_hears_what_is_said_next
May fail: any, where somebody speaks in the wrong moment
"""

import socket

from tests.broken.broadcast import Broadcast


class WelcomedTooEarly(Broadcast):
    def join(self, connection: socket.socket) -> None:
        """Tell all, and add a newcomer, in the wrong order."""
        self.deliver("* welcome", [connection])
        with self.lock:
            self.clients.append(connection)
        self.broadcast(connection, "* somebody joined")


if __name__ == "__main__":
    WelcomedTooEarly.main()
