"""Puts a window where it was last time, and notes where it is. Main thread only.

On X11 a window manager moves and maximises a window some time after it is asked to, and tells the
one and the other apart. So what is noted is what has stood still for a moment.
"""

import re
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

from phase4.widgets.fit import Root, open_at
from phase4.widgets.placement import Area, Placement, within

QUIET_MILLISECONDS = 300
"""From the last change of size or place to noting it."""

_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(-?\d+)\+(-?\d+)")


class Placing:
    """The size and the place of one window. `note` is called with those that last.

    Make it before what is inside of the window: that would have a size of its own.
    """

    def __init__(
        self,
        root: Root,
        last: Placement | None,
        size: tuple[int, int],
        note: Callable[[Placement], None],
    ) -> None:
        """`last` is where it was; None: it opens with this `size` where the system puts it."""
        self._root = root
        self._note = note
        self._last = self._noted = last
        self._timer = ""
        if last is None:
            open_at(root, *size)
        else:
            root.geometry(within(last, self._screens()).geometry)
        root.bind("<Configure>", self._changed, add=True)

    def appear(self) -> None:
        """Put all of the window on the screen; it may need more space than last time."""
        if (last := self._last) is not None:
            width, height = self._root.minsize()
            last = replace(last, width=max(last.width, width), height=max(last.height, height))
            self._root.geometry(within(last, self._screens()).geometry)
        self._root.deiconify()
        if last is not None and last.is_maximised:
            self._maximise()

    def close(self) -> None:
        """Note where it is now, and nothing after that."""
        self._cancel()
        self._look()
        self._cancel()

    def _changed(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self._root:
            self._cancel()
            self._timer = self._root.after(QUIET_MILLISECONDS, self._look)

    def _cancel(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)
            self._timer = ""

    def _look(self) -> None:
        """One that is minimised, or not there yet, has no place."""
        now = self._now()
        if now is not None and now != self._noted:
            self._noted = now
            self._note(now)

    def _now(self) -> Placement | None:
        shown = _GEOMETRY.fullmatch(self._root.geometry())
        if shown is None or not self._root.winfo_viewable():
            return None
        width, height, x, y = map(int, shown.groups())
        if not self._is_maximised():
            return Placement(width, height, x, y)
        # To what it becomes again; where it was never anything else, to what fills the screen.
        before = self._noted or Placement(width, height, x, y)
        return Placement(before.width, before.height, before.x, before.y, is_maximised=True)

    def _is_maximised(self) -> bool:
        if self._is_x11():
            return bool(self._root.attributes("-zoomed"))
        return self._root.state() == "zoomed"

    def _maximise(self) -> None:
        if self._is_x11():
            self._root.attributes("-zoomed", True)
        else:
            self._root.state("zoomed")

    def _is_x11(self) -> bool:
        return bool(self._root.tk.call("tk", "windowingsystem") == "x11")

    def _screens(self) -> Area:
        """Of all screens, as far as Tk tells: to Windows they are one large one."""
        root = self._root
        return Area(
            root.winfo_vrootx(),
            root.winfo_vrooty(),
            root.winfo_vrootwidth(),
            root.winfo_vrootheight(),
        )
