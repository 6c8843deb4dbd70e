"""The beginning of an unfinished line waits in one place for all clients.

Phase: 2
Fails: test_unfinished_lines_of_two_clients_are_not_mixed
Fails: test_a_client_that_does_not_read_holds_up_nobody
May fail: any, as what one check leaves unfinished is found by the next
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo


class SharedBuffer(Echo):
    unfinished = b""

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines; whose?"""
        while data := connection.recv(4096):
            *whole, self.unfinished = (self.unfinished + data).split(b"\n")
            yield from whole
            if len(self.unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                break
        self.unfinished = b""


if __name__ == "__main__":
    SharedBuffer.main()
