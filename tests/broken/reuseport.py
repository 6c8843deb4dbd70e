"""A second server takes the same port, and the system deals the clients out between the two.

Phase: 1
Fails: test_a_second_server_on_the_same_port_does_not_start
"""

import socket

from tests.broken.echo import Echo


class Reuseport(Echo):
    def set_options(self, listener: socket.socket) -> None:
        """One too many."""
        super().set_options(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


if __name__ == "__main__":
    Reuseport.main()
