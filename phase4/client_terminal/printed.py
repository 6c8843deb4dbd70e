"""What was printed last, so that a screen of another width can be filled. No terminal here."""

import itertools
import math
from collections import deque

from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.look import Fragments

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
        for line in _lines(text):
            if len(self._lines) == KEPT_LINES:
                self._characters -= _size(self._lines[0])
            self._lines.append(line)
            self._characters += _size(line)
            while self._characters > KEPT_CHARACTERS and len(self._lines) > 1:
                self._characters -= _size(self._lines.popleft())

    def last(self, rows: int, columns: int) -> Fragments:
        """As many of the newest lines as fit into so many rows of this width."""
        fitting: list[Fragments] = []
        for line in reversed(self._lines):
            rows -= rows_of(line, columns)
            if rows < 0:
                break
            fitting.append(line)
        return [part for line in reversed(fitting) for part in line]


def rows_of(text: Fragments, columns: int) -> int:
    """The rows that a text takes which ends with a newline."""
    lines = "".join(part[1] for part in text).split("\n")[:-1]
    return sum(max(1, math.ceil(get_cwidth(line) / columns)) for line in lines)


def _lines(text: Fragments) -> list[Fragments]:
    parts = [(part[0], piece) for part in text for piece in part[1].splitlines(keepends=True)]
    ends = itertools.accumulate(piece.endswith("\n") for _, piece in parts)
    numbered = zip((0, *ends), parts, strict=False)
    return [
        [part for _, part in group]
        for _, group in itertools.groupby(numbered, lambda each: each[0])
    ]


def _size(line: Fragments) -> int:
    return sum(len(part[1]) for part in line)
