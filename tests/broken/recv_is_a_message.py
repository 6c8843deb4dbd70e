"""What recv() gives is taken for whole lines.

By hand, with nc, nobody notices: each line that one types arrives in one piece, nearly always.

Phase: 1
Fails: test_a_line_may_come_in_pieces
Fails: test_a_character_may_be_cut_in_two
Fails: test_a_client_that_reads_late_gets_everything
Fails: test_an_unfinished_last_line_is_not_a_line
Fails: test_a_longer_line_gets_one_error
Fails: test_64_kib_without_a_newline_end_the_connection
Fails: test_a_line_may_come_a_byte_at_a_time
Fails: test_a_character_may_stand_at_the_edge_of_a_read
Fails: test_a_line_of_4097_bytes_gets_one_error
Fails: test_a_longer_line_may_come_in_pieces
Fails: test_the_limit_counts_bytes_and_not_characters
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class RecvIsAMessage(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines? Only if nobody cuts the stream."""
        while data := connection.recv(4096):
            yield from data.removesuffix(b"\n").split(b"\n")


if __name__ == "__main__":
    RecvIsAMessage.main()
