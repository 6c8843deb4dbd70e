"""The time as the wire and the logs show it.

Both forms change once a second and are asked for with each message, so they are made once a second.
"""

import time
from datetime import datetime


class Clock:
    """Not for two threads at once: the room asks it under its lock."""

    def __init__(self) -> None:
        self._second = -1
        self.wire = ""  # "14:03:05", local time
        self.log = ""  # "2026-11-21T14:03:05+01:00", ISO 8601 with the offset from UTC

    def tick(self) -> None:
        """Bring `wire` and `log` up to now."""
        second = int(time.time())
        if second != self._second:
            now = datetime.fromtimestamp(second).astimezone()
            self._second = second
            self.wire = now.strftime("%H:%M:%S")
            self.log = now.isoformat()
