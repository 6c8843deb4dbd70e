"""accept() is called until somebody has been served, and never again.

Phase: 1
Fails: test_the_next_client_is_answered_when_the_first_has_left
Fails: test_a_client_that_comes_meanwhile_is_answered_in_its_turn
Fails: test_an_unfinished_last_line_is_not_a_line
Fails: test_a_client_that_vanishes_takes_nobody_along
Fails: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
Fresh: yes, for after each check nobody listens any more
"""

import socket
import sys
import threading

from tests.broken.echo import Echo


class FirstClientOnly(Echo):
    has_served = False

    def run(self) -> None:
        """Serve the first who says something; whoever only looks in does not count."""
        with self.listen(int(sys.argv[1])) as listener:
            while not self.has_served:
                self.serve(listener.accept()[0])
            threading.Event().wait()

    def heard(self, connection: socket.socket, text: str) -> None:
        """What to do with what was said."""
        self.has_served = True
        super().heard(connection, text)


if __name__ == "__main__":
    FirstClientOnly.main()
