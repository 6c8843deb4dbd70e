"""What a client says is printed as it came, with all that a terminal obeys.

Phase: 2
Fails: test_no_escape_sequence_reaches_the_console
"""

import socket

from tests.broken.echo import Echo, run


class EscapeSequencesOnTheConsole(Echo):
    """The mistake is in here."""

    def heard(self, connection: socket.socket, text: str) -> None:
        """Print it, raw."""
        print(text, flush=True)
        self.send(connection, "Hello Client!" if text == "Hello Server!" else text)


if __name__ == "__main__":
    run(EscapeSequencesOnTheConsole)
