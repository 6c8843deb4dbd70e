"""What one says goes to the others as it came, with all that a terminal obeys.

Phase: 3
Fails: test_no_escape_sequence_is_delivered
"""

import socket

from tests.broken.broadcast import Broadcast


class EscapeSequencesPassedOn(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Tell it to the others, raw."""
        self.broadcast(connection, text)


if __name__ == "__main__":
    EscapeSequencesPassedOn.main()
