"""A menu at the pointer, or beside what a key was pressed in. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Iterator

from phase4.widgets.theme import Theme

_MENU_KEYS = {"x11": "<Menu>", "win32": "<App>"}  # a Mac has none


class Popup:
    """`menu` is filled anew each time, and shown by `post`."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        self.menu = tk.Menu(parent, tearoff=False)
        self._theme = theme
        # Where the pointer lay when a key asked for the menu; None once it has moved.
        self._pointer: tuple[int, int] | None = None
        for event in ("<Enter>", "<Motion>"):
            self.menu.bind(event, self._pointed)

    def clear(self) -> None:
        """Take out what it held."""
        self.menu.delete(0, "end")

    def add(self, label: str, command: Callable[[], object], keys: str = "") -> None:
        """One more entry, with its keys beside it."""
        self.menu.add_command(label=label, accelerator=keys, command=command)

    def post(self, x: int, y: int) -> None:
        """Show it at the pointer."""
        self._post(x, y, "")

    def post_by_key(self, x: int, y: int) -> None:
        """Show it there, with its first entry marked."""
        self._post(x, y, 0)

    def _post(self, x: int, y: int, entry: int | str) -> None:
        self._pointer = None if entry == "" else self.menu.winfo_pointerxy()
        self._theme.style_menu(self.menu)
        self.menu.tk_popup(x, y, entry)

    def _pointed(self, event: "tk.Event[tk.Misc]") -> str | None:
        """A pointer that lies where a key's menu appears has chosen nothing until it moves.

        Tk would mark the entry under it, and Return would choose another than the first.
        """
        if (event.x_root, event.y_root) != self._pointer:
            self._pointer = None
            return None
        self.menu.setvar("::tk::Priv(window)", str(self.menu))  # so that Tk hears when it moves
        return "break"


def right_button(widget: tk.Misc) -> str:
    """The event of the button that asks for a menu."""
    return "<Button-2>" if widget.tk.call("tk", "windowingsystem") == "aqua" else "<Button-3>"


def menu_keys(widget: tk.Misc) -> Iterator[str]:
    """The keys that ask for one."""
    yield "<Shift-F10>"
    if key := _MENU_KEYS.get(widget.tk.call("tk", "windowingsystem")):
        yield key
