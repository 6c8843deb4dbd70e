"""Each piece is decoded as it comes, and a piece may end in the middle of a character.

What cannot be decoded is replaced, so that nothing raises, and nothing is right either.

Phase: 1
Fails: test_a_character_may_be_cut_in_two
Fails: test_a_line_that_is_not_utf_8_gets_an_error
Fails: test_a_character_may_stand_at_the_edge_of_a_read
"""

import socket

from tests.broken.echo import Echo


class CharacterCutInTwo(Echo):
    def receive(self, connection: socket.socket) -> bytes:
        """A piece of the stream, taken for text."""
        return super().receive(connection).decode(errors="replace").encode()


if __name__ == "__main__":
    CharacterCutInTwo.main()
