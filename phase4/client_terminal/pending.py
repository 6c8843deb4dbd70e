"""The person's own lines until the server is known to have them. No terminal here.

What is printed cannot be changed. So a line stands right above the one being typed, until it is
certain; there it can be marked as waiting. What somebody else says would come between: a line
that is not late is printed before that, as if it were certain, for nearly always it is.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.bar import SLOW_SECONDS
from phase4.client_terminal.look import Fragments
from phase4.client_terminal.printed import rows_of
from phase4.client_terminal.wrapping import in_rows, wrapped
from shared import message

DOUBTFUL_SECONDS = 15.0
"""A line may not arrive that nothing is heard of for so long. What is slow answers in less."""

MAX_ROWS = 4
"""Of the screen for what waits. How many lines do is in the bar."""

LONG_COLUMNS = 160
"""A line that takes more is printed at once: it has no place above the one being typed."""


@dataclass(slots=True)
class _Own:
    """A line that was handed over to the client."""

    number: int
    said: message.Public | None
    """What is to be printed when it has arrived; None: the server's answer will be shown."""

    line: str
    """As it stands while it waits."""

    at: float
    is_late: bool
    """Whether it waits from the beginning: it was typed while the server is away."""

    is_pasted: bool
    is_printed: bool = False


class Pending:
    """The lines of which it is not known whether the server has them, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: deque[_Own] = deque()

    def add(
        self, number: int, said: message.Public | None, line: str, *, late: bool, pasted: bool
    ) -> None:
        """The client has taken this as its line `number`."""
        own = _Own(number, said, line, self._clock(), is_late=late, is_pasted=pasted)
        self._lines.append(own)

    @property
    def is_long(self) -> bool:
        """Whether the latest line has to be printed at once."""
        return get_cwidth(self._lines[-1].line) > LONG_COLUMNS

    def arrived(self, count: int) -> Iterator[tuple[message.Public, bool]]:
        """The server has the first `count` of all lines; what is to be printed now.

        Each with whether it is of a block that was pasted.
        """
        while self._lines and self._lines[0].number <= count:
            own = self._lines.popleft()
            if own.said is not None and not own.is_printed:
                yield own.said, own.is_pasted

    def printed_first(self) -> Iterator[message.Public]:
        """Something else is about to be printed; what is to be printed before it."""
        for own in self._lines:
            if own.said is None or own.is_printed:
                continue
            if own.is_pasted or self._is_late(own):
                return
            own.is_printed = True
            yield own.said

    def lost(self) -> None:
        """The connection is gone, and whatever the server does not have waits for the next one."""
        for own in self._lines:
            own.is_late = True

    @property
    def count(self) -> int:
        """How many wait: they were not taken at once."""
        return sum(1 for own in self._lines if own.is_pasted or self._is_late(own))

    @property
    def is_doubtful(self) -> bool:
        """Whether nothing was heard of one for so long that it may not arrive."""
        own = self._lines[0] if self._lines else None
        return own is not None and not own.is_late and self._seconds(own) >= DOUBTFUL_SECONDS

    def rows(self, columns: int, look: Callable[[message.Public], Fragments]) -> Fragments:
        """What stands above the line being typed: whole rows, the oldest first."""
        rows: Fragments = []
        for own in self._lines:
            line = self._row(own, look)
            if rows_of(wrapped([*rows, *line, ("", "\n")], columns), columns) > MAX_ROWS:
                break
            rows += [*line, ("", "\n")] if line else []
        return in_rows(rows, columns)

    def _row(self, own: _Own, look: Callable[[message.Public], Fragments]) -> Fragments:
        if own.is_printed:
            return []
        if self._seconds(own) >= DOUBTFUL_SECONDS and not own.is_late:
            return [("class:error", f"{own.line} (may not arrive)")]
        if self._is_late(own):
            return [("class:waiting", f"{own.line} (waiting)")]
        return look(own.said) if own.said is not None and not own.is_pasted else []

    def _is_late(self, own: _Own) -> bool:
        return own.is_late or self._seconds(own) >= SLOW_SECONDS

    def _seconds(self, own: _Own) -> float:
        return self._clock() - own.at
