"""The person's own lines until the server is known to have them. No terminal here.

What is printed cannot be changed. So a line stands right above the one being typed, until it is
certain; there it can be marked as waiting. What somebody else says would come between: a line
that is not late is printed before that, as if it were certain, for nearly always it is.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prompt_toolkit.utils import get_cwidth

from phase4.client.unconfirmed import Doubt, Own, Unconfirmed
from phase4.client_terminal.look import Fragments
from phase4.client_terminal.printed import rows_of
from phase4.client_terminal.wrapping import in_rows, wrapped
from shared import message

MAX_ROWS = 4
"""Of the screen for what waits. How many lines do is in the bar."""

LONG_COLUMNS = 160
"""A line that takes more is printed at once: it has no place above the one being typed."""


@dataclass(slots=True)
class _Shown:
    """How a line is shown."""

    said: message.Public | None
    """What is to be printed when it has arrived; None: the server's answer will be shown."""

    line: str
    """As it stands while it waits."""

    is_printed: bool = False


class Pending:
    """Shows the lines of which it is not known whether the server has them, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lines = Unconfirmed[_Shown](clock)

    def add(
        self, number: int, said: message.Public | None, line: str, *, late: bool, pasted: bool
    ) -> bool:
        """The client has taken this as its line `number`; whether it is to be printed at once.

        What is long is: it has no place above the line being typed.
        """
        self.lines.add(number, _Shown(said, line), late=late, pasted=pasted)
        return get_cwidth(line) > LONG_COLUMNS

    def arrived(self, count: int) -> Iterator[tuple[message.Public, bool]]:
        """The server has the first `count` of all lines; what is to be printed now.

        Each with whether it is of a block that was pasted.
        """
        for own in self.lines.arrived(count):
            if own.item.said is not None and not own.item.is_printed:
                yield own.item.said, own.is_pasted

    def printed_first(self) -> Iterator[message.Public]:
        """Something else is about to be printed; what is to be printed before it."""
        for own in self.lines:
            if own.item.said is None or own.item.is_printed:
                continue
            if own.is_pasted or self.lines.doubt(own) is not Doubt.NONE:
                return
            own.item.is_printed = True
            yield own.item.said

    def rows(self, columns: int, look: Callable[[message.Public], Fragments]) -> Fragments:
        """What stands above the line being typed: whole rows, the oldest first."""
        rows: Fragments = []
        for own in self.lines:
            line = self._row(own, look)
            if rows_of(wrapped([*rows, *line, ("", "\n")], columns), columns) > MAX_ROWS:
                break
            rows += [*line, ("", "\n")] if line else []
        return in_rows(rows, columns)

    def _row(self, own: Own[_Shown], look: Callable[[message.Public], Fragments]) -> Fragments:
        shown, doubt = own.item, self.lines.doubt(own)
        if shown.is_printed:
            return []
        if doubt is not Doubt.NONE:
            style = "error" if doubt is Doubt.MAY_NOT_ARRIVE else "waiting"
            return [(f"class:{style}", f"{shown.line} ({doubt.value})")]
        return look(shown.said) if shown.said is not None and not own.is_pasted else []
