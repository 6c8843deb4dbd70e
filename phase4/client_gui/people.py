"""The people online, at the side. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font, ttk

from phase4.client_gui.short_names import both_ends
from phase4.client_gui.tabs import HERE, IGNORED
from phase4.widgets.keys import only
from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.popup import menu_keys, right_button
from phase4.widgets.theme import Theme, pad

MAX_SHOWN = 1_000
"""Names shown: the most people that our server admits. Of more, the number is told."""


class People(ttk.Frame):
    """Lists names. `choose` is called with a name at a double click, or at Return."""

    def __init__(self, parent: tk.Misc, theme: Theme, choose: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._theme = theme
        self._choose = choose
        self.is_ignored: Callable[[str], bool] = lambda _: False
        self.ask: Callable[[str, int, int, bool], object] = lambda *_: None
        """Called with a name, x and y, when it is asked what can be done; at last, whether a key
        has asked."""
        self._count = ttk.Label(self, style="Bold.TLabel", text="Online")
        self._ring = FocusRing(self, theme, "panel")
        self.tree = ttk.Treeview(
            self._ring, show="tree", selectmode="browse", style="People.Treeview"
        )
        self._struck = font.Font(self)
        # What the page allows, in pixels; 0: it is not on the screen yet.
        self._widest = 0
        self._scrollbar = QuietScrollbar(
            self, command=self.tree.yview, style="People.Vertical.TScrollbar"
        )
        self._more = ttk.Label(self, style="Muted.TLabel")
        self._lay_out()
        self.tree.bind("<Double-1>", self._double_clicked)
        self.tree.bind("<Return>", lambda _: self._choose_focused())
        self.tree.bind("<FocusIn>", lambda _: self._focus_some())
        self.tree.bind("<Configure>", self._resized)
        self.tree.bind(right_button(self), self._asked)
        for key in menu_keys(self):
            self.tree.bind(key, only(self._asked_by_key))
        self._ring.surround(self.tree)
        self._ring.pack_propagate(False)  # the ring has the width, and the list follows it
        theme.on_change(self._restyle)

    def show(self, names: Sequence[str]) -> None:
        """Show these names, in this order. Only what changed is touched: the selection stays."""
        self._count.configure(text=f"Online ({len(names):,})")
        shown = list(dict.fromkeys(names[:MAX_SHOWN]))
        before = set(self.names())
        self.tree.delete(*before.difference(shown))
        for at, name in enumerate(shown):
            if name not in before:
                self.tree.insert("", at, iid=name, text=self._text(name), tags=(self._tag(name),))
        left_out = len(names) - len(shown)
        self._more.configure(text=f"… and {left_out:,} more")
        (self._more.grid if left_out else self._more.grid_remove)()

    def show_ignored(self) -> None:
        """Somebody is ignored now, or is not any more."""
        for name in self.names():
            self.tree.item(name, text=self._text(name), tags=(self._tag(name),))

    def limit(self, pixels: int) -> None:
        """Be no wider than this, so that there is space for the conversation."""
        if pixels != self._widest:
            self._widest = pixels
            self._set_width()

    def _set_width(self) -> None:
        """Tk's list asks for a width once: on the screen it would stay as wide, and others not."""
        width = self._theme.body.measure("m" * 15)
        self._ring.configure(width=min(width, self._widest or width))

    def _resized(self, _: object) -> None:
        for name in self.names():
            self.tree.item(name, text=self._text(name))

    def _text(self, name: str) -> str:
        """The row of a name. Of a long one its end is seen as well: there, many differ."""
        sign = f"{IGNORED if self.is_ignored(name) else HERE}  "
        width = self.tree.winfo_width() - 2 * self._theme.unit
        if width <= 0:  # it is not on the screen yet
            return sign + name
        measure = self._theme.body.measure
        return sign + both_ends(name, lambda part: measure(f"{sign}{part}") <= width)

    def names(self) -> tuple[str, ...]:
        """The names that are shown, in their order."""
        return tuple(map(str, self.tree.get_children()))

    def _tag(self, name: str) -> str:
        if self.is_ignored(name):
            return "ignored"
        return f"name{self._theme.name_colours.number(name)}"

    def _asked(self, event: "tk.Event[tk.Misc]") -> None:
        if name := self.tree.identify_row(event.y):
            self.tree.focus(name)
            self.tree.selection_set(name)
            self.ask(name, event.x_root, event.y_root, False)

    def _asked_by_key(self) -> None:
        if (name := self.tree.focus()) and (box := self.tree.bbox(name)):
            x, y, _, height = map(int, box)
            self.ask(name, self.tree.winfo_rootx() + x, self.tree.winfo_rooty() + y + height, True)

    def _double_clicked(self, event: "tk.Event[tk.Misc]") -> None:
        if name := self.tree.identify_row(event.y):
            self._choose(name)

    def _choose_focused(self) -> None:
        if name := self.tree.focus():
            self._choose(name)

    def _focus_some(self) -> None:
        """Mark a name when the keyboard comes here, so that the arrows go on from it."""
        names = self.names()
        if names and not self.tree.focus():
            self.tree.focus(names[0])
            self.tree.selection_set(names[0])

    def _lay_out(self) -> None:
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self._count.grid(row=0, column=0, columnspan=2, sticky="w")
        self._ring.grid(row=1, column=0, sticky="nsew")
        self._scrollbar.grid(row=1, column=1, sticky="ns")
        self._more.grid(row=2, column=0, sticky="w")
        self._more.grid_remove()
        # The list is as wide without its scrollbar as with it.
        self.columnconfigure(1, minsize=self._scrollbar.winfo_reqwidth())
        self.tree.configure(yscrollcommand=self._scrollbar.set)

    def _restyle(self) -> None:
        theme, colours, style = self._theme, self._theme.palette, ttk.Style(self)
        style.configure(
            "People.Vertical.TScrollbar", troughcolor=colours.panel, bordercolor=colours.panel
        )
        style.map("People.Vertical.TScrollbar", background=[("active", colours.muted)])
        for number, colour in enumerate(theme.palette.names):
            self.tree.tag_configure(f"name{number}", foreground=colour)
        self._struck.configure(**{**theme.body.actual(), "overstrike": True})  # type: ignore[arg-type]
        self.tree.tag_configure("ignored", foreground=colours.muted, font=self._struck)
        self._set_width()
        pad(self._count, 3 * theme.unit, (2 * theme.unit, theme.unit))
        pad(self._ring, (3 * theme.unit, 0), 0)
        pad(self._more, 3 * theme.unit, theme.unit)
