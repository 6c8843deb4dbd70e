"""What has no newline at the end of the stream is taken for a line.

Phase: 1
Fails: test_an_unfinished_last_line_is_not_a_line
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo


class LastLineWithoutEnd(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, and at the end what is left."""
        unfinished = b""
        while data := connection.recv(4096):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole
            if len(unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return
        if unfinished:
            yield unfinished


if __name__ == "__main__":
    LastLineWithoutEnd.main()
