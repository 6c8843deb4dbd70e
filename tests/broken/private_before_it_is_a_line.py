"""A private message is sent before anybody looks whether it is UTF-8, and short enough.

Phase: 4
Fails: test_a_private_message_that_is_not_a_line_reaches_nobody
"""

import socket

from tests.broken.chat import Chat


class PrivateBeforeItIsALine(Chat):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """The text of a line; of a private message, whatever there is."""
        if line.startswith(b"@"):
            return line.decode(errors="replace").removesuffix("\r")
        return super().text(connection, line)


if __name__ == "__main__":
    PrivateBeforeItIsALine.main()
