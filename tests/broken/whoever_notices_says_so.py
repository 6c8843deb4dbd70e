"""Whoever sends to a client that has gone announces it, and so does the client's own thread.

Phase: 3
Fails: test_whoever_vanishes_takes_nobody_along
May fail: test_each_coming_and_going_is_announced_once, where two notice it at once
"""

import socket

from tests.broken.broadcast import Broadcast


class WhoeverNoticesSaysSo(Broadcast):
    def deliver(self, text: str, receivers: list[socket.socket]) -> None:
        """Send a line to each of them, and tell of those who cannot be reached."""
        for each in receivers:
            try:
                self.send(each, text)
            except OSError:
                if not text.startswith("* "):
                    self.broadcast(each, "* somebody left")


if __name__ == "__main__":
    WhoeverNoticesSaysSo.main()
