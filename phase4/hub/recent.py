"""The entries that were read last, to be given again to an engine that has lost them.

An engine that lost its power may have forgotten the last second; one whose disk was lost, all.
"""

import bisect
from collections import deque

from phase4.hub.contract import Engine, Entry

RECENT_BYTES = 8 * 1024 * 1024
"""Of what was read last. As people write, hours of a busy room."""


class Recent:
    """What was read last, and where. One thread."""

    def __init__(self) -> None:
        self.position = ""
        """Behind which one reads on."""
        self.is_behind = False
        """What the engine had lost was not read again yet: it may not know the position."""
        self._entries: deque[Entry] = deque()
        self._after = ""  # the position behind which they begin
        self._bytes = 0

    def begin(self, position: str) -> None:
        """Forget all; what is read from here on stands behind this position."""
        self.position = self._after = position
        self.is_behind = False
        self._entries.clear()
        self._bytes = 0

    def add(self, entry: Entry) -> None:
        """One was read."""
        self.position = entry.position
        self.is_behind = False
        self._entries.append(entry)
        self._bytes += len(entry.data)
        while self._bytes > RECENT_BYTES:
            oldest = self._entries.popleft()
            self._after = oldest.position
            self._bytes -= len(oldest.data)

    def begin_with_last(self) -> None:
        """Forget what came before the last one: it is of use to nobody any more."""
        self._after = self._before(len(self._entries) - 1)
        self._entries = deque([self._entries[-1]])
        self._bytes = len(self._entries[-1].data)

    def lost(self, engine: Engine) -> list[Entry]:
        """Those that the engine has no more, and before the first of them one reads on.

        It loses the last ones, or all. Others may have given theirs again already: so where its
        stream ends tells nothing. Raises EngineDown.
        """

        def is_gone(place: int) -> bool:
            there = engine.read(self._before(place), 0.0)
            return not there or there[0].position != self._entries[place].position

        count = len(self._entries)
        if not count or not is_gone(count - 1):
            return []
        first = bisect.bisect_left(range(count), True, key=is_gone)
        self.position = self._before(first)
        self.is_behind = True
        return [*self._entries][first:]

    def _before(self, place: int) -> str:
        return self._entries[place - 1].position if place else self._after
