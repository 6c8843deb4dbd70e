"""Pictures made of characters: large digits, and charts from one row to many. Pure.

Each comes in two sets, since not every terminal has the characters for the fine one: the console of
a server without a window system draws question marks for them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PIXELS = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": ("## ", " # ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", " ##", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ".": (" ", " ", " ", " ", "#"),
    ",": (" ", " ", " ", " ", "#"),
    "-": ("   ", "   ", "###", "   ", "   "),
    "–": ("   ", "   ", "###", "   ", "   "),
}

_HALVES = {"##": "█", "# ": "▀", " #": "▄", "  ": " "}  # two pixels, one above the other

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

BIG_ROWS = (3, 5, 10)
"""How high large figures are, by size."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of characters to draw with, each one cell wide."""

    levels: str  # of a chart's cell, empty to full; [1] is the base line: zero
    missing: str  # where a chart has no figure
    digits: Mapping[str, tuple[str, ...]]  # the smallest of the large figures
    pixel: str  # what the others are made of
    rule: str
    tick: str  # in a rule, where a time stands
    dot: str  # between two figures
    more: str  # where a text was cut
    live: str
    chosen: str  # before the row that Enter opens
    down: str
    arrows: str
    none: str  # in place of a figure that is not known


def _in_halves(pixels: Sequence[str]) -> tuple[str, ...]:
    """Five rows of pixels in three rows of characters."""
    upper, lower = pixels[0::2], (*pixels[1::2], " " * len(pixels[0]))
    return tuple(
        "".join(_HALVES[two + one] for two, one in zip(above, below, strict=True))
        for above, below in zip(upper, lower, strict=True)
    )


_BLOCK_DIGITS = {each: _in_halves(pixels) for each, pixels in _PIXELS.items()}

UNICODE = Glyphs(" ▁▂▃▄▅▆▇█", "×", _BLOCK_DIGITS, "█", "─", "┬", "·", "…", "●", "›", "▼", "↑↓", "–")
ASCII = Glyphs(
    " _.:-=+*#", "x", _ASCII_DIGITS, "#", "-", "+", "|", "~", "*", ">", "v", "up/down", "-"
)


def big(text: str, glyphs: Glyphs, size: int = 0) -> list[str] | None:
    """`text` in letters BIG_ROWS[size] rows high; None where there is no such letter.

    >>> print(*big("12.3", UNICODE), sep="|")
    ▀█  ▀▀█   ▀▀█| █  █▀▀    ▀█|▀▀▀ ▀▀▀ ▀ ▀▀▀
    >>> print(*big("75", ASCII, 1), sep="|")
    ###### ######|    ## ##    |    ## ######|    ##     ##|    ## ######
    """
    if not all(each in _PIXELS and each in glyphs.digits for each in text):
        return None
    if size == 0:
        return [" ".join(glyphs.digits[each][row] for each in text) for row in range(BIG_ROWS[0])]
    gap = " " * size
    lines = [gap.join(_stretched(_PIXELS[each][row], size) for each in text) for row in range(5)]
    return [line.replace("#", glyphs.pixel) for line in lines for _ in range(size)]


def _stretched(pixels: str, size: int) -> str:
    """A character is twice as high as it is wide, so two of them make a pixel."""
    return "".join(each * 2 * size for each in pixels)


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
