"""Where to, and as whom: the form that asks, says what went wrong, and asks again.

Main thread only. It is a page of the one window and no window of its own, so there is none that
could hide behind another.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.gui.entry import bind_select_all
from phase4.gui.theme import Theme, pad

CARD_CHARACTERS = 34  # the width of the form


class ConnectPage(ttk.Frame):
    """`connect(host, port, name)` is called with what was filled in; `leave()` at Escape."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        connect: Callable[[str, int, str], None],
        leave: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._connect = connect
        self._leave = leave
        self._card = ttk.Frame(self, style="Card.TFrame")
        self.host = ttk.Entry(self._card, font=theme.body)
        self.port = ttk.Entry(self._card, font=theme.body, width=7)
        self.name = ttk.Entry(self._card, font=theme.body)
        self._title = ttk.Label(self._card, text="Join the chat", style="Title.TLabel")
        self._port_label = self._label("Port")
        self.message = ttk.Label(self._card)
        self._button = ttk.Button(self._card, text="Connect", style="Accent.TButton")
        self._cancel = ttk.Button(self._card, text="Cancel", command=leave)
        self._build()
        theme.on_change(self._restyle)

    def fill(self, host: str, port: int, name: str) -> None:
        """Put values into the fields, and the cursor into the name's."""
        for field, value in ((self.host, host), (self.port, str(port)), (self.name, name)):
            field.configure(state="normal")
            field.delete(0, "end")
            field.insert(0, value)
        self._mark(self.name)

    def show_waiting(self, text: str, *, can_go_back: bool = True) -> None:
        """Connecting: nothing can be changed until it is decided, or cancelled."""
        self._set_state("disabled")
        self.message.configure(text=text, style="TLabel")
        self._show_cancel(visible=can_go_back)

    def show_form(self, text: str = "", *, field: str = "", can_go_back: bool = False) -> None:
        """Ask, or ask again: `text` says what was wrong, `field` is where to mend it."""
        self._set_state("normal")
        self.message.configure(text=text, style="Error.TLabel")
        self._show_cancel(visible=can_go_back)
        self._mark({"host": self.host, "port": self.port}.get(field, self.name))

    def _submit(self, _: object = None) -> None:
        if self._button.instate(["disabled"]):
            return
        host, port = self.host.get().strip(), self.port.get().strip()
        if not host:
            self.show_form("Where is the server? Give its name or address.", field="host")
        elif not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65536:
            self.show_form("The port is a number from 1 to 65535.", field="port")
        else:
            self._connect(host, int(port), self.name.get().strip())

    def _set_state(self, state: str) -> None:
        for field in (self.host, self.port, self.name, self._button):
            field.configure(state=state)

    def _show_cancel(self, *, visible: bool) -> None:
        (self._cancel.grid if visible else self._cancel.grid_remove)()

    def _mark(self, field: ttk.Entry) -> None:
        field.focus_set()
        field.select_range(0, "end")
        field.icursor("end")

    def _label(self, text: str) -> ttk.Label:
        return ttk.Label(self._card, text=text, style="Muted.TLabel")

    def _build(self) -> None:
        card = self._card
        self._title.grid(row=0, column=0, columnspan=2, sticky="w")
        self._label("Server").grid(row=1, column=0, sticky="w")
        self._port_label.grid(row=1, column=1, sticky="w")
        self._label("Your name").grid(row=3, column=0, sticky="w")
        self.host.grid(row=2, column=0, sticky="ew")
        self.port.grid(row=2, column=1, sticky="ew")
        self.name.grid(row=4, column=0, columnspan=2, sticky="ew")
        hint = self._label("Left empty: the server gives you a random one.")
        hint.grid(row=5, column=0, columnspan=2, sticky="w")
        self.message.grid(row=6, column=0, columnspan=2, sticky="ew")
        self._button.grid(row=7, column=0, columnspan=2, sticky="ew")
        self._cancel.grid(row=8, column=0, columnspan=2, sticky="ew")
        card.columnconfigure(0, weight=1)
        self._button.configure(command=self._submit)
        for field in (self.host, self.port, self.name, self._button):
            field.bind("<Return>", self._submit)
        for field in (self.host, self.port, self.name):
            bind_select_all(field)
        self._cancel.bind("<Return>", lambda _: self._leave())
        card.place(relx=0.5, rely=0.46, anchor="center")

    def _restyle(self) -> None:
        unit = self._theme.unit
        width = self._theme.body.measure("n" * CARD_CHARACTERS)
        self._card.columnconfigure(0, minsize=width * 3 // 4)
        self._card.columnconfigure(1, minsize=width // 4)
        self.message.configure(wraplength=width)
        for child in self._card.winfo_children():
            assert isinstance(child, ttk.Label | ttk.Entry | ttk.Button)
            is_beside = child in (self.port, self._port_label)
            pad(child, (2 * unit, 0) if is_beside else 0, unit // 2)
        pad(self._title, 0, (0, 4 * unit))
        pad(self.message, 0, 2 * unit)
