"""A write to a connection that the client has closed ends the program, as in C by default.

Phase: 1
Fails: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
Fresh: yes, for the end of one check may be the end of the server
"""

import signal

from tests.broken.echo import Echo


class DiesOfSigpipe(Echo):
    def run(self) -> None:
        """Serve until a signal comes which Python ignores, unless told otherwise."""
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        super().run()


if __name__ == "__main__":
    DiesOfSigpipe.main()
