"""/exit is said to the others, like every other line.

Phase: 3
Fails: test_exit_ends_the_conversation
Fails: test_all_others_are_told_when_somebody_goes
Fails: test_each_coming_and_going_is_announced_once
Fails: test_nobody_is_told_of_their_own_coming_and_going
"""

import socket

from tests.broken.broadcast import Broadcast
from tests.broken.echo import Echo


class ExitIsSaid(Broadcast):
    def converse(self, connection: socket.socket) -> None:
        """Pass on what is said."""
        Echo.converse(self, connection)


if __name__ == "__main__":
    ExitIsSaid.main()
