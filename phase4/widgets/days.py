"""Where a line is due that says which day it is. No toolkit."""

from collections.abc import Iterable, Iterator
from datetime import date

from phase4.widgets.lines import Line, line_of_day
from phase4.widgets.shown import State


class Days:
    """The day of the newest line, which never goes back: a line that comes late begins no day."""

    def __init__(self) -> None:
        self._newest: date | None = None

    def begins(self, day: date | None) -> bool:
        """Whether a line of this day is the first one of a day that is not the first of all."""
        if day is None:
            return False
        before = self._newest
        self._newest = max(day, before or day)
        return before is not None and day > before

    def marked(self, lines: Iterable[Line], state: State) -> Iterator[tuple[Line, State]]:
        """The lines with this state, and before the first of another day one that says which."""
        for line in lines:
            if line.day is not None and self.begins(line.day):
                yield line_of_day(line.day), ""
            yield line, state
