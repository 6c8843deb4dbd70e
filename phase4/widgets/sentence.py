"""A text to read and to take along: it wraps, it is selected and copied, and nobody types into it.

A Label can do neither, and what has to be compared or looked up (a fingerprint, say) should not
have to be written down from the screen. Main thread only.
"""

import tkinter as tk
from tkinter import font
from typing import Literal

from phase4.widgets.keys import bind_keys
from phase4.widgets.lines import is_row_of_fingerprint
from phase4.widgets.theme import Theme


class Sentence(tk.Text):
    """As high as its text needs at the width it is given, and one row where there is none.

    What is more than `most_rows` (0: as many as it takes) is reached with the wheel and the arrows.
    The rows of a fingerprint are in a font in which they can be compared.
    While it holds a text the keyboard reaches it with Tab, and Ctrl+A and Ctrl+C work.
    """

    def __init__(self, parent: tk.Misc, theme: Theme, used: font.Font, wrap: str = "word") -> None:
        super().__init__(
            parent,
            state="disabled",
            wrap="char" if wrap == "char" else "word",
            font=used,
            width=1,  # as wide as its place in the grid
            height=1,
            borderwidth=0,
            takefocus=False,
        )
        self.most_rows = 0
        # The rows that its text needs.
        self.rows = 1
        self._theme = theme
        self._look: Literal["plain", "error"] = "plain"
        # A disabled Text does not take the focus by itself on every system, and copying needs it.
        self.bind("<Button-1>", lambda _: self.focus_set(), add=True)
        bind_keys(self, "<Control-a>", self._select_all)
        self.bind("<Configure>", lambda _: self.fit())
        theme.on_change(self._restyle)

    @property
    def shown(self) -> str:
        """The text that it says now."""
        return self.get("1.0", "end-1c")

    def say(self, text: str, look: Literal["plain", "error"] = "plain") -> None:
        """Say this instead of what it said."""
        self._look = look
        self.configure(state="normal", takefocus=bool(text))
        self.delete("1.0", "end")
        for row in text.splitlines(keepends=True):
            self.insert("end", row, "fixed" if is_row_of_fingerprint(row.rstrip("\n")) else "")
        self.configure(state="disabled")
        self._restyle()

    def _select_all(self, _: object) -> str:
        self.tag_add("sel", "1.0", "end-1c")
        return "break"

    def fit(self) -> None:
        """Let it be as high as its rows. A change of its height calls this again, which ends it."""
        if self.winfo_width() > 1:
            ends = self.tk.call(self, "count", "-update", "-displaylines", "1.0", "end-1c")
            self.rows = int(ends) + 1
            rows = min(self.rows, self.most_rows or self.rows)
            if rows != int(self.cget("height")):
                self.configure(height=rows)

    def _restyle(self) -> None:
        colours = self._theme.palette
        self.configure(
            background=colours.panel,
            foreground=colours.error if self._look == "error" else colours.text,
            selectbackground=colours.selection,
            selectforeground=colours.text,
            inactiveselectbackground=colours.selection,
            highlightthickness=1,  # tells that it has the keyboard; it has no cursor
            highlightbackground=colours.panel,
            highlightcolor=colours.accent,
        )
        self.tag_configure("fixed", font=self._theme.fixed)
        self.fit()
