"""One buffer for all: what a client leaves unfinished is put before the next one's first line.

Phase: 1
Fails: test_an_unfinished_last_line_is_not_a_line
May fail: any, for what is left is found by whoever comes next
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo


class RestForTheNextClient(Echo):
    unfinished = b""

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, without their newlines."""
        while data := self.receive(connection):
            *whole, self.unfinished = (self.unfinished + data).split(b"\n")
            yield from whole
            if len(self.unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return


if __name__ == "__main__":
    RestForTheNextClient.main()
