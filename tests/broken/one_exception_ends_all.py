"""A thread that cannot go on ends the whole program: "so that we notice".

Phase: 2
Fails: test_clients_that_vanish_take_nobody_along
Fails: test_a_client_that_hangs_up_on_its_answers_takes_nobody_along
Fails: test_a_client_that_vanishes_takes_nobody_along
Fresh: yes, for the end of one check may be the end of the server
"""

import os
import socket

from tests.broken.echo import Echo


class OneExceptionEndsAll(Echo):
    def serve(self, connection: socket.socket) -> None:
        """One connection, whose end may be everybody's."""
        try:
            with connection:
                self.converse(connection)
        except OSError as error:
            print(f"fatal: {error}", flush=True)
            os._exit(1)


if __name__ == "__main__":
    OneExceptionEndsAll.main()
