"""The sender is not left out.

Phase: 3
Fails: test_nobody_hears_themselves
May fail: any, where somebody hears their own line before an error
"""

import socket

from tests.broken.broadcast import Broadcast
from tests.broken.echo import clean


class SenderHearsHimself(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Tell it to all."""
        with self.lock:
            everybody = list(self.clients)
        self.deliver(clean(text), everybody)


if __name__ == "__main__":
    SenderHearsHimself.main()
