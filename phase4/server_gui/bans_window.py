"""Who is banned or muted, in a window of its own, with a button that lifts it. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.server_gui.button import new_button
from phase4.server_gui.orders import HeldRow
from phase4.widgets.fit import open_at, set_minimum
from phase4.widgets.keys import bind_keys
from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme

COLUMNS = {"What": 10, "Who": 30, "Until": 18, "By": 22}
"""With their widths in characters."""

NOBODY = "Nobody is banned or muted."
NO_END = "lifted"


class BansWindow(tk.Toplevel):
    """`lift(kind, who)` and `ban(who)` are called for its buttons."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        lift: Callable[[str, str], object],
        ban: Callable[[str], object],
    ) -> None:
        super().__init__(parent)
        self.title("Banned and muted")
        self._theme = theme
        self._lift = lift
        self._ban = ban
        self._rows: Sequence[HeldRow] = ()
        self._build()
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)
        line = theme.body.metrics("linespace")
        open_at(self, line * 40, line * 20)
        set_minimum(self, line * 24, line * 12)
        self.tree.focus_set()

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        super().destroy()

    def show(self, rows: Sequence[HeldRow]) -> None:
        """Show these from now on. The row selected stays selected, or else the next one is."""
        if rows == self._rows:
            return
        before, at = self._rows, self._selected()
        self._rows = rows
        self.tree.delete(*self.tree.get_children())
        for number, (kind, who, until, by) in enumerate(rows):
            self.tree.insert("", "end", iid=str(number), values=(kind, who, until or NO_END, by))
        if rows and at is not None:
            same = [n for n, row in enumerate(rows) if row[:2] == before[at][:2]]
            self._select(same[0] if same else min(at, len(rows) - 1))
        elif rows:
            self._select(0)
        (self._empty.place_forget if rows else self._show_empty)()
        self._show_selected()

    def say(self, text: str, *, is_bad: bool) -> None:
        """Say what became of an order."""
        self._said.configure(text=text, style="Error.TLabel" if is_bad else "Muted.TLabel")

    def _selected(self) -> int | None:
        chosen = self.tree.selection()
        return int(chosen[0]) if chosen else None

    def _select(self, at: int) -> None:
        self.tree.selection_set(str(at))
        self.tree.focus(str(at))
        self.tree.see(str(at))

    def _show_selected(self) -> None:
        is_any = self._selected() is not None
        self.lift_button.configure(state="normal" if is_any else "disabled")

    def _show_empty(self) -> None:
        self._empty.place(in_=self.tree, relx=0.5, rely=0.4, anchor="center")

    def _lift_selected(self) -> None:
        if (at := self._selected()) is not None:
            kind, who, *_ = self._rows[at]
            self._lift(kind, who)

    def _ban_entered(self) -> None:
        if text := self.field.get().strip():
            self._ban(text)

    def entered(self, text: str) -> None:
        """Take what was done out of the field, if it still stands there."""
        if self.field.get().strip() == text:
            self.field.delete(0, "end")

    # --- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self._body = ttk.Frame(self)
        self._ring = FocusRing(self._body, self._theme, "page")
        self.tree = ttk.Treeview(
            self._ring,
            show="headings",
            columns=tuple(COLUMNS),
            selectmode="browse",
            height=4,
            style="People.Treeview",
        )
        self._scrollbar = QuietScrollbar(self._body, command=self.tree.yview)
        self._empty = ttk.Label(self._body, text=NOBODY, style="Empty.TLabel")
        self._buttons = ttk.Frame(self._body)
        self._label = ttk.Label(
            self._buttons, text="Name, address or network", underline=0, style="Muted.TLabel"
        )
        self.field = ttk.Entry(self._buttons, width=12, font=self._theme.body)
        self.ban_button = new_button(self._buttons, "Ban", self._ban_entered, underline=0)
        self.lift_button = new_button(self._buttons, "Lift", self._lift_selected, underline=0)
        self._said = ttk.Label(self._body, style="Muted.TLabel")

    def _lay_out(self) -> None:
        self._body.pack(fill="both", expand=True)
        self._body.columnconfigure(0, weight=1)
        self._body.rowconfigure(0, weight=1)
        self._ring.grid(row=0, column=0, sticky="nsew")
        self._ring.surround(self.tree)
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=self._scrollbar.set)
        self._said.grid(row=1, column=0, columnspan=2, sticky="ew")
        self._buttons.grid(row=2, column=0, columnspan=2, sticky="ew")
        self._buttons.columnconfigure(1, weight=1)
        parts = (self._label, self.field, self.ban_button, self.lift_button)
        for column, part in enumerate(parts):
            part.grid(row=0, column=column, sticky="ew" if part is self.field else "")
        for name in COLUMNS:
            self.tree.heading(name, text=name, anchor="w")
            self.tree.column(name, anchor="w", stretch=name in ("Who", "By"))

    def _listen(self) -> None:
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._show_selected())
        for keys in ("<Delete>", "<Return>", "<KP_Enter>"):
            self.tree.bind(keys, lambda _: self._lift_selected())
        for keys in ("<Return>", "<KP_Enter>"):
            self.field.bind(keys, lambda _: self._ban_entered())
        bind_select_all(self.field)
        bind_keys(self, "<Escape>", lambda _: self.destroy())
        bind_keys(self, "<Alt-n>", lambda _: self.field.focus_set())
        bind_keys(self, "<Alt-b>", lambda _: self.ban_button.invoke())
        bind_keys(self, "<Alt-l>", lambda _: self.lift_button.invoke())
        self._body.bind("<Configure>", lambda _: self._fit())

    def _restyle(self) -> None:
        theme, unit = self._theme, self._theme.unit
        self.configure(background=theme.palette.panel)
        ttk.Style(self).configure(
            "Empty.TLabel", background=theme.palette.page, foreground=theme.palette.muted
        )
        self._said.grid_configure(padx=3 * unit, pady=(unit, 0))
        self._buttons.configure(padding=(3 * unit, unit, unit, 2 * unit))
        for part in (self._label, self.field, self.ban_button, self.lift_button):
            part.grid_configure(padx=(0, unit))
        self._fit()

    def _fit(self) -> None:
        """Give each column its share, and the sentence what it needs."""
        width = self._body.winfo_width()
        edges = 6 * self._theme.unit
        zero = self._theme.body.measure("0")
        needed = {name: zero * count + edges for name, count in COLUMNS.items()}
        whole = sum(needed.values())
        for name, pixels in needed.items():
            pixels = min(pixels, pixels * width // whole) if width > 1 else pixels
            if pixels != self.tree.column(name, "width"):
                self.tree.column(name, width=pixels, minwidth=pixels // 2)
        self._said.configure(wraplength=max(100, width - edges))
