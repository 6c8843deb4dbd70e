"""A client that comes while another is served is turned away, instead of left to wait.

Phase: 1
Fails: test_a_client_that_comes_meanwhile_is_answered_in_its_turn
May fail: test_the_next_client_is_answered_when_the_first_has_left
May fail: test_a_client_that_vanishes_takes_nobody_along
May fail: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
May fail: test_an_unfinished_last_line_is_not_a_line
"""

import socket

from tests.broken.echo import Echo


class TurnedAway(Echo):
    is_busy = False

    def welcome(self, connection: socket.socket) -> None:
        """Let them be served, if nobody else is."""
        if self.is_busy:
            connection.close()
            return
        self.is_busy = True
        super().welcome(connection)

    def converse(self, connection: socket.socket) -> None:
        """Answer lines until the stream ends; then the next may come."""
        try:
            super().converse(connection)
        finally:
            self.is_busy = False


if __name__ == "__main__":
    TurnedAway.main()
