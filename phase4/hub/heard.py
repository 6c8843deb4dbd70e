"""When each server of a room was heard last: by a stopwatch of one's own, as clocks differ."""

import time
from collections.abc import Collection, Iterable


class Heard:
    """The following thread changes it; any thread may ask."""

    def __init__(self, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._at: dict[str, float] = {}  # by time.monotonic()

    def note(self, server: str) -> None:
        """It lives."""
        self._at[server] = time.monotonic()

    def all(self, servers: Iterable[str]) -> None:
        """Nobody's silence counts that was ours: from now on, all of these are waited for."""
        self._at = dict.fromkeys(servers, time.monotonic())

    def seconds_ago(self, server: str) -> float:
        """How long it was silent; for ever, where it is not known."""
        return time.monotonic() - self._at.get(server, float("-inf"))

    def within(self, seconds: float, servers: Iterable[str]) -> list[str]:
        """Those of them that were heard for the last time not longer ago than that."""
        return [each for each in servers if self.seconds_ago(each) < seconds]

    def silent(self, servers: Collection[str]) -> list[str]:
        """Those that were silent for longer than their lease; they have another one from now on.

        `servers` are all that live: others are forgotten.
        """
        now = time.monotonic()
        self._at = {each: self._at.get(each, now) for each in servers}
        silent = [each for each, at in self._at.items() if now - at > self._lease_seconds]
        self._at |= dict.fromkeys(silent, now)  # asked for again, should that be lost
        return silent
