"""Of each piece the first line is answered; what comes behind it is lost.

Phase: 1
Fails: test_several_lines_in_one_segment_are_several_lines
Fails: test_an_empty_line_is_a_line
Fails: test_no_text_is_more_than_text
Fails: test_a_line_may_come_in_pieces
Fails: test_a_character_may_be_cut_in_two
Fails: test_all_that_came_before_the_end_is_heard
Fails: test_a_client_that_reads_late_gets_everything
Fails: test_a_client_that_vanishes_takes_nobody_along
Fails: test_a_longer_line_gets_one_error
Fails: test_64_kib_without_a_newline_end_the_connection
Fails: test_a_line_that_is_not_utf_8_gets_an_error
Fails: test_a_line_may_come_a_byte_at_a_time
Fails: test_a_character_may_stand_at_the_edge_of_a_read
Fails: test_a_carriage_return_before_the_newline_is_dropped
Fails: test_nothing_but_a_newline_ends_a_line
Fails: test_a_nul_does_not_end_a_line
Fails: test_a_burst_of_lines_is_heard_in_order
Fails: test_a_line_of_4097_bytes_gets_one_error
Fails: test_a_longer_line_may_come_in_pieces
Fails: test_the_limit_counts_bytes_and_not_characters
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class FirstLineOnly(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """One line a piece."""
        while data := connection.recv(4096):
            yield data.split(b"\n")[0]


if __name__ == "__main__":
    FirstLineOnly.main()
