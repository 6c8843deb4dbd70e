"""Only who says /exit is announced; who closes or vanishes is not.

Phase: 3
Fails: test_all_others_are_told_when_somebody_goes
Fails: test_each_coming_and_going_is_announced_once
Fails: test_nobody_is_told_of_their_own_coming_and_going
"""

import socket

from tests.broken.broadcast import Broadcast


class LeavesOnlyWithExit(Broadcast):
    def leave(self, connection: socket.socket) -> None:
        """Remove somebody, without a word."""
        with self.lock:
            self.clients.remove(connection)

    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says; and a goodbye, where it is one."""
        text = super().text(connection, line)
        if text == "/exit":
            self.broadcast(connection, "* somebody left")
        return text


if __name__ == "__main__":
    LeavesOnlyWithExit.main()
