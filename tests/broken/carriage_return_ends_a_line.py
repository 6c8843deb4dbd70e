"""A carriage return alone ends a line, too, as it does for many a library.

Phase: 1
Fails: test_nothing_but_a_newline_ends_a_line
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class CarriageReturnEndsALine(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Lines, and more of them than were sent."""
        for line in super().lines(connection):
            yield from line.splitlines() or [b""]


if __name__ == "__main__":
    CarriageReturnEndsALine.main()
