"""A connection is closed behind its last line, and not where a read or a write has failed.

Phase: 1
Fails: test_connections_are_closed_on_this_side_too
"""

import socket
from typing import ClassVar

from tests.broken.echo import Echo


class ClosedAfterGoodConversations(Echo):
    kept: ClassVar[list[socket.socket]] = []

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        try:
            self.converse(connection)
            connection.shutdown(socket.SHUT_WR)
            connection.close()
        except OSError:
            self.kept.append(connection)


if __name__ == "__main__":
    ClosedAfterGoodConversations.main()
