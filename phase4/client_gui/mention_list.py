"""The mentions of all conversations, the newest last. No toolkit here."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from phase4.widgets.shown import Shown

MAX_MENTIONS = 200
"""As many as one reads through; those of some days."""

Where = TypeVar("Where")


@dataclass(frozen=True, slots=True)
class Mention(Generic[Where]):
    """A line that says the own name, or a word of one's own; it stands in a conversation."""

    where: Where
    shown: Shown

    @property
    def number(self) -> int:
        """The line's number there."""
        return self.shown.number


class Mentions(Generic[Where]):
    """Remembers the newest MAX_MENTIONS."""

    def __init__(self) -> None:
        self._all: deque[Mention[Where]] = deque(maxlen=MAX_MENTIONS)

    def __iter__(self) -> Iterator[Mention[Where]]:
        """From the oldest to the newest."""
        return iter([*self._all])

    def add(self, where: Where, new: Iterable[Shown]) -> bool:
        """Remember those of the lines that are mentions; whether there are any."""
        found = [Mention(where, each) for each in new if each.line.calls]
        self._all += found
        return bool(found)

    def keep(self, places: Iterable[Where]) -> None:
        """Forget those that stand in none of these conversations."""
        kept = {*map(id, places)}
        gone = [each for each in self._all if id(each.where) not in kept]
        for each in gone:
            self._all.remove(each)
