"""The time as the wire and the logs show it.

Both forms change once a second and are asked for with each message, so they are made once a second.
"""

import time
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """A second, in the two forms that are shown."""

    wire: str
    """`14:03:05`, local time."""

    log: str
    """`2026-11-21T14:03:05+01:00`, ISO 8601 with the offset from UTC."""


class Clock:
    """Not for two threads at once: the room asks it under its lock."""

    def __init__(self) -> None:
        self._second = -1
        self._moment = Moment("", "")

    def now(self) -> Moment:
        """The current second."""
        second = int(time.time())
        if second != self._second:
            now = datetime.fromtimestamp(second).astimezone()
            self._second = second
            self._moment = Moment(now.strftime("%H:%M:%S"), now.isoformat())
        return self._moment
