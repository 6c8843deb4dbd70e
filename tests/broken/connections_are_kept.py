"""Each connection is kept in a list, ended but never closed: its descriptor is never free again.

Phase: 2
Fails: test_three_hundred_visits_leave_it_as_it_was
Fails: test_connections_are_closed_on_this_side_too
"""

import contextlib
import socket
from typing import ClassVar

from tests.broken.echo import Echo


class ConnectionsAreKept(Echo):
    kept: ClassVar[list[socket.socket]] = []

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end and beyond."""
        self.kept.append(connection)
        with contextlib.suppress(OSError):
            self.converse(connection)
            connection.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    ConnectionsAreKept.main()
