"""To send to somebody who has vanished raises, in the thread of whoever speaks.

Phase: 3
Fails: test_whoever_vanishes_takes_nobody_along
Fails: test_people_may_come_and_go_while_others_speak
May fail: any, where somebody leaves in the wrong moment
"""

import socket

from tests.broken.broadcast import Broadcast


class DeadClientStopsTheSpeaker(Broadcast):
    def deliver(self, text: str, receivers: list[socket.socket]) -> None:
        """Send a line to each of them, and trust that they are there."""
        for each in receivers:
            self.send(each, text)


if __name__ == "__main__":
    DeadClientStopsTheSpeaker.main()
