"""What happened between two readings, and how it is said in as many cells as there are. Pure.

An event keeps its words apart: whoever it is about, and what they did. So a narrow column
shortens names, which the table of people has as well, and never cuts off what was done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared import text

ORDINARY, WARNING, BAD = range(3)
"""How much an event weighs."""

_MAX_NAMED = 8  # if more did the same between two readings, three are named and all counted
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `text` is the whole of it, as the server wrote the names."""

    clock: float  # Unix time, seconds
    did: str  # "joined", "is now"; or a whole sentence, where it is about no person
    names: tuple[str, ...] = ()  # of those who did it
    others: int = 0  # how many more did it
    became: str = ""  # their new name
    weight: int = ORDINARY

    @property
    def text(self) -> str:
        """All of it.

        >>> Event(0.0, "is now", ("Bob",), became="Robert").text
        'Bob is now Robert'
        """
        return _said(self.names, self.others, self.did, self.became)

    def fitted(self, width: int, more: str = "…") -> str:
        """As much as fits into `width` cells: names give way, what was done stays.

        >>> Event(0.0, "joined", ("Alexandra",)).fitted(13)
        'Alexa… joined'
        """
        *longer, shortest = self._forms(width, more)
        fitting = (each for each in longer if text.cells(each) <= width)
        return next(fitting, None) or text.cut(shortest, width, more)

    def _forms(self, width: int, more: str) -> Iterator[str]:
        """From the longest to the shortest, which may be too long all the same."""
        names = [text.printable(each) for each in self.names]
        became = text.printable(self.became)
        yield _said(names, self.others, self.did, became)
        number = len(names) + self.others
        for fewer in reversed(range(1, len(names))):
            yield _said(names[:fewer], number - fewer, self.did, became)
        if number == 1:
            room = width - text.cells(self.did) - 1 - bool(became)
            half = max(room // 2, room - text.cells(names[0])) if became else 0
            became = text.cut(became, half, more)
            yield _said([text.cut(names[0], room - text.cells(became), more)], 0, self.did, became)
        yield _said((), number, self.did, "")


def _said(names: Sequence[str], others: int, did: str, became: str) -> str:
    """All of an event in one sentence.

    >>> _said(("Ann", "Bob"), 5, "joined", "")
    'Ann, Bob and 5 more joined'
    """
    counted = f"{others:,}" if others else ""
    if names:
        counted = ", ".join(names) + (f" and {counted} more" if counted else "")
    return " ".join(filter(None, (counted, did, became)))


def of_people(clock: float, did: str, names: Sequence[str]) -> list[Event]:
    """An event for each of them, or one for all where they are many."""
    if len(names) <= _MAX_NAMED:
        return [Event(clock, did, (each,)) for each in names]
    return [Event(clock, did, tuple(names[:_NAMED]), len(names) - _NAMED)]
