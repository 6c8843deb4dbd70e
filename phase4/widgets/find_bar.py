"""The bar below the conversation that takes what to find. Main thread only.

It knows nothing of what is found: it tells what is looked for, and shows what it is told.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.widgets.find import MAX_NEEDLE_CHARACTERS
from phase4.widgets.keys import bind_keys, only
from phase4.widgets.theme import Theme

_NARROWEST_FIELD = 8
"""Letters, beside the label. A word should be seen while it is typed."""


class FindBar(ttk.Frame):
    """`search` is called with each change of the text, `step` with 1 (next) or -1 (before)."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        search: Callable[[str], None],
        step: Callable[[int], None],
        close: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._search, self._step, self._close = search, step, close
        self._text = tk.StringVar(self)
        self.field = ttk.Entry(self, textvariable=self._text, font=theme.body, width=24)
        self._label = ttk.Label(self, text="Find")
        self.count = ttk.Label(self)
        self.before = ttk.Button(self, text="↑", width=2, command=lambda: step(-1))
        self.next = ttk.Button(self, text="↓", width=2, command=lambda: step(1))
        self.beyond = ttk.Button(self, text="Archive", command=self._go_beyond)
        self._look_beyond: Callable[[str], object] | None = None
        self.close_button = ttk.Button(self, text="✕", width=2, command=close)
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        super().destroy()

    def open(self, text: str) -> None:
        """Take the keyboard; look for `text`, or without one for what stands there already."""
        if text:
            self._text.set(text)
        self.update_idletasks()  # on the screen first: else keys go elsewhere for a moment
        self.field.focus_set()
        self.field.select_range(0, "end")
        self.field.icursor("end")

    def offer_beyond(self, look: Callable[[str], object]) -> None:
        """Let a button, and Ctrl+Return, look for the same text where older lines are."""
        self._look_beyond = look
        self.beyond.grid()

    def _go_beyond(self) -> None:
        if self._look_beyond is not None:
            self._look_beyond(self.text)

    def show(self, summary: str, *, is_found: bool) -> None:
        """Say which hit is shown, or that nothing was found."""
        self.count.configure(text=summary, style="TLabel" if is_found else "Error.TLabel")
        for button in (self.before, self.next):
            button.state(["!disabled"] if is_found and summary else ["disabled"])

    @property
    def text(self) -> str:
        """What is looked for, as much of it as is allowed."""
        return self._text.get()[:MAX_NEEDLE_CHARACTERS]

    def _changed(self, *_: object) -> None:
        self._search(self.text)

    def _lay_out(self) -> None:
        """Where there is not enough space for all, it is the field that becomes shorter.

        And where that would be too short, its label goes, and then the way to the archive.
        """
        parts = (self._label, self.field, self.before, self.next, self.count)
        for column, part in enumerate(parts):
            part.grid(row=0, column=column, sticky="ew")
        self.beyond.grid(row=0, column=len(parts) + 1)
        self.beyond.grid_remove()
        self.close_button.grid(row=0, column=len(parts) + 2)
        self.columnconfigure(1, weight=1)
        self.columnconfigure(len(parts), weight=1_000)  # empty: what is left over is there
        self.bind("<Configure>", self._resized)
        self.count.bind("<Configure>", self._resized)

    def _resized(self, _: object) -> None:
        others = [self.before, self.next, self.count, self.close_button]
        others += [self.beyond] if self._look_beyond is not None else []
        needed = sum(part.winfo_reqwidth() for part in (self._label, *others))
        needed += _NARROWEST_FIELD * self._theme.body.measure("m") + 20 * self._theme.unit
        (self._label.grid if self.winfo_width() >= needed else self._label.grid_remove)()
        needed -= self._label.winfo_reqwidth()
        if self._look_beyond is not None:  # there is a key for it as well
            (self.beyond.grid if self.winfo_width() >= needed else self.beyond.grid_remove)()

    def _listen(self) -> None:
        self._text.trace_add("write", self._changed)
        for keys, action in (
            ("<Return>", lambda: self._step(1)),
            ("<KP_Enter>", lambda: self._step(1)),
            ("<Shift-Return>", lambda: self._step(-1)),
            ("<Control-Return>", self._go_beyond),
            ("<Down>", lambda: self._step(1)),
            ("<Up>", lambda: self._step(-1)),
            ("<F3>", lambda: self._step(1)),
            ("<Shift-F3>", lambda: self._step(-1)),
            ("<Control-a>", lambda: self.field.select_range(0, "end")),
            ("<Control-f>", lambda: self.field.select_range(0, "end")),
        ):
            bind_keys(self.field, keys, only(action))
        for part in (self.field, self.before, self.next, self.beyond, self.close_button):
            part.bind("<Escape>", only(self._close))
        for button in (self.before, self.next, self.beyond, self.close_button):
            button.bind("<Return>", only(button.invoke))

    def _restyle(self) -> None:
        unit = self._theme.unit
        self._label.grid_configure(padx=(3 * unit, 2 * unit), pady=unit)
        self.field.grid_configure(padx=(0, unit), pady=unit)
        self.before.grid_configure(padx=(0, unit))
        self.next.grid_configure(padx=(0, 2 * unit))
        self.count.grid_configure(padx=(0, unit))
        if self._look_beyond is not None:
            self.beyond.grid_configure(padx=(0, unit))
        self.close_button.grid_configure(padx=(0, unit))
