"""What stands behind a NUL is lost, as it is in C where strlen() says how long a line is.

Phase: 1
Fails: test_a_nul_does_not_end_a_line
"""

import socket

from tests.broken.echo import Echo


class NulEndsALine(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """What a string of C holds."""
        super().heard(connection, text.partition("\0")[0])


if __name__ == "__main__":
    NulEndsALine.main()
