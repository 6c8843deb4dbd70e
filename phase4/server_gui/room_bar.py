"""The room: what it is about, and whether it is closed to writing. Main thread only."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.server_gui.button import new_button
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme, pad

CLOSE, OPEN = "Close the room", "Open the room"
CLOSED = "Closed to writing"
WHO_IS_OUT = "Who is banned …"

_LEAST_CHARACTERS = 24  # of a topic, that can be seen while it is written


class RoomBar(ttk.Frame):
    """`set_topic(text)`, `toggle()`, `show_bans()` are called for what is in it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        set_topic: Callable[[str], object],
        toggle: Callable[[], object],
        show_bans: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._set_topic = set_topic
        self._topic = ""  # as the server has it
        self._label = ttk.Label(self, text="Topic", underline=3, style="Muted.TLabel")
        self.field = ttk.Entry(self, width=10, font=theme.body)
        self._buttons = ttk.Frame(self)
        self._closed = ttk.Label(self._buttons, text=CLOSED, style="Bold.TLabel")
        self.toggle_button = new_button(self._buttons, CLOSE, toggle, underline=CLOSE.index("room"))
        self.bans_button = new_button(self._buttons, WHO_IS_OUT, show_bans, underline=0)
        self.field.bind("<Return>", lambda _: self._entered())
        self.field.bind("<KP_Enter>", lambda _: self._entered())
        self.field.bind("<Escape>", self._escaped)
        bind_select_all(self.field)
        self._lay_out()
        theme.on_change(self._restyle)

    def show(self, topic: str, *, is_open: bool) -> None:
        """Show what holds now. A topic that is being written stays."""
        if self.field.get() == self._topic:
            self._fill(topic)
        self._topic = topic
        text = CLOSE if is_open else OPEN
        self.toggle_button.configure(text=text, underline=text.index("room"))
        (self._closed.grid_remove if is_open else self._closed.grid)()

    def enable(self, *, is_running: bool) -> None:
        """Only a server that runs has a room."""
        state = "normal" if is_running else "disabled"
        for part in (self.field, self.toggle_button, self.bans_button):
            part.configure(state=state)

    def edit_topic(self) -> None:
        """Go to the topic, and select it."""
        self.field.focus_set()
        self.field.select_range(0, "end")
        self.field.icursor("end")

    def _entered(self) -> None:
        if self.field.get().strip() != self._topic:
            self._set_topic(self.field.get())

    def _escaped(self, _: object) -> str | None:
        """Bring back the topic as it is; a second time is the window's Escape."""
        if self.field.get() == self._topic:
            return None
        self._fill(self._topic)
        return "break"

    def _fill(self, text: str) -> None:
        was = self.field.cget("state")
        self.field.configure(state="normal")
        self.field.delete(0, "end")
        self.field.insert(0, text)
        self.field.configure(state=was)

    def _lay_out(self) -> None:
        self._label.grid(row=0, column=0)
        self.field.grid(row=0, column=1, sticky="ew")
        self._buttons.grid(row=0, column=2, sticky="e")
        for column, part in enumerate((self._closed, self.toggle_button, self.bans_button)):
            part.grid(row=0, column=column)
        self._closed.grid_remove()
        self.columnconfigure(1, weight=1)
        self.bind("<Configure>", lambda _: self._fit())
        self._buttons.bind("<Configure>", lambda _: self._fit(), add=True)

    def _fit(self) -> None:
        """In a narrow window the topic has a row of its own."""
        needed = self._theme.body.measure("0" * _LEAST_CHARACTERS) + self._label.winfo_reqwidth()
        is_narrow = needed + self._buttons.winfo_reqwidth() > self.winfo_width() > 1
        self._buttons.grid_configure(
            row=int(is_narrow), column=0 if is_narrow else 2, columnspan=3 if is_narrow else 1
        )
        self.field.grid_configure(columnspan=2 if is_narrow else 1)
        self._buttons.grid_configure(pady=(self._theme.unit, 0) if is_narrow else 0)

    def _restyle(self) -> None:
        unit = self._theme.unit
        self.configure(padding=(3 * unit, unit, unit, unit))
        for part in (self._label, self.field, self.toggle_button, self.bans_button):
            part.grid_configure(padx=(0, unit))
        pad(self._closed, (unit, 2 * unit), 0)
        self._fit()
