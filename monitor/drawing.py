"""Pictures made of characters: large digits, and charts from one row to many. Pure.

Each comes in two sets, since not every terminal has the characters for the fine one: the console of
a server without a window system draws question marks for them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BLOCK_DIGITS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    ".": (" ", " ", "▀"),
    ",": (" ", " ", "▀"),
    "-": ("   ", "▀▀▀", "   "),
}

_ASCII_DIGITS = {
    "0": (" _ ", "| |", "|_|"),
    "1": ("   ", " | ", " | "),
    "2": (" _ ", " _|", "|_ "),
    "3": (" _ ", " _|", " _|"),
    "4": ("   ", "|_|", "  |"),
    "5": (" _ ", "|_ ", " _|"),
    "6": (" _ ", "|_ ", "|_|"),
    "7": (" _ ", "  |", "  |"),
    "8": (" _ ", "|_|", "|_|"),
    "9": (" _ ", "|_|", " _|"),
    ".": (" ", " ", "."),
    ",": (" ", " ", ","),
    "-": ("   ", " _ ", "   "),
}

BIG_ROWS = 3


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of characters to draw with, each one cell wide."""

    levels: str  # of a chart's cell, empty to full; [1] is the base line: zero
    missing: str  # where a chart has no figure
    digits: Mapping[str, tuple[str, ...]]
    rule: str
    dot: str  # between two figures
    more: str  # where a text was cut
    live: str
    down: str
    arrows: str


UNICODE = Glyphs(" ▁▂▃▄▅▆▇█", "×", _BLOCK_DIGITS, "─", "·", "…", "●", "▼", "↑↓")
ASCII = Glyphs(" _.:-=+*#", "x", _ASCII_DIGITS, "-", "|", "~", "*", "v", "up/down")


def big(text: str, glyphs: Glyphs) -> list[str] | None:
    """`text` in letters three rows high; None where there is no such letter.

    >>> print(*big("12.3", UNICODE), sep="|")
    ▀█  ▀▀█   ▀▀█| █  █▀▀    ▀█|▀▀▀ ▀▀▀ ▀ ▀▀▀
    """
    if not all(each in glyphs.digits for each in text):
        return None
    return [" ".join(glyphs.digits[each][row] for each in text) for row in range(BIG_ROWS)]


def chart(values: Sequence[float | None], top: float, height: int, glyphs: Glyphs) -> list[str]:
    """Columns from 0 to `top`, in `height` rows, the highest row first.

    Zero is drawn as the base line, whatever is more than zero as more than that, and a value that
    is missing has its own mark, so that "nothing happened" and "nobody knows" look different.

    >>> chart([0, 1, 4, None, 8], 8, 1, UNICODE)
    ['▁▂▅×█']
    >>> chart([0, 1, 4, None, 8], 8, 2, UNICODE)
    ['  ▁ █', '▁▃█×█']
    """
    steps = len(glyphs.levels) - 1
    levels = [None if each is None else _level(each, top, steps * height) for each in values]
    rows = []
    for row in reversed(range(height)):
        empty = glyphs.missing if row == 0 else " "
        rows.append(
            "".join(
                empty if level is None else glyphs.levels[min(max(level - steps * row, 0), steps)]
                for level in levels
            )
        )
    return rows


def _level(value: float, top: float, highest: int) -> int:
    """From 1, the base line, to `highest`; rounded up, so that a little more than zero shows."""
    if value <= 0 or top <= 0:
        return 1
    return 1 + min(highest - 1, math.ceil(value / top * (highest - 1)))
