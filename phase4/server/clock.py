"""The time as the wire and the logs show it.

Both forms change once a second and are asked for with each message, so they are made once a second.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    def __init__(self, read: Callable[[], float] = time.time) -> None:
        """`read` gives Unix time in seconds."""
        self._read = read
        self._second = -1
        self._moment = Moment("", "")

    def now(self) -> Moment:
        """The current second."""
        second = int(self._read())
        if second != self._second:
            now = datetime.fromtimestamp(second).astimezone()
            self._second = second
            self._moment = Moment(now.strftime("%H:%M:%S"), now.isoformat())
        return self._moment


class HubClock(Clock):
    """The engine's time: every server shows and logs the same. Under the room's lock."""

    def __init__(self) -> None:
        super().__init__(self._estimate)
        self._time = self._at = 0.0
        self._stands = False

    @contextmanager
    def standing_at(self, engine_time: float) -> Iterator[None]:
        """Here it is just this late, Unix time in seconds, however long this takes."""
        self._time, self._at, self._stands = engine_time, time.monotonic(), True
        try:
            yield
        finally:
            self._stands = False

    def _estimate(self) -> float:
        if self._stands:
            return self._time
        return self._time + time.monotonic() - self._at if self._at else time.time()


class SteadyClock:
    """Unix time at the start, and the seconds since then, whatever the system's clock is set to.

    Ten minutes are ten minutes also where somebody sets the clock meanwhile, or NTP does. Any
    thread.
    """

    def __init__(self) -> None:
        self._ahead = time.time() - _seconds()

    def now(self) -> float:
        """The time, in seconds."""
        return self._ahead + _seconds()

    def on_the_wall(self, at: float) -> float:
        """What the system's clock shows at that time, by what it shows now."""
        return time.time() + at - self.now()


def _seconds() -> float:
    """Seconds since some moment; with those in which the machine slept, where it counts them."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def until_text(seconds: float) -> str:
    """A time by the system's clock as people read it; of another day, the date as well."""
    at, today = datetime.fromtimestamp(seconds), datetime.now()
    return at.strftime("%H:%M" if at.date() == today.date() else "%Y-%m-%d %H:%M")
