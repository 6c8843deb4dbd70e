"""The entries that were read last, to be given again to an engine that has lost them.

An engine that lost its power may have forgotten the last second; one whose disk was lost, all.
"""

import bisect
import contextlib
from collections import deque
from typing import NamedTuple

from phase4.hub.beginning import is_there
from phase4.hub.contract import Engine, Entry
from phase4.hub.operations import (
    BadBatch,
    Bury,
    End,
    Enter,
    Leave,
    Login,
    Order,
    Rename,
    decode,
    given_again,
)

RECENT_BYTES = 8 * 1024 * 1024
"""Of what was read last. As people write, hours of a busy room."""

_DECIDING = (Enter, Rename, Login, Leave, End, Bury, Order)


class Lost(NamedTuple):
    """What the engine has lost of what was read."""

    entries: list[Entry]

    has_gap: bool
    """There is what was before them, but not all of it: they do not follow on it."""


class Recent:
    """What was read last, and where. One thread's; any may ask whether it `is_behind`."""

    def __init__(self) -> None:
        self.position = ""
        """Behind which one reads on."""
        self._entries: deque[Entry] = deque()
        self._after = ""  # the position behind which they begin
        self._bytes = 0
        self._is_whole = False  # they begin with their era: what came before is of no use

        self._is_place_lost = False  # nothing was read since: the engine may not know the position

        # Of what the engine had lost, until it is read again: what must stand in its place.
        self._unread: set[bytes] = set()

    def begin(self, position: str) -> None:
        """Forget all; what is read from here on stands behind this position."""
        self.position = self._after = position
        self._is_place_lost = False
        self._entries.clear()
        self._bytes = 0
        self._is_whole = False
        self._unread.clear()

    def add(self, entry: Entry) -> None:
        """One was read."""
        self.position = entry.position
        self._is_place_lost = False
        self._entries.append(entry)
        self._bytes += len(entry.data)
        while self._bytes > RECENT_BYTES:
            oldest = self._entries.popleft()
            self._after = oldest.position
            self._bytes -= len(oldest.data)
            self._is_whole = False

    def begin_with_last(self) -> None:
        """Forget what came before the last one: it is of use to nobody any more."""
        while len(self._entries) > 1:
            oldest = self._entries.popleft()
            self._after = oldest.position
            self._bytes -= len(oldest.data)
        self._is_whole = bool(self._entries)  # else it was too large to be kept
        self._unread.clear()

    def lost(self, engine: Engine) -> Lost:
        """Those that the engine has no more, and before the first of them one reads on.

        It loses the last ones, or all. Others may have given theirs again already: so where its
        stream ends tells nothing. Raises EngineDown.
        """

        def is_gone(place: int) -> bool:
            there = engine.read(self._before(place), 0.0)
            return not there or there[0] != self._entries[place]

        count = len(self._entries)
        if count and not is_gone(count - 1):
            return Lost([], has_gap=False)
        first = bisect.bisect_left(range(count), True, key=is_gone)
        self._is_place_lost = True  # first: a snapshot may be due just now
        self.position = self._before(first)
        oldest, newest = engine.span()
        has_gap = not first and self._has_gap(engine, oldest)
        if engine.is_before(newest, self.position):
            # The clock has gone back. What comes next would stand before our position.
            self.position = newest
        lost = [*self._entries][first:]
        given = (given_again(each.data, each.time) for each in lost)
        self._unread = {each for each in given if _decides(each)}
        return Lost(lost, has_gap)

    @property
    def is_behind(self) -> bool:
        """Whether what was read comes to more than what stands before the position."""
        return self._is_place_lost or bool(self._unread)

    def is_overtaken_by(self, entry: Entry) -> bool:
        """Whether one was read of a server that goes on without what the engine had lost.

        Whoever reads both in this order does not come to what we know, who read the other first.
        """
        if not self._unread:
            return False
        self._unread.discard(entry.data)
        if not (self._unread and _decides(entry.data) and decode(entry.data).time is None):
            return False
        self._unread.clear()
        return True

    def _has_gap(self, engine: Engine, oldest: str) -> bool:
        if self._is_whole or not oldest or not engine.is_before(oldest, self._after):
            return False
        return not is_there(engine, self._after)

    def _before(self, place: int) -> str:
        return self._entries[place - 1].position if place else self._after


def _decides(data: bytes) -> bool:
    """Whether it matters before which others a batch stands: not where people only say things."""
    with contextlib.suppress(BadBatch):
        return any(isinstance(each, _DECIDING) for each in decode(data).operations)
    return False
