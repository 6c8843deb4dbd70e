"""The listener cannot have the port while a rest of the last run is in TIME_WAIT.

Phase: 1
Fails: test_it_starts_again_at_once
"""

import socket

from tests.broken.echo import Echo


class NoReuseaddr(Echo):
    def set_options(self, listener: socket.socket) -> None:
        """None."""


if __name__ == "__main__":
    NoReuseaddr.main()
