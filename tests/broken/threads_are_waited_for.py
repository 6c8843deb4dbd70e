"""The main thread waits for each thread that it starts: one client at a time, as before.

Phase: 2
Fails: test_two_clients_are_served_at_once
Fails: test_fifty_clients_are_served_at_once
Fails: test_unfinished_lines_of_two_clients_are_not_mixed
Fails: test_a_client_that_does_not_read_holds_up_nobody
Fails: test_clients_that_vanish_take_nobody_along
Fails: test_it_prints_what_was_said
"""

import socket
import threading

from tests.broken.echo import Echo


class ThreadsAreWaitedFor(Echo):
    def welcome(self, connection: socket.socket) -> None:
        """Let a newcomer be served by a thread, and wait for it."""
        thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
        thread.start()
        thread.join()


if __name__ == "__main__":
    ThreadsAreWaitedFor.main()
