"""Where the port is taken it says so, and ends with status 0, which means that all went well.

Phase: 1
Fails: test_a_second_server_on_the_same_port_does_not_start
"""

import socket
import sys

from tests.broken.echo import Echo


class EndsWellWithoutAPort(Echo):
    def listen(self, port: int) -> socket.socket:
        """A listener, if there can be one."""
        try:
            return super().listen(port)
        except OSError as error:
            print(error, flush=True)
            sys.exit(0)


if __name__ == "__main__":
    EndsWellWithoutAPort.main()
