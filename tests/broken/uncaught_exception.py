"""One client at a time, and the first one that vanishes ends the server.

recv() and sendall() raise where the other side is gone (ConnectionResetError, BrokenPipeError).

Phase: 1
Fails: test_a_client_that_vanishes_takes_nobody_along
Fails: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
Fresh: yes, for the end of one check may be the end of the server
"""

import socket

from tests.broken.echo import Echo


class UncaughtException(Echo):
    def welcome(self, connection: socket.socket) -> None:
        """Serve a newcomer, and come back when it has left."""
        with connection:
            self.converse(connection)
            connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    UncaughtException.main()
