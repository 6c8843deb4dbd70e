"""The turnstile of a room: newcomers are let in no faster than they can be announced.

Coming and going is told to everybody. A few programs that do nothing else would keep the server
busy, and those who talk would wait. So a newcomer waits, in their own thread, and
those who wait are let in together: then one send() tells each person of several newcomers.
"""

import threading
import time

from phase4.server.flood import TokenBucket
from shared.defaults import ANNOUNCEMENTS_BURST, ANNOUNCEMENTS_PER_SECOND

_OPENS_SECONDS = 0.05  # how often it opens for those who wait


class Turnstile:
    """Says how long each newcomer waits. Any thread.

    Those who wait are bounded by the connections that a server takes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

        # One token for each line that is to be sent. Under _lock.
        self._bucket = TokenBucket(ANNOUNCEMENTS_BURST, ANNOUNCEMENTS_PER_SECOND)

    def seconds_to_wait(self, people: int) -> float:
        """How long the next newcomer waits, where there are so many `people` inside.

        Each pays for coming and going at once, whether a name is found for them or not. Whoever
        does not wait so long gives it back.
        """
        with self._lock:
            seconds = self._bucket.take(2 * people)
        if not seconds:
            return 0.0
        return seconds + -(time.monotonic() + seconds) % _OPENS_SECONDS

    def give_back(self, people: int) -> None:
        """Somebody has gone who waited; `people` as in `seconds_to_wait`. Any thread.

        Else those who come and go before it is their turn would make all others wait for nobody.
        """
        with self._lock:
            self._bucket.take(-2 * people)
