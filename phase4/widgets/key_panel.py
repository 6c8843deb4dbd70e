"""F1: every key of a window, in the groups of its menu. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Sequence

from phase4.widgets.actions import Group
from phase4.widgets.panel import Panel
from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.theme import Theme

NOTHING = "No key fits that."


class KeyPanel(Panel):
    """Shows `groups` of keys; what is typed in its field is looked for in them."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        groups: Sequence[Group],
        over: tk.Misc,
        leave: Callable[[], None],
    ) -> None:
        super().__init__(parent, theme, "Keys", over, leave)
        self._groups = groups
        self._ring = FocusRing(self.body, theme, "page")
        self.text = tk.Text(
            self._ring, wrap="word", width=1, height=1, borderwidth=0, state="disabled"
        )
        self._scrollbar = QuietScrollbar(self.body, command=self.text.yview)
        self.text.configure(yscrollcommand=self._scrollbar.set)
        self.body.rowconfigure(0, weight=1)
        self.body.columnconfigure(0, weight=1)
        self._ring.grid(row=0, column=0, sticky="nsew")
        self._ring.surround(self.text)
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.text.bind("<Configure>", lambda _: self._set_columns())
        self.listen_in(self.text)
        for part in (self.field, self.text):
            self._let_scroll(part)
        theme.on_change(self._restyle_text)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle_text)
        super().destroy()

    def show_filtered(self) -> None:
        """Show the keys that fit, each group apart from the next."""
        shown = [[row for row in group if _fits(row, self.filter)] for group in self._groups]
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        for group in filter(None, shown):
            if self.text.index("end-1c") != "1.0":
                self.text.insert("end", "\n", "gap")
            for keys, what in group:
                self.text.insert("end", keys, "keys", f"\t{what}\n", "what")
        if not any(shown):
            self.text.insert("end", NOTHING, "what")
        self.text.configure(state="disabled")

    def _let_scroll(self, part: tk.Misc) -> None:
        for keys, number, what in (
            ("<Up>", -1, "units"),
            ("<Down>", 1, "units"),
            ("<Prior>", -1, "pages"),
            ("<Next>", 1, "pages"),
        ):
            part.bind(keys, lambda _, number=number, what=what: self._scroll(number, what))  # type: ignore[misc]

    def _scroll(self, number: int, what: str) -> str:
        self.text.yview("scroll", number, what)
        return "break"

    def _set_columns(self) -> None:
        """The keys have as much space as the widest of them needs, and half of it all at most."""
        gap = 3 * self._theme.unit
        measure = self._theme.bold.measure
        widest = max((measure(keys) for group in self._groups for keys, _ in group), default=0)
        end = gap + min(widest, self.text.winfo_width() // 2) + gap
        self.text.configure(tabs=(end,))
        for tag in ("keys", "what"):
            self.text.tag_configure(tag, lmargin1=gap, lmargin2=end)

    def _restyle_text(self) -> None:
        theme, colours = self._theme, self._theme.palette
        self.text.configure(
            background=colours.page,
            foreground=colours.text,
            font=theme.body,
            pady=theme.unit,
            selectbackground=colours.selection,
            selectforeground=colours.text,
            inactiveselectbackground=colours.selection,
            highlightthickness=0,
            cursor="",
        )
        space = max(1, theme.unit // 2)
        self.text.tag_configure("keys", font=theme.bold, spacing1=space, spacing3=space)
        self.text.tag_configure("gap", font=theme.small)
        self._set_columns()


def _fits(row: tuple[str, str], sought: str) -> bool:
    return sought in " ".join(row).casefold()
