"""Where the port is taken it says so, and goes on, and serves nobody.

Phase: 1
Fails: test_a_second_server_on_the_same_port_does_not_start
"""

import socket

from tests.broken.echo import Echo


class GoesOnWithoutAPort(Echo):
    def listen(self, port: int) -> socket.socket:
        """A listener; on another port where this one is taken, which nobody knows."""
        try:
            return super().listen(port)
        except OSError as error:
            print(error, flush=True)
            return super().listen(0)


if __name__ == "__main__":
    GoesOnWithoutAPort.main()
