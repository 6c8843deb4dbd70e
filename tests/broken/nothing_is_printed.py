"""The console shows nothing of what is said.

Phase: 2
Fails: test_it_prints_what_was_said
Fails: test_no_escape_sequence_reaches_the_console
"""

import socket

from tests.broken.echo import Echo, run


class NothingIsPrinted(Echo):
    """The mistake is in here."""

    def heard(self, connection: socket.socket, text: str) -> None:
        """Answer, and tell nobody."""
        self.send(connection, "Hello Client!" if text == "Hello Server!" else text)


if __name__ == "__main__":
    run(NothingIsPrinted)
