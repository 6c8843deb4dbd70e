"""Whatever begins with the greeting is taken for it, as strncmp() does in C.

Phase: 1
Fails: test_hello_is_answered_and_every_other_line_is_sent_back
"""

import socket

from tests.broken.echo import Echo


class GreetingIsAPrefix(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """The same answer to all that begins so."""
        greeting = "Hello Server!"
        super().heard(connection, greeting if text.startswith(greeting) else text)


if __name__ == "__main__":
    GreetingIsAPrefix.main()
