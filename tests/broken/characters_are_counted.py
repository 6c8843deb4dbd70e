"""The limit is one of bytes; here characters are counted.

Phase: 1
Fails: test_the_limit_counts_bytes_and_not_characters
"""

import socket

from tests.broken.echo import MAX_LINE, Echo


class CharactersAreCounted(Echo):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says; it is long where it has many characters."""
        is_short = len(line.decode(errors="replace")) < MAX_LINE <= len(line)
        return line.decode() if is_short else super().text(connection, line)


if __name__ == "__main__":
    CharactersAreCounted.main()
