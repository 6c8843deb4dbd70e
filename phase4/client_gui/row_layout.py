"""Where tabs of these widths stand in a row that goes on in further lines. No toolkit here."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 3
"""Lines of tabs. Names are shortened first, then lines are hidden: messages need the space."""

OUT_OF_SIGHT = -1
"""The line of a tab that is behind the fold."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Of each tab, how far from the left it stands, and in which line of those in sight."""

    places: tuple[tuple[int, int], ...]
    lines: int
    """How many are in sight."""
    first: int
    """Which of all lines is the first in sight."""
    last_first: int
    """The largest `first` that makes sense: all have been in sight then."""

    @property
    def hidden(self) -> tuple[int, ...]:
        """The numbers of the tabs that are behind the fold."""
        return tuple(at for at, (_, line) in enumerate(self.places) if line == OUT_OF_SIGHT)


def lines_of(widths: Sequence[int], width: int) -> int:
    """How many lines they need in so many pixels."""
    return 1 + max((line for _, line in _wrapped(widths, width)), default=0)


def lay_out(
    widths: Sequence[int], width: int, *, front: int, first: int, follows: bool
) -> RowLayout:
    """Lay them out, from the line `first` on. The tab in `front` is always in sight.

    If the view `follows` it, other lines come into sight. If not (somebody looks at the others), it
    stands in the last line, alone.

    >>> lay_out([60, 60, 60, 60, 60], 100, front=0, first=2, follows=False).places
    ((0, 2), (0, -1), (0, 0), (0, 1), (0, -1))
    """
    places = _wrapped(widths, width)
    lines = 1 + max((line for _, line in places), default=0)
    line_of_front = places[front][1] if places else 0
    if follows:
        first = min(max(first, line_of_front - MOST_LINES + 1), line_of_front)
    last_first = max(0, lines - MOST_LINES)
    last_first += last_first > line_of_front
    first = min(max(first, 0), last_first)
    is_apart = places and not first <= line_of_front < first + MOST_LINES
    in_sight = range(first, first + MOST_LINES - bool(is_apart))
    shown = [(x, line - first if line in in_sight else OUT_OF_SIGHT) for x, line in places]
    if is_apart:
        shown[front] = (0, MOST_LINES - 1)
    return RowLayout(tuple(shown), min(lines, MOST_LINES), first, last_first)


def _wrapped(widths: Sequence[int], width: int) -> list[tuple[int, int]]:
    """For each how far from the left it stands, and in which line; a width of 0 is not known."""
    places: list[tuple[int, int]] = []
    x, line = 0, 0
    for each in widths:
        if x and width > 0 and x + each > width:
            x, line = 0, line + 1
        places.append((x, line))
        x += each
    return places
