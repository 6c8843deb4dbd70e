"""A hundred lines may wait, and short ones are soon so many: the writer looks up now and then.

Phase: 4
Fails: test_many_short_lines_at_once_reach_everybody
May fail: test_a_burst_of_lines_is_heard_in_order
May fail: test_all_that_came_before_the_end_is_heard
May fail: test_all_see_the_same_order
"""

import contextlib
import socket
import time

from tests.broken.chat import Chat, Person


class QueueCountsLines(Chat):
    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue. Who is too far behind is disconnected."""
        if person.lines.qsize() < 100:
            super().tell(person, *lines)
        else:
            with contextlib.suppress(OSError):
                person.connection.shutdown(socket.SHUT_RDWR)

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line, in peace."""
        super().send(connection, text)
        time.sleep(0.001)


if __name__ == "__main__":
    QueueCountsLines.main()
