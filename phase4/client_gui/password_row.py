"""The password of a registered name, in the form that asks where to connect. Main thread only.

It is there only while a server asks for it.
"""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk

from phase4.client_gui.short_names import short_name
from phase4.widgets.ask_panel import DOT
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme

KEEP = "Remember it in the keyring"


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """The password of a name, as it was filled in. Its repr does not show it."""

    name: str
    password: str
    is_to_keep: bool


class PasswordRow:
    """A label, a field that shows dots, and where there is a keyring, a choice."""

    def __init__(
        self, card: ttk.Frame, theme: Theme, row: int, submit: Callable[[object], object]
    ) -> None:
        """It takes the rows `row` to `row` + 2 of the card's grid."""
        self._row = row
        self.name = ""
        """Whose password is asked for; empty: none is."""
        # What was filled in as the name then: that one may be spelled otherwise.
        self._typed = ""
        self._is_to_keep = tk.BooleanVar(card)
        self.label = ttk.Label(card, style="Muted.TLabel")
        self.field = ttk.Entry(card, font=theme.body, width=1, show=DOT)
        self.keep = ttk.Checkbutton(card, text=KEEP, variable=self._is_to_keep)
        for part in (self.field, self.keep):
            part.bind("<Return>", submit)
        for keys in ("<<Copy>>", "<<Cut>>"):  # nothing hidden goes to the clipboard
            self.field.bind(keys, lambda _: "break")
        bind_select_all(self.field)

    def show(self, name: str, typed: str, *, can_keep: bool, is_kept: bool) -> None:
        """Ask for the password of this name, which was `typed` so.

        `is_kept`: the keyring has one, which is not the right one any more.
        """
        self.name, self._typed = name, typed
        self._is_to_keep.set(is_kept)
        self.label.configure(text=f"Password of {short_name(name)}")
        self.label.grid(row=self._row, column=0, columnspan=2, sticky="w")
        self.field.grid(row=self._row + 1, column=0, columnspan=2, sticky="ew")
        if can_keep:
            self.keep.grid(row=self._row + 2, column=0, columnspan=2, sticky="w")
        else:
            self.keep.grid_remove()
        self.field.delete(0, "end")

    def cannot_keep(self) -> None:
        """There is no keyring, as it turns out."""
        self._is_to_keep.set(False)
        self.keep.grid_remove()

    def hide(self) -> None:
        """Ask for none, and forget what was filled in."""
        self.name = ""
        self.field.delete(0, "end")
        self._is_to_keep.set(False)
        for part in (self.label, self.field, self.keep):
            part.grid_remove()

    def is_for(self, typed: str) -> bool:
        """Whether it is asked for the password of the name that is typed now."""
        return bool(self.name) and typed in (self._typed, self.name)

    def given(self, typed: str) -> Given | None:
        """What was filled in for this name; None: nothing, or another name is wanted.

        The field forgets it.
        """
        password = self.field.get().strip()
        self.field.delete(0, "end")
        if not password or not self.is_for(typed):
            return None
        return Given(self.name, password, self._is_to_keep.get())

    def set_state(self, state: str) -> None:
        """Whether it can be filled in."""
        for part in (self.field, self.keep):
            part.configure(state=state)
