"""How many colours this terminal has, and which are used: no program can ask what it shows.

A terminal that lacks 256 colours may take the numbers for something else: it blinks, or draws
nothing. So the system's own list of terminals is asked (terminfo(5)).
"""

import enum
import os
import sys

try:
    import curses
except ImportError:  # Windows, whose console has them all
    curses = None  # type: ignore[assignment]

from prompt_toolkit.output import ColorDepth


class Colours(enum.Enum):
    """What a look is made of."""

    NONE = "bold, italics and reverse alone"
    FEW = "the eight that every terminal with colours has"
    MANY = "256 or more"


_MODERN = (
    *("256color", "direct", "xterm-", "tmux", "kitty", "alacritty", "foot", "wezterm", "ghostty"),
)
"""In the names of terminals that have 256 colours, though this system's list may lack them."""


def colours_and_depth() -> tuple[Colours, ColorDepth | None]:
    """What to use in this terminal, as prompt_toolkit calls it as well; None: as it likes."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        return Colours.NONE, ColorDepth.DEPTH_1_BIT
    depth = ColorDepth.from_env() or _depth(os.environ.get("TERM", ""))
    if depth is ColorDepth.DEPTH_1_BIT:
        return Colours.NONE, depth
    return Colours.FEW if depth is ColorDepth.DEPTH_4_BIT else Colours.MANY, depth


def _depth(terminal: str) -> ColorDepth | None:
    if sys.platform == "win32":
        return None
    number = _number_of_colours(terminal)
    if number < 8:
        return ColorDepth.DEPTH_1_BIT
    # A program that was started in one terminal, and is told that it runs in another one, still
    # has the first one's COLORTERM: the console of Linux has eight colours whatever it says.
    if os.environ.get("COLORTERM") in ("truecolor", "24bit") and terminal != "linux":
        return ColorDepth.TRUE_COLOR
    return ColorDepth.DEPTH_8_BIT if number >= 256 else ColorDepth.DEPTH_4_BIT


def _number_of_colours(terminal: str) -> int:
    """As terminfo says; where it does not know the terminal, as its name says."""
    try:
        curses.setupterm(terminal, sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return curses.tigetnum("colors")
    except (curses.error, AttributeError, OSError, ValueError):
        return 256 if any(each in terminal for each in _MODERN) else 8
