"""Each piece is decoded as it comes, and a piece may end in the middle of a character.

What cannot be decoded is replaced, so that nothing raises, and nothing is right either.

Phase: 1
Fails: test_a_character_may_be_cut_in_two
Fails: test_a_line_that_is_not_utf_8_gets_an_error
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import RUNAWAY, Echo, run


class CharacterCutInTwo(Echo):
    """The mistake is in here."""

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, of text that was cut too early."""
        unfinished = ""
        while data := connection.recv(4096):
            *whole, unfinished = (unfinished + data.decode(errors="replace")).split("\n")
            yield from (line.encode() for line in whole)
            if len(unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return


if __name__ == "__main__":
    run(CharacterCutInTwo)
