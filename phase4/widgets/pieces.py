"""Small things that both windows do alike: a menu, a scrollbar, the way of F6. Main thread only."""

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from phase4.widgets.actions import Action


class QuietScrollbar(ttk.Scrollbar):
    """Shown only while there is something to scroll. Place it with `grid`."""

    def set(self, first: float | str, last: float | str) -> None:
        """Show which part is in sight, from 0 to 1; all of it: hide."""
        is_all = float(first) <= 0 and float(last) >= 1
        (self.grid_remove if is_all else self.grid)()
        super().set(first, last)


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
