"""Each line is delivered by a thread of its own; a later one may overtake it.

Phase: 3
Fails: test_the_lines_of_each_person_arrive_in_order
May fail: any, where two lines come close together
"""

import socket
import threading

from tests.broken.broadcast import Broadcast


class ThreadForEachLine(Broadcast):
    def heard(self, connection: socket.socket, text: str) -> None:
        """Let somebody else tell it to the others."""
        threading.Thread(target=super().heard, args=(connection, text), daemon=True).start()


if __name__ == "__main__":
    ThreadForEachLine.main()
