"""When a client has ended its stream, nothing is answered any more, although it still listens.

Phase: 1
Fails: test_all_that_came_before_the_end_is_heard
May fail: test_an_unfinished_last_line_is_not_a_line, where the end comes soon enough
"""

import contextlib
import socket

from tests.broken.echo import Echo


class TheirEndIsOurs(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Answer, unless the end of the stream has come already."""
        with contextlib.suppress(BlockingIOError):
            if not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                return
        super().heard(connection, text)


if __name__ == "__main__":
    TheirEndIsOurs.main()
