"""What looks like an escape sequence is cut out, and other control characters are not.

Phase: 3
Fails: test_no_escape_sequence_is_delivered
"""

import re
import socket

from tests.broken.broadcast import Broadcast


class TerminalSequencesOnly(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Without what the pattern knows."""
        self.broadcast(connection, re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\x07", "", text))


if __name__ == "__main__":
    TerminalSequencesOnly.main()
