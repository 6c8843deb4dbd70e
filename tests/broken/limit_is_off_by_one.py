"""The newline is counted twice.

Phase: 1
Fails: test_a_line_of_4096_bytes_is_taken
Fails: test_the_limit_counts_bytes_and_not_characters
"""

import socket

from tests.broken.echo import MAX_LINE, Echo


class LimitIsOffByOne(Echo):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says."""
        if len(line) + 1 >= MAX_LINE:
            self.send(connection, "! Too long.")
            return None
        return super().text(connection, line)


if __name__ == "__main__":
    LimitIsOffByOne.main()
