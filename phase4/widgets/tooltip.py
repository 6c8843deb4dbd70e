"""A word beside the pointer, where something is shown shortened. Main thread only."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.widgets.theme import Theme

DELAY_MILLISECONDS = 500
"""From the pointer's coming to rest to the word: nothing flickers while it passes by."""


class Tooltip:
    """One for many widgets: `listen` to each of them."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        self._parent = parent
        self._theme = theme
        self._timer = ""
        self.window: tk.Toplevel | None = None
        """What is shown now."""
        parent.bind("<Destroy>", lambda _: self._cancel(), add=True)

    def listen(self, widget: tk.Misc, text: Callable[[], str]) -> None:
        """Show `text()` where the pointer rests on the widget; nothing while that is empty."""
        widget.bind("<Enter>", lambda _: self._wait(widget, text), add=True)
        for event in ("<Leave>", "<ButtonPress>", "<Destroy>"):
            widget.bind(event, lambda _: self.hide(), add=True)

    def hide(self) -> None:
        """Take it away."""
        self._cancel()
        if self.window is not None:
            self.window.destroy()
            self.window = None

    def _wait(self, widget: tk.Misc, text: Callable[[], str]) -> None:
        self._cancel()
        self._timer = self._parent.after(DELAY_MILLISECONDS, self._show, widget, text)

    def _cancel(self) -> None:
        if self._timer:
            self._parent.after_cancel(self._timer)
            self._timer = ""

    def _show(self, widget: tk.Misc, text: Callable[[], str]) -> None:
        self._timer = ""
        self.hide()
        if not (said := text()):
            return
        colours, unit = self._theme.palette, self._theme.unit
        self.window = tk.Toplevel(self._parent, background=colours.edge, takefocus=False)
        self.window.wm_overrideredirect(boolean=True)  # no frame, and no place among the windows
        label = ttk.Label(self.window, text=said, padding=(2 * unit, unit))
        label.configure(background=colours.page, foreground=colours.text)
        label.pack(padx=1, pady=1)
        self.window.update_idletasks()
        x, y = widget.winfo_rootx(), widget.winfo_rooty() + widget.winfo_height() + 2
        x = max(0, min(x, widget.winfo_screenwidth() - self.window.winfo_reqwidth()))
        self.window.wm_geometry(f"+{x}+{y}")
