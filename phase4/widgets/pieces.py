"""Small things that both windows do alike: a menu, a scrollbar, the way of F6. Main thread only."""

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk
from typing import Literal

from phase4.widgets.actions import Action
from phase4.widgets.theme import Theme


class QuietScrollbar(ttk.Scrollbar):
    """Shown only while there is something to scroll. Place it with `grid`."""

    def set(self, first: float | str, last: float | str) -> None:
        """Show which part is in sight, from 0 to 1; all of it: hide."""
        is_all = float(first) <= 0 and float(last) >= 1
        (self.grid_remove if is_all else self.grid)()
        super().set(first, last)


class FocusRing(ttk.Frame):
    """A frame that shows when the keyboard is in what it surrounds: a list, or a text.

    Of their own accord these show nothing. `on` is the colour around it: while the keyboard is
    elsewhere, the ring cannot be seen.
    """

    def __init__(self, parent: tk.Misc, theme: Theme, on: Literal["page", "panel"]) -> None:
        self._idle = "PageRing.TFrame" if on == "page" else "PanelRing.TFrame"
        super().__init__(parent, style=self._idle)
        self._theme = theme
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        super().destroy()

    def surround(self, part: tk.Widget, listener: tk.Misc | None = None) -> None:
        """Put `part` inside. The keyboard is in it, or in the widget within that takes the keys."""
        part.pack(fill="both", expand=True)
        listener = listener or part
        listener.bind("<FocusIn>", lambda _: self.configure(style="FocusRing.TFrame"), add=True)
        listener.bind("<FocusOut>", lambda _: self.configure(style=self._idle), add=True)

    def _restyle(self) -> None:
        self.configure(padding=max(2, self._theme.unit // 2))


def fill_menu(menu: tk.Menu, actions: Sequence[Action]) -> None:
    """Put the actions into a menu, with their keys beside them."""
    for action in actions:
        if action.starts_group:
            menu.add_separator()
        menu.add_command(label=action.label, accelerator=action.keys, command=action.do)


def focus_next(parts: Sequence[tk.Misc]) -> None:
    """Give the keyboard to the part after the one that has it; where none has it, to the first."""
    try:
        at = [*parts].index(parts[0].focus_get())  # type: ignore[arg-type]
    except (KeyError, ValueError):  # a menu has it, or nothing of ours
        at = -1
    parts[(at + 1) % len(parts)].focus_set()
