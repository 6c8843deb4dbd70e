"""When a server could not reach the engine, for how long, and whether its people were told."""

import threading
import time
from collections.abc import Callable

from phase4.hub.follows import Follows

AWAY_SECONDS = 3.0
"""People are told that the engine is away once it has been for so long."""


class Outages:
    """Those since the start. Any thread, without the room's lock."""

    def __init__(self, room: Follows, report: Callable[[str], None]) -> None:
        """`room` tells people, and `report` the operator."""
        self.count = 0
        self._room = room
        self._report = report
        self._seconds = 0.0  # of those that are over
        self._since: float | None = None  # None: the engine can be reached, as far as is known
        # Also while people are told: else they could be told of the end first.
        self._lock = threading.Lock()
        self._is_told = False

    @property
    def is_on(self) -> bool:
        """Whether there is one now."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """How long they were in all, up to now."""
        since = self._since
        return self._seconds + (time.monotonic() - since if since is not None else 0.0)

    def begin(self, reason: Exception) -> None:
        """The engine cannot be reached. Again does no harm."""
        with self._lock:
            if self._since is not None:
                return
            self._since = time.monotonic()
            self.count += 1
        self._report(f"The hub cannot be reached ({reason}). What is said waits.")

    def end(self) -> None:
        """The engine has taken something new. Where there is none it does no harm."""
        with self._lock:
            if self._since is None:
                return
            seconds = time.monotonic() - self._since
            self._seconds += seconds
            self._since = None
            if self._is_told:
                self._is_told = False
                self._room.away(is_away=False)
        self._report(f"The hub is reached again, after {seconds:.1f} s.")

    def tell_if_long(self) -> None:
        """Tell people, once, where it is time to."""
        if self._since is None:  # nearly always
            return
        with self._lock:
            is_long = self._since is not None and time.monotonic() - self._since > AWAY_SECONDS
            if is_long and not self._is_told:
                self._is_told = True
                self._room.away(is_away=True)
