"""Which of the lines that are kept are blocks of code, and what stands above each. No toolkit.

Lines come one by one, and the first of a block looks like any other. So those before it become a
part of it when the next one shows what they are (`phase4.client.block`).
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from phase4.client.block import Runs
from phase4.widgets.shown import HEAD, ROW, Shown


class Blocks:
    """Looks at all lines that are shown for good, each once, in their order."""

    def __init__(self) -> None:
        self._runs = Runs[Shown]()

    def mark(
        self, new: Sequence[Shown], is_kept: Callable[[Shown], bool]
    ) -> tuple[list[Shown], list[Shown]]:
        """The new lines, with what stands above blocks; and older ones that are of a block now.

        `is_kept` tells whether an older line is still there. What is to stand above the older ones
        comes first among them, and has a lower number than they.
        """
        drawn = [*new]
        older: list[Shown] = []
        for each in new:
            if not (found := self._rows_with(each)):
                continue
            before = [row for row in found if row.number < new[0].number and is_kept(row)]
            rows = [*before, *(row for row in found if row.number >= new[0].number)]
            for row in rows:
                row.role = ROW
            if self._runs.has_begun and before:
                older = [head_of(before[0]), *before]
            elif self._runs.has_begun:
                at = bisect_left(drawn, rows[0].number, key=lambda shown: shown.number)
                drawn.insert(at, head_of(rows[0]))
        return drawn, older

    def _rows_with(self, shown: Shown) -> Sequence[Shown]:
        line = shown.line
        speaker = (line.person, line.mark) if line.person and not line.is_action else None
        return self._runs.add(speaker, line.time, shown, is_code=line.is_code, paste=line.paste)


def head_of(row: Shown) -> Shown:
    """What stands above a block that begins with this line: whose it is, and when it was said."""
    return Shown(row.number - 1, replace(row.line, text="", calls=()), role=HEAD)
