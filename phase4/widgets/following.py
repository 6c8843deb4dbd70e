"""Follows what the system looks like: asks at the start, and when the person comes back to it.

Main thread only. The question is another program's to answer; Tk's loop looks after it.
"""

import time
import tkinter as tk
from collections.abc import Callable

from phase4.widgets.system_look import Look, SystemLook

LOOK_MILLISECONDS = 30
"""Between two looks whether the answer has come."""

AGAIN_SECONDS = 5.0
"""Before the system is asked again: the keyboard may come and go many times in a second."""


class Following:
    """Calls `found` with what the system looks like, while it is wanted."""

    def __init__(
        self, root: tk.Misc, found: Callable[[Look], None], system: SystemLook | None = None
    ) -> None:
        self._root = root.winfo_toplevel()
        self._found = found
        self._system = system or SystemLook()
        self._is_wanted = False
        self._asked_at = 0.0
        self._timer = ""
        self._root.bind("<FocusIn>", self._came_back, add=True)
        self._root.bind("<Destroy>", self._destroyed, add=True)

    def follow(self) -> None:
        """Ask now, and from now on whenever the keyboard comes to the window."""
        self._is_wanted = True
        self._ask()

    def stop(self) -> None:
        """What the system looks like does not matter any more."""
        self._is_wanted = False

    def _came_back(self, _: object) -> None:
        if self._is_wanted and time.monotonic() - self._asked_at > AGAIN_SECONDS:
            self._ask()

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        self._system.ask()
        self._look()

    def _look(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)
            self._timer = ""
        if self._system.is_asking():
            self._timer = self._root.after(LOOK_MILLISECONDS, self._look)
        elif self._is_wanted:
            self._found(self._system.look or "light")

    def _destroyed(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self._root:
            self._is_wanted = False
            self._system.close()
