"""What is too long is refused at once, and the rest of it is taken for a line of its own.

Phase: 1
Fails: test_a_longer_line_may_come_in_pieces
Fails: test_64_kib_without_a_newline_end_the_connection
May fail: test_a_longer_line_gets_one_error, where it comes in more than one piece
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import MAX_LINE, Echo


class TailIsANewLine(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, and what is left of others."""
        unfinished = b""
        while data := connection.recv(131072):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole
            if len(unfinished) >= MAX_LINE:
                self.send(connection, "! Too long.")
                unfinished = b""


if __name__ == "__main__":
    TailIsANewLine.main()
