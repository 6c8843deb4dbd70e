"""One lock around every sendall(): who does not read holds up everybody.

Phase: 2
Fails: test_a_client_that_does_not_read_holds_up_nobody
"""

import socket
import threading

from tests.broken.echo import Echo


class SendallUnderTheLockOfAll(Echo):
    sending = threading.Lock()

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, while nobody else may."""
        with self.sending:
            super().send(connection, text)


if __name__ == "__main__":
    SendallUnderTheLockOfAll.main()
