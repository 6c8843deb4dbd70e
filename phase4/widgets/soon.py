"""Work for a moment later, in Tk's own loop. Main thread only."""

import tkinter as tk
from collections.abc import Callable


class Soon:
    """What a widget wants done when Tk is idle. Asked for twice, it is done once.

    The widget must `cancel` when it is destroyed: Tk would call what is no longer there.
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._widget = widget
        self._jobs: dict[str, str] = {}

    def do(self, name: str, action: Callable[[], None], milliseconds: int = 0) -> None:
        """Do it when Tk is idle, or after a time, unless that is planned already."""

        def run() -> None:
            del self._jobs[name]
            action()

        if name not in self._jobs:
            self._jobs[name] = self._widget.after(milliseconds or "idle", run)

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be done."""
        return bool(self._jobs)

    def cancel(self) -> None:
        """Forget what was asked for and is not done yet."""
        while self._jobs:
            self._widget.after_cancel(self._jobs.popitem()[1])
