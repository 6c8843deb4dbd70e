"""A second server takes the same port, and the system deals the clients out between the two.

Phase: 1
Fails: test_a_second_server_on_the_same_port_does_not_start
"""

import socket

from tests.broken.echo import Echo, run


class Reuseport(Echo):
    """The mistake is in here."""

    def listen(self, port: int) -> socket.socket:
        """A listener, with the wrong option."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        return listener


if __name__ == "__main__":
    run(Reuseport)
