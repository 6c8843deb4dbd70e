"""A person's own lines until the server is known to have them, for every client. No screen here.

That a line was taken by `Client.send` says nothing of the server. While all goes well it answers
within a second or so, and nobody wants to see each line flicker. So a line is in no doubt at first,
then it waits, and at last it may not arrive.

>>> now = [0.0]
>>> lines = Unconfirmed[str](lambda: now[0])
>>> line = lines.add(1, "hello", late=False, pasted=False)
>>> doubts = []
>>> for now[0] in (0.0, SLOW_SECONDS, DOUBTFUL_SECONDS):
...     doubts.append(lines.doubt(line).value)
>>> doubts
['', 'waiting', 'may not arrive']
"""

import enum
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.request import Refusal, parse

SLOW_SECONDS = 2.0
"""A lag that a person notices. The client asks a second after a line was said whether it has
arrived, and most servers answer at once: what takes longer than this is worth a word."""

DOUBTFUL_SECONDS = 15.0
"""A line may not arrive that nothing is heard of for so long. What is slow answers in less."""

Item = TypeVar("Item")


class Doubt(enum.Enum):
    """What is to be said of a line, in words."""

    NONE = ""
    WAITING = "waiting"
    MAY_NOT_ARRIVE = "may not arrive"


@dataclass(slots=True, eq=False)
class Own(Generic[Item]):
    """A line that was handed over to the client."""

    number: int
    item: Item
    """What the program that shows it knows of it."""

    at: float
    is_late: bool
    """Whether it waits from the beginning, for a connection that is lost, or was."""

    is_pasted: bool
    """Whether it is one of several, which are shown as they are taken."""


class Unconfirmed(Generic[Item]):
    """The lines of which it is not known whether the server has them, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: deque[Own[Item]] = deque()
        # While there is no connection, nothing is overdue.
        self._is_away = False
        # When something was heard of any line. Of a long paste, the last is not overdue then.
        self._heard_at = float("-inf")

    def __iter__(self) -> Iterator[Own[Item]]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, number: int, item: Item, *, late: bool, pasted: bool) -> Own[Item]:
        """The client has taken this as its line `number`."""
        own = Own(number, item, self._clock(), is_late=late, is_pasted=pasted)
        self._lines.append(own)
        return own

    def arrived(self, count: int) -> Iterator[Own[Item]]:
        """The server has the first `count` of all lines: those that are in no doubt any more."""
        while self._lines and self._lines[0].number <= count:
            self._heard_at = self._clock()
            yield self._lines.popleft()

    def lost(self) -> None:
        """The connection is gone, and whatever the server does not have waits for the next one."""
        self._is_away = True
        for own in self._lines:
            own.is_late = True

    def returned(self) -> None:
        """The connection is back. What waited for it is on its way, and its time begins anew."""
        was_away, self._is_away = self._is_away, False
        for own in self._lines if was_away else ():
            own.at = self._clock()

    def doubt(self, own: Own[Item]) -> Doubt:
        """What is to be said of this line now."""
        now = self._clock()
        silent = now - max(own.at, self._heard_at)
        if silent >= DOUBTFUL_SECONDS and not self._is_away:
            return Doubt.MAY_NOT_ARRIVE
        return Doubt.WAITING if own.is_late or now - own.at >= SLOW_SECONDS else Doubt.NONE

    @property
    def count(self) -> int:
        """How many wait: they were not taken at once."""
        return sum(own.is_pasted or self.doubt(own) is not Doubt.NONE for own in self._lines)

    @property
    def is_doubtful(self) -> bool:
        """Whether nothing was heard of one for so long that it may not arrive."""
        return bool(self._lines) and self.doubt(self._lines[0]) is Doubt.MAY_NOT_ARRIVE


def why_refused(line: str) -> str:
    """Why the server will refuse this; empty: for all that is known, it will not.

    While it is away nobody else says so: the line would wait, and the next might be the same again
    without its `/pm`.

    >>> why_refused("/pmm Bob secret") != "", why_refused("hello")
    (True, '')
    """
    match parse(line):
        case Refusal(reason):
            return reason
    return ""
