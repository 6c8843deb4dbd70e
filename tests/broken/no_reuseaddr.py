"""The listener cannot have the port while a rest of the last run is in TIME_WAIT.

Phase: 1
Fails: test_it_starts_again_at_once
"""

import socket

from tests.broken.echo import Echo, run


class NoReuseaddr(Echo):
    """The mistake is in here."""

    def listen(self, port: int) -> socket.socket:
        """A listener, without the option."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        return listener


if __name__ == "__main__":
    run(NoReuseaddr)
