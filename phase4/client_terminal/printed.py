"""What was printed last, so that a screen of another width can be filled. No terminal here."""

import itertools
import math
from collections import deque
from collections.abc import Iterator

from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.look import Fragments
from phase4.client_terminal.wrapping import lines_of, wrapped

KEPT_LINES = 200
KEPT_CHARACTERS = 100_000
"""More than any screen shows. The terminal itself has what was printed before."""


class Printed:
    """The newest lines that were printed above the one being typed."""

    def __init__(self) -> None:
        self._lines: deque[Fragments] = deque(maxlen=KEPT_LINES)
        self._characters = 0

    def add(self, text: Fragments) -> None:
        """Keep what is printed now: whole lines, each with its newline."""
        for line in lines_of(text):
            if len(self._lines) == KEPT_LINES:
                self._characters -= _size(self._lines[0])
            self._lines.append(line)
            self._characters += _size(line)
            while self._characters > KEPT_CHARACTERS and len(self._lines) > 1:
                self._characters -= _size(self._lines.popleft())

    def last(self, rows: int, columns: int) -> Fragments:
        """As many of the newest lines as fit into so many rows, broken for this width."""
        fitting = [*self._in_sight(rows, columns)]
        return [part for line in reversed(fitting) for part in line]

    def breaks_elsewhere(self, rows: int, columns: int, others: int) -> bool:
        """Whether a line in the last rows of the one width has other breaks in the other."""
        if columns == others or not columns:
            return False
        narrow, wide = sorted((columns, others))
        # As many lines as the wider of the two shows.
        lines = itertools.islice(reversed(self._lines), len([*self._in_sight(rows, wide)]))
        return any(wrapped(line, narrow) != wrapped(line, wide) for line in lines)

    def _in_sight(self, rows: int, columns: int) -> Iterator[Fragments]:
        """The lines that fit, the newest first."""
        for line in reversed(self._lines):
            broken = wrapped(line, columns)
            rows -= rows_of(broken, columns)
            if rows < 0:
                break
            yield broken


def rows_of(text: Fragments, columns: int) -> int:
    """The rows that a text takes which ends with a newline, broken for this width."""
    lines = "".join(part[1] for part in text).split("\n")[:-1]
    return sum(max(1, math.ceil(get_cwidth(line) / columns)) for line in lines)


def _size(line: Fragments) -> int:
    return sum(len(part[1]) for part in line)
