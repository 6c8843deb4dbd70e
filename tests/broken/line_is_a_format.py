"""A line is given to something that looks for % in it, as printf(line) does in C.

Phase: 1
Fails: test_no_text_is_more_than_text
"""

import socket

from tests.broken.echo import Echo


class LineIsAFormat(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """What printf() makes of it, as far as it has values."""
        super().heard(connection, text.replace("%s", "(null)").replace("%n", ""))


if __name__ == "__main__":
    LineIsAFormat.main()
