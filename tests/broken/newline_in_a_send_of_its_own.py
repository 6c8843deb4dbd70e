"""A line is sent by two calls, and what another thread sends may come in between.

Phase: 3
Fails: test_lines_stay_whole_when_several_speak_at_once
May fail: any, where two speak at once
"""

import socket
import time

from tests.broken.broadcast import Broadcast


class NewlineInASendOfItsOwn(Broadcast):
    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, in two steps."""
        connection.sendall(text.encode())
        time.sleep(0.0005)  # another thread may go on here; it may anyway, only more rarely
        connection.sendall(b"\n")


if __name__ == "__main__":
    NewlineInASendOfItsOwn.main()
