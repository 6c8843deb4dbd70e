"""Blanks at the end of a line are cut off with the newline, as rstrip() does.

Phase: 3
Fails: test_blanks_at_the_end_belong_to_the_line
"""

import socket

from tests.broken.broadcast import Broadcast


class LineIsTrimmed(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Without its end."""
        super().heard(connection, text.rstrip())


if __name__ == "__main__":
    LineIsTrimmed.main()
