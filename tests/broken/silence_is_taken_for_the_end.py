"""Whoever says nothing for ten seconds is given up.

Phase: 1
Fails: test_silence_is_not_the_end
"""

import socket

from tests.broken.echo import Echo


class SilenceIsTakenForTheEnd(Echo):
    def welcome(self, connection: socket.socket) -> None:
        """Let them be served, for as long as they keep talking."""
        connection.settimeout(10.0)
        super().welcome(connection)


if __name__ == "__main__":
    SilenceIsTakenForTheEnd.main()
