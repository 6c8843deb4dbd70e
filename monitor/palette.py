"""Which colour each style has, on dark and on light terminals. Pure; screen.py gives it to curses.

One idea: a *quantity* has a hue of its own, blue for people, violet for messages, grey for the
rest, and more of it is a stronger shade. *How it stands* is green, amber, or red, and nothing else.
So red is never a figure, and a figure never looks like an alarm.

A terminal says how many colours it has. Of 256, those from 16 on look alike everywhere. The first
16 are whatever the terminal's owner likes, so with 8 or 16 colours few are used, and none that is
hard to read where the usual ones are set.

No colour can be read on black and on white, and on both of Solarized's backgrounds too: 4.5:1 (WCAG
2.2, 1.4.3) is kept by 0 of 240, as measured. So there is a palette for dark terminals and one for
light ones. Where nobody knows which it is, words and figures have the terminal's own colour, and
only the graphs are coloured, which stand out 3:1 everywhere (1.4.11). tests/monitor/test_palette.py
computes all of it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.scene import SHADES, Style

DEFAULT = -1
"""The terminal's own colour, of text or of its background."""

MANY = 256
"""Colours of a terminal that has shades."""

FEW = 8


class Look(NamedTuple):
    """A style on a terminal: colours by their number, and what else marks it."""

    foreground: int = DEFAULT
    background: int = DEFAULT
    is_bold: bool = False
    is_reversed: bool = False


Looks = Mapping[Style, Look]


class Palette(NamedTuple):
    """The looks of all styles, and of some of them the shades in graphs, from little to much."""

    looks: Looks
    shades: Mapping[Style, tuple[Look, ...]] = {}

    def look(self, style: Style, shade: int | None = None) -> Look:
        """That of a style; in a graph, of one of SHADES."""
        if shade is not None and style in self.shades:
            return self.shades[style][shade]
        return self.looks.get(style, Look())


_BOLD = Look(is_bold=True)
_REVERSED = Look(is_reversed=True)

PLAIN = Palette(
    {
        Style.STRONG: _BOLD,
        Style.LIVE_BAR: _REVERSED,
        Style.WARN_BAR: _REVERSED,
        Style.BAD_BAR: Look(is_bold=True, is_reversed=True),
        Style.WARN: _BOLD,
        Style.BAD: Look(is_bold=True, is_reversed=True),
        Style.PEOPLE: _BOLD,
        Style.MESSAGES: _BOLD,
        Style.TITLE: _BOLD,
        Style.KEY: _BOLD,
    }
)
"""Without any colour: NO_COLOR, and a terminal that has none."""


def _shaded(*colours: int) -> tuple[Look, ...]:
    assert len(colours) == SHADES
    return tuple(map(Look, colours))


_BARS: Looks = {
    Style.LIVE_BAR: Look(16, 77),
    Style.WARN_BAR: Look(16, 220),
    Style.BAD_BAR: Look(231, 124, is_bold=True),
}

_DARK = Palette(
    {
        **PLAIN.looks,
        **_BARS,
        Style.DIM: Look(246),
        Style.GOOD: Look(78),
        Style.WARN: Look(220, is_bold=True),
        Style.BAD: Look(210, is_bold=True),
        Style.PEOPLE: Look(81, is_bold=True),
        Style.MESSAGES: Look(177, is_bold=True),
        Style.RULE: Look(246),
        Style.KEY: Look(81, is_bold=True),
    },
    {
        Style.PEOPLE: _shaded(38, 39, 45, 81, 123),
        Style.MESSAGES: _shaded(140, 141, 177, 213, 219),
        Style.PLAIN: _shaded(246, 248, 250, 252, 254),
    },
)

_LIGHT = Palette(
    {
        **PLAIN.looks,
        **_BARS,
        Style.DIM: Look(240),
        Style.GOOD: Look(22),
        Style.WARN: Look(94, is_bold=True),
        Style.BAD: Look(160, is_bold=True),
        Style.PEOPLE: Look(25, is_bold=True),
        Style.MESSAGES: Look(91, is_bold=True),
        Style.RULE: Look(242),
        Style.KEY: Look(25, is_bold=True),
    },
    {
        Style.PEOPLE: _shaded(27, 26, 25, 20, 19),
        Style.MESSAGES: _shaded(97, 92, 91, 55, 54),
        Style.PLAIN: _shaded(242, 241, 240, 238, 236),
    },
)

_EITHER = Palette(
    {**PLAIN.looks, **_BARS},
    {
        Style.PEOPLE: _shaded(31, 31, 31, 31, 31),
        Style.MESSAGES: _shaded(134, 134, 134, 134, 134),
        Style.PLAIN: _shaded(244, 244, 244, 244, 244),
    },
)

_FEW_BARS: Looks = {
    Style.LIVE_BAR: Look(0, 2),
    Style.WARN_BAR: Look(0, 7),
    Style.BAD_BAR: Look(7, 1, is_bold=True),
}

PALETTES: Mapping[tuple[int, str], Palette] = {
    (MANY, "dark"): _DARK,
    (MANY, "light"): _LIGHT,
    (MANY, ""): _EITHER,
    (FEW, "dark"): Palette(
        {
            **PLAIN.looks,
            **_FEW_BARS,
            Style.GOOD: Look(2),
            Style.PEOPLE: Look(6, is_bold=True),
            Style.KEY: Look(6, is_bold=True),
        }
    ),
    # Not bold: many terminals make bold colours brighter, which is too bright here.
    (FEW, "light"): Palette(
        {
            **PLAIN.looks,
            **_FEW_BARS,
            Style.BAD: Look(1),
            Style.PEOPLE: Look(4),
            Style.KEY: Look(4),
        }
    ),
    (FEW, ""): Palette({**PLAIN.looks, **_FEW_BARS}),
}
"""By how many colours there are, and whether the background is dark, light, or not known."""


def palette_for(colours: int, background: str) -> Palette:
    """That for a terminal with so many colours.

    One that has millions (TERM=xterm-direct) takes a number over 7 for red, green and blue.
    """
    if colours < FEW:
        return PLAIN
    return PALETTES[MANY if colours == MANY else FEW, background]
