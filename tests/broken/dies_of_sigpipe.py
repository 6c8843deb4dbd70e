"""Nobody looks at what a write returns, and the second that fails ends the program, as in C.

Phase: 1
Fails: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
May fail: test_a_client_that_vanishes_takes_nobody_along, where two answers are still to come
Fresh: yes, for the end of one check may be the end of the server
"""

import contextlib
import signal
import socket

from tests.broken.echo import Echo


class DiesOfSigpipe(Echo):
    def run(self) -> None:
        """Serve until a signal comes which Python ignores, unless told otherwise."""
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        super().run()

    def speaker(self, connection: socket.socket) -> str:
        """Nobody: to ask for the address of whoever has gone would be noticed."""
        return "somebody"

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, whatever became of the one before."""
        with contextlib.suppress(OSError):
            super().send(connection, text)


if __name__ == "__main__":
    DiesOfSigpipe.main()
