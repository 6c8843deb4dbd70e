"""The last piece alone waits for its newline: a line of two pieces is whole, one of ten is not.

Phase: 1
Fails: test_a_line_may_come_a_byte_at_a_time
Fails: test_64_kib_without_a_newline_end_the_connection
May fail: test_a_longer_line_gets_one_error, where it comes in more pieces than two
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class OnlyTheLastPieceIsKept(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """What the last two pieces make of a line."""
        last = b""
        while data := connection.recv(131072):
            *whole, rest = (last + data).split(b"\n")
            yield from whole
            last = rest if whole else data


if __name__ == "__main__":
    OnlyTheLastPieceIsKept.main()
