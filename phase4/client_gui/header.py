"""What stands above the conversation: with whom, where, who listens in, what is late, the menu.

Main thread only.
"""

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from phase4.widgets.actions import Action
from phase4.widgets.pieces import fill_menu
from phase4.widgets.popup import Popup
from phase4.widgets.theme import Theme


class Header(ttk.Frame):
    """One line, with a menu at its end."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self.person = ttk.Label(self, style="Bold.TLabel")
        """The whole name of the person whom one talks with alone."""
        self._server = ttk.Label(self, style="Bold.TLabel")
        self.security = ttk.Label(self, style="Muted.TLabel")
        self.doubts = ttk.Label(self, style="Error.TLabel")
        """What is not certain, or late."""
        self._button = ttk.Menubutton(self, text="Menu", style="Menu.TMenubutton", width=0)
        self._popup = Popup(self._button, theme)
        self._menu = self._popup.menu
        self._button.configure(menu=self._menu)
        # First: these two keep their place, however long the others are.
        self._button.pack(side="right")
        self.doubts.pack(side="right")
        for label in (self.person, self._server, self.security):
            label.pack(side="left")
        theme.on_change(self._restyle)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Put these into the menu, with their keys beside them."""
        fill_menu(self._menu, actions)

    def show_server(self, server: str) -> None:
        """Name the server."""
        self._server.configure(text=server)

    def show_person(self, name: str) -> None:
        """Name the person whom one talks with alone; empty: one talks with everybody."""
        colour = self._theme.name_colour(name) if name else ""
        self.person.configure(text=name, foreground=colour)
        self.person.pack_configure(padx=(3 * self._theme.unit if name else 0, 0))

    def open_menu(self) -> None:
        """As a click on its button does, but by key: a pointer that lies there chooses nothing."""
        self._popup.post_by_key(*self.below_menu(self._menu))

    def below_menu(self, menu: tk.Menu) -> tuple[int, int]:
        """Where on the screen a menu is shown that belongs to the button."""
        right = self._button.winfo_rootx() + self._button.winfo_width()
        below = self._button.winfo_rooty() + self._button.winfo_height()
        return right - menu.winfo_reqwidth(), below

    def _restyle(self) -> None:
        unit = self._theme.unit
        self._theme.style_menu(self._menu)
        self._server.pack_configure(padx=3 * unit, pady=2 * unit)
        self._button.pack_configure(padx=unit)
        self.doubts.pack_configure(padx=unit)
