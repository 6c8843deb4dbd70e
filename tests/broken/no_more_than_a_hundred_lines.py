"""There is room for a hundred lines of one read, and the others are dropped.

Phase: 1
Fails: test_a_burst_of_lines_is_heard_in_order
Fails: test_all_that_came_before_the_end_is_heard
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo


class NoMoreThanAHundredLines(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """The first lines of each read."""
        unfinished = b""
        while data := self.receive(connection):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole[:100]
            if len(unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return


if __name__ == "__main__":
    NoMoreThanAHundredLines.main()
