"""The upper edge of the transcript: what is cut there, what is put there, and the remark above all.

Main thread only. There is a bound for the lines that are kept. What is older than they are goes;
and what is put above goes in only as far as there is space.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from phase4.widgets.blocks import Blocks, head_of
from phase4.widgets.lines import Line, for_screen, line_of_day
from phase4.widgets.shown import ROW, Shown

MAX_LINES = 5_000
"""Lines kept. A Text lays out every line it holds again when the window changes its width."""

LINES_CUT_AT_ONCE = 250
"""To cut the oldest line for every new one would cost more than to cut many now and then."""

MAX_CHARACTERS = 2_000_000
"""Characters kept: 400 a line. As many lines as long as they may be would be 25 million."""

LEFT_OUT = f"Older lines are left out; the newest {MAX_LINES:,} are kept."

_BEFORE_ALL = -(1 << 60)  # the number of the remark


class Kept(Protocol):
    """What an edge asks of its transcript."""

    lines: list[Shown]
    characters: int

    def put(self, at: int, drawn: Sequence[Shown]) -> None:
        """Draw these above the line at this place; what is in sight stays where it is."""

    def drop(self, first: int, end: int) -> None:
        """Remove the lines from `first` to `end` (not included)."""

    def take_out(self, lines: Iterable[Shown]) -> None:
        """Remove these."""


class UpperEdge:
    """That of one transcript."""

    def __init__(self, text: Kept) -> None:
        self._text = text
        # What stands above all; None: nothing.
        self._remark: Shown | None = None
        # Whether lines were left out. Then the remark says so, and nothing else.
        self._has_left_out = False
        # The numbers of what is put above go down from here, with a gap before each.
        self._lowest = 0
        # Which day the highest line is of, as a line above it says.
        self._day_line: Shown | None = None

    @property
    def first(self) -> int:
        """The place of the line below the remark."""
        return int(self._remark is not None)

    @property
    def is_full(self) -> bool:
        """Whether there is no space for older lines."""
        count = len(self._text.lines)
        return self._has_left_out or count >= MAX_LINES or self._text.characters >= MAX_CHARACTERS

    def say(self, text: str) -> None:
        """Let this stand above all; empty: nothing. Where lines were left out, that stands."""
        if not self._has_left_out:
            self._say(text)

    def _say(self, text: str) -> None:
        if self._remark is not None:
            self._text.drop(0, 1)
            self._remark = None
        if text:
            self._remark = Shown(_BEFORE_ALL, Line("notice", "", "", text))
            self._text.put(0, [self._remark])

    def add(self, lines: Sequence[Line]) -> None:
        """Put older lines above the others, the newest of them, as far as there is space."""
        lines = [*map(for_screen, lines)]
        space = MAX_CHARACTERS - self._text.characters
        first = max(0, len(lines) + len(self._text.lines) - MAX_LINES)
        while first < len(lines) and sum(len(each.text) for each in lines[first:]) > space:
            first += 1
        marked = [*self._with_days(lines[first:])]
        self._lowest -= 2 * len(marked)
        numbers = range(self._lowest + 1, self._lowest + 2 * len(marked), 2)
        new = [Shown(number, line) for number, line in zip(numbers, marked, strict=True)]
        drawn, _ = Blocks().mark(new, lambda _: False)
        if drawn:
            self._text.put(self.first, drawn)
            self._day_line = drawn[0] if drawn[0].line.name == "" else None

    def _with_days(self, lines: Sequence[Line]) -> Iterator[Line]:
        """The lines, and before the first of each day one that says which.

        What says it of the lines below is taken out where it is the same day.
        """
        day = None
        for line in lines:
            if line.day is not None and line.day != day:
                day = line.day
                yield line_of_day(day)
            yield line
        below = next((each.line.day for each in self._text.lines if each.line.day), None)
        is_told = self._day_line is not None and self._day_line in self._text.lines
        if is_told and below == day:
            self._text.take_out([self._day_line] if self._day_line else [])
        elif not is_told and None not in (below, day) and below != day:
            yield line_of_day(below) if below is not None else lines[-1]

    # --- cutting ----------------------------------------------------------------------------------

    def cut(self, *, must_cut: bool) -> None:
        """Cut what is beyond the bounds. The newest line stays, however long."""
        lines, first = self._text.lines, self.first
        count = len(lines) - first
        slack = LINES_CUT_AT_ONCE if self._has_left_out else 0
        too_many = count - MAX_LINES if count > MAX_LINES + slack else 0
        end, characters = first, self._text.characters
        while end < len(lines) - 1 and (end - first < too_many or characters > MAX_CHARACTERS):
            characters -= len(lines[end].line.text)
            end += 1
        if end > first:
            self._text.drop(first, end)
            self._name_block(first)
        if (must_cut or end > first) and not self._has_left_out:
            self._say(LEFT_OUT)
            self._has_left_out = True

    def _name_block(self, at: int) -> None:
        """Where the first lines of a block were cut, say once more whose it is."""
        lines = self._text.lines
        if lines[at].role == ROW:
            self._text.put(at, [head_of(lines[at])])
