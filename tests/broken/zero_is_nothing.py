"""A line that only holds 0 is left out, as `if ($line)` does in Perl.

Phase: 3
Fails: test_no_text_is_more_than_text
"""

import socket

from tests.broken.broadcast import Broadcast


class ZeroIsNothing(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """It is not heard."""
        if text != "0":
            super().heard(connection, text)


if __name__ == "__main__":
    ZeroIsNothing.main()
