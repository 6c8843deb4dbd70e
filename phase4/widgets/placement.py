"""Where a window was, and where it can be now: in numbers. No toolkit here."""

from dataclasses import dataclass, replace

_TITLE_PIXELS = 40
"""What a title bar takes above a window that is moved into sight: nobody can ask how much it is."""

_TENTHS = 9
"""Of the screens, for a window that is larger than them: bars of the desktop need space as well."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A window's size without its frame, and the place of its frame's corner, in pixels."""

    width: int
    height: int
    x: int
    y: int
    is_maximised: bool = False
    """Then the rest is what it is to become again."""

    @property
    def geometry(self) -> str:
        """As Tk's `wm geometry` takes it; a place left of the screen's edge as well.

        >>> Placement(640, 480, -5, 10).geometry
        '640x480+-5+10'
        """
        return f"{self.width}x{self.height}+{self.x}+{self.y}"


@dataclass(frozen=True, slots=True)
class Area:
    """The rectangle that holds all screens."""

    x: int
    y: int
    width: int
    height: int


def within(there: Placement, area: Area) -> Placement:
    """Where the window goes now: the same place, if all of it is still on a screen.

    A screen may be gone, or smaller. Between screens of different sizes is an area that nobody
    sees, of which Tk knows nothing; the window manager is left to deal with that.

    >>> within(Placement(800, 600, 2500, 100), Area(0, 0, 1366, 768))
    Placement(width=800, height=600, x=566, y=100, is_maximised=False)
    """
    width, x = _fit(there.x, there.width, area.x, area.width, 0)
    height, y = _fit(there.y, there.height, area.y, area.height, _TITLE_PIXELS)
    return replace(there, width=width, height=height, x=x, y=y)


def _fit(start: int, length: int, least: int, space: int, frame: int) -> tuple[int, int]:
    """The length and the start in one direction."""
    if length > space:
        length = space * _TENTHS // 10
    if start < least:
        start = least
    if start + length > least + space:
        start = max(least, least + space - length - frame)
    return length, start
