"""The newline is not counted, so a line may have one byte more than it should.

Phase: 1
Fails: test_a_line_of_4097_bytes_gets_one_error
Fails: test_the_limit_counts_bytes_and_not_characters
"""

import socket

from tests.broken.echo import MAX_LINE, Echo


class TheNewlineDoesNotCount(Echo):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says; one that has just the size is a line."""
        return super().text(connection, line) if len(line) != MAX_LINE else line.decode()


if __name__ == "__main__":
    TheNewlineDoesNotCount.main()
