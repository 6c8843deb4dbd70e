"""The server says nothing of its own: nobody knows when the others hear them.

Phase: 3
Fails: test_a_newcomer_is_welcomed
May fail: any, as all others wait for that word
Patience: 0.5
"""

import socket

from tests.broken.broadcast import Broadcast


class WelcomeIsMissing(Broadcast):
    def deliver(self, text: str, receivers: list[socket.socket]) -> None:
        """Send a line to each of them."""
        if not text.startswith("* "):
            super().deliver(text, receivers)


if __name__ == "__main__":
    WelcomeIsMissing.main()
