"""A panel with a list to choose from: type a part of a name, arrows, Return. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.widgets.keys import only
from phase4.widgets.panel import Panel
from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.popup import menu_keys, right_button
from phase4.widgets.theme import Theme

PAGE_ROWS = 10
"""By how many Page Up and Page Down go on."""

Row = tuple[str, str, str, str]
"""An id, what is shown, what is said of it at the right, and the person whose colour it has."""


class ListPanel(Panel):
    """`rows(filter)` is what to show, `choose(id)` is called at Return and at a click."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        title: str,
        over: tk.Misc,
        leave: Callable[[], None],
        *,
        rows: Callable[[str], Sequence[Row]],
        choose: Callable[[str], object],
        nothing: str,
        closes: bool = True,
    ) -> None:
        """`nothing` is said where there is no row. It `closes` before `choose` is called, or not at
        all.
        """
        super().__init__(parent, theme, title, over, leave)
        self._rows, self._choose, self._nothing = rows, choose, nothing
        self._closes = closes
        self.ask: Callable[[str, int, int, bool], object] = lambda *_: None
        """Called with an id, x and y, when it is asked what can be done; at last, whether a key has
        asked."""
        self._ring = FocusRing(self.body, theme, "panel")
        self.tree = ttk.Treeview(self._ring, show="tree", columns=("what",), selectmode="browse")
        self._scrollbar = QuietScrollbar(self.body, command=self.tree.yview)
        self._empty = ttk.Label(self.body, text=nothing, style="Muted.TLabel")
        self._lay_out_list()
        self._listen_to_list()
        theme.on_change(self._restyle_list)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle_list)
        super().destroy()

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of the rows, from above."""
        return tuple(map(str, self.tree.get_children()))

    def show_filtered(self) -> None:
        """Show the rows that fit. The first of them is marked."""
        self.tree.delete(*self.tree.get_children())
        rows = self._rows(self.filter)
        for key, name, what, person in rows:
            tag = f"name{self._theme.name_colours.number(person)}" if person else "plain"
            self.tree.insert("", "end", iid=key, text=name, values=(what,), tags=(tag,))
        if rows:
            self._mark(0)
            self._empty.place_forget()
        else:
            self._empty.place(in_=self.tree, relx=0.5, rely=0.1, anchor="n")

    def step(self, by: int) -> None:
        """Mark the row that stands so many further down."""
        if self.shown:
            marked = self.tree.selection()
            self._mark((self.shown.index(marked[0]) if marked else 0) + by)

    def accept(self) -> None:
        """Take the row that is marked."""
        if marked := self.tree.selection():
            if self._closes:
                self.close()
            self._choose(marked[0])

    def _mark(self, at: int) -> None:
        key = self.shown[min(max(at, 0), len(self.shown) - 1)]
        self.tree.selection_set(key)
        self.tree.focus(key)
        self.tree.see(key)

    def _clicked(self, event: "tk.Event[tk.Misc]") -> None:
        if key := self.tree.identify_row(event.y):
            self.tree.selection_set(key)
            self.accept()

    def _asked(self, event: "tk.Event[tk.Misc]") -> None:
        if key := self.tree.identify_row(event.y):
            self.tree.selection_set(key)
            self.ask(key, event.x_root, event.y_root, False)

    def _asked_by_key(self) -> None:
        marked = self.tree.selection()
        if marked and (box := self.tree.bbox(marked[0])):
            x, y, _, height = map(int, box)
            x, y = self.tree.winfo_rootx() + x, self.tree.winfo_rooty() + y + height
            self.ask(marked[0], x, y, True)

    def _lay_out_list(self) -> None:
        self.body.rowconfigure(0, weight=1)
        self.body.columnconfigure(0, weight=1)
        self._ring.grid(row=0, column=0, sticky="nsew")
        self._ring.surround(self.tree)
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=self._scrollbar.set)

    def _listen_to_list(self) -> None:
        for keys, action in (
            ("<Up>", lambda: self.step(-1)),
            ("<Down>", lambda: self.step(1)),
            ("<Prior>", lambda: self.step(-PAGE_ROWS)),
            ("<Next>", lambda: self.step(PAGE_ROWS)),
        ):
            self.field.bind(keys, only(action))
        for part in (self.field, self.tree):
            for keys in ("<Return>", "<KP_Enter>"):
                part.bind(keys, only(self.accept))
            for keys in menu_keys(part):
                part.bind(keys, only(self._asked_by_key))
        self.tree.bind(right_button(self.tree), self._asked)
        self.tree.bind("<ButtonRelease-1>", self._clicked)
        self.listen_in(self.tree)

    def _restyle_list(self) -> None:
        theme, colours = self._theme, self._theme.palette
        for number, colour in enumerate(colours.names):
            self.tree.tag_configure(f"name{number}", foreground=colour)
        self.tree.tag_configure("plain", foreground=colours.text)
        self._ring.grid_configure(padx=(3 * theme.unit, 0), pady=theme.unit)
        width = theme.body.measure("m" * 12)
        self.tree.column("#0", width=width, minwidth=width, stretch=True)
        self.tree.column("what", width=theme.body.measure("m" * 8), stretch=False, anchor="e")
