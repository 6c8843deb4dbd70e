"""Where to, and as whom: the form that asks, says what went wrong, and asks again.

Main thread only. It is a page of the one window and no window of its own, so there is none that
could hide behind another.
"""

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from tkinter import ttk
from typing import Literal

from phase4.client import PasswordAsked
from phase4.client.account import name_and_password
from phase4.client_gui.password_row import Given, PasswordRow
from phase4.client_gui.server_book import ServerBook
from phase4.client_gui.server_list import ServerList
from phase4.client_gui.servers import Server
from phase4.client_gui.target import Target
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.sentence import Sentence
from phase4.widgets.theme import Theme, pad
from shared import server_place

CARD_CHARACTERS = 34  # the width of the form
WIDE_CARD_CHARACTERS = 60  # and where it has a long story to tell

LONG_CHARACTERS = 200
"""A story as long as this one is read more easily in a wide form, and leaves space for the rest."""

MIDDLE = 0.46  # of the form, from the top
FEWEST_ROWS = 3  # of a story, in a window that is too small for it

TLS_LABEL = "Encrypted (TLS)"


class ConnectPage(ttk.Frame):
    """`connect(target, given)` is called with what was filled in; `leave()` at Escape.

    `book` holds the servers to choose from, and says whose certificates will do.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        connect: Callable[[Target, Given | None], None],
        leave: Callable[[], None],
        book: ServerBook,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._connect = connect
        self._leave = leave
        self._book = book
        self._card = ttk.Frame(self, style="Card.TFrame")
        # As wide as their columns, which _fit() decides.
        self.host = ttk.Entry(self._card, font=theme.body, width=1)
        self.servers_button = ttk.Button(
            self._card, text="▾", command=self.show_servers, style="Drop.TButton", width=2
        )
        self.port = ttk.Entry(self._card, font=theme.body, width=1)
        self.name = ttk.Entry(self._card, font=theme.body, width=1)
        self.password = PasswordRow(self._card, theme, 6, self._submit)
        self._has_tls = tk.BooleanVar(self)
        self.tls = ttk.Checkbutton(self._card, text=TLS_LABEL, variable=self._has_tls)
        self._whose = self._label(book.whose)
        # Where to, in a sentence, while a name alone is asked for.
        self._place = self._label("")
        self._title = ttk.Label(self._card, text="Join the chat", style="Title.TLabel")
        self._host_label, self._port_label = self._label("Server"), self._label("Port")
        self._where = (self._host_label, self._port_label, self.host, self.port, self.tls)
        self.message = Sentence(self._card, theme, theme.body)
        self._button = ttk.Button(self._card, text="Connect", style="Accent.TButton")
        self._cancel = ttk.Button(self._card, text="Cancel", command=leave)
        self.server_list = ServerList(self, theme, book, self._choose, self.hide_servers)
        self._build()
        theme.on_change(self._restyle)

    def fill(self, target: Target) -> None:
        """Put values into the fields, and the cursor into the name's."""
        values = (target.host, str(target.port), target.name)
        for field, value in zip((self.host, self.port, self.name), values, strict=True):
            field.configure(state="normal")
            _put(field, value)
        self._has_tls.set(target.has_tls)
        self._place.configure(text=f"At {target.place}{', encrypted' * target.has_tls}.")
        self._mark(self.name)

    def ask_name_alone(self) -> None:
        """Say where to connect, and do not ask; until `ask_everything`."""
        for part in self._where:
            part.grid_remove()
        self._offer_servers()
        self._place.grid(row=1, column=0, columnspan=2, sticky="w")

    def ask_everything(self) -> None:
        """Ask where to connect, as well as for a name."""
        self._place.grid_remove()
        for part in self._where:
            part.grid()
        self._offer_servers()

    def show_servers(self, _: object = None) -> None:
        """Show the servers that let the person in before, to choose one of them."""
        if self._button.instate(["!disabled"]):
            self.ask_everything()
            self.server_list.place(x=0, y=0, relwidth=1, relheight=1)
            self.server_list.update_idletasks()
            self.server_list.open()

    def ask_password(self, asked: PasswordAsked, *, can_keep: bool, is_kept: bool) -> None:
        """Ask for the password of a name, or for another name."""
        self.show_form(asked.reason)
        self.name.selection_clear()
        typed = self.name.get().strip()
        self.password.show(asked.name, typed, can_keep=can_keep, is_kept=is_kept)
        self._restyle()
        self.password.field.focus_set()

    def hide_servers(self) -> None:
        """Ask as before; the keyboard is in the field for the server."""
        self.server_list.place_forget()
        self._offer_servers()
        self._mark(self.host)

    def _choose(self, server: Server) -> None:
        """Fill in what is known of it. A Return more, and it is connected to."""
        self.hide_servers()
        self.fill(replace(server.target, name=server.name or self.name.get()))

    def _offer_servers(self) -> None:
        """A way to the list at the end of the field, where there is something to choose."""
        if self._book.servers and self.host.winfo_manager():
            self.servers_button.place(in_=self.host, relx=1, rely=0.5, relheight=0.9, anchor="e")
        else:
            self.servers_button.place_forget()

    def show_waiting(self, text: str, *, can_go_back: bool = True) -> None:
        """Say that it is connecting. Nothing can be changed until that is decided, or cancelled."""
        self.server_list.place_forget()
        self._set_state("disabled")
        self._say(text)
        self._show_cancel(visible=can_go_back)

    def show_form(self, text: str = "", *, field: str = "", can_go_back: bool = False) -> None:
        """Ask, or ask again: `text` says what was wrong, `field` is where to mend it."""
        self.server_list.place_forget()
        self.password.hide()
        self._offer_servers()
        self._set_state("normal")
        self._say(text, "error")
        self._show_cancel(visible=can_go_back)
        if field == "tls":
            self.ask_everything()
            self.tls.focus_set()
        elif self._place.winfo_manager():
            self._mark(self.name)
        else:
            self._mark({"host": self.host, "port": self.port}.get(field, self.name))

    def _submit(self, _: object = None) -> None:
        if self._button.instate(["disabled"]):
            return
        if why_not := self._spread():
            self.show_form(why_not, field="host")
            return
        host, port = self.host.get(), self.port.get().strip()
        if not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65536:
            self.show_form("The port is a number from 1 to 65535.", field="port")
        else:
            name, typed = name_and_password(self.name.get().strip())  # as nc's users write it
            given = Given(name, typed, False) if typed else self.password.given(name)
            if given is None and self.password.is_for(name):
                self.password.field.focus_set()
                return
            self._connect(Target(host, int(port), name, self._has_tls.get()), given)

    def _spread(self, _: object = None) -> str:
        """Put the port that stands behind the host into its own field; what is wrong there."""
        try:
            place = server_place.parse(self.host.get())
        except server_place.NotAPlace as error:
            return str(error)
        _put(self.host, place.host)
        if place.port is not None:
            _put(self.port, str(place.port))
        if place.has_tls:
            self._has_tls.set(True)
        return ""

    def _set_state(self, state: str) -> None:
        for field in (
            *(self.host, self.servers_button, self.port, self.name, self.tls, self._button),
        ):
            field.configure(state=state)
        self.password.set_state(state)

    def _say(self, text: str, look: Literal["plain", "error"] = "plain") -> None:
        self.message.say(text, look)
        self._fit()
        self._grow()

    def _show_cancel(self, *, visible: bool) -> None:
        (self._cancel.grid if visible else self._cancel.grid_remove)()
        self._fit()

    def _mark(self, field: ttk.Entry) -> None:
        field.focus_set()
        field.select_range(0, "end")
        field.icursor("end")

    def _label(self, text: str) -> ttk.Label:
        return ttk.Label(self._card, text=text, style="Muted.TLabel")

    def _build(self) -> None:
        card = self._card
        self._title.grid(row=0, column=0, columnspan=2, sticky="w")
        self._host_label.grid(row=1, column=0, sticky="w")
        self._port_label.grid(row=1, column=1, sticky="w")
        self._label("Your name").grid(row=3, column=0, sticky="w")
        self.host.grid(row=2, column=0, sticky="ew")
        self.port.grid(row=2, column=1, sticky="ew")
        self.name.grid(row=4, column=0, columnspan=2, sticky="ew")
        self._hint = self._label("Left empty: the server gives you a random one.")
        self._hint.grid(row=5, column=0, columnspan=2, sticky="w")
        self.tls.grid(row=9, column=0, columnspan=2, sticky="w")
        if self._whose.cget("text"):
            self._whose.grid(row=10, column=0, columnspan=2, sticky="w")
        self.message.grid(row=11, column=0, columnspan=2, sticky="ew")
        self._button.grid(row=12, column=0, columnspan=2, sticky="ew")
        self._cancel.grid(row=13, column=0, columnspan=2, sticky="ew")
        card.columnconfigure(0, weight=1)
        self._button.configure(command=self._submit)
        for field in (self.host, self.port, self.name, self.tls, self._button):
            field.bind("<Return>", self._submit)
        for field in (self.host, self.port, self.name):
            bind_select_all(field)
        self.host.bind("<FocusOut>", self._spread)
        self.host.bind("<Down>", lambda _: self.show_servers() if self._book.servers else None)
        self.servers_button.bind("<Return>", self.show_servers)
        self._cancel.bind("<Return>", lambda _: self._leave())
        card.place(relx=0.5, rely=MIDDLE, anchor="center")
        self.bind("<Configure>", lambda _: self._fit())

    def _restyle(self) -> None:
        unit = self._theme.unit
        # At the end of its field, and not in the grid.
        ttk.Style(self).configure("Drop.TButton", padding=(unit // 2, 0))
        for child in self._card.winfo_children():
            if child is self.servers_button:
                continue
            assert isinstance(child, ttk.Label | ttk.Entry | ttk.Button | ttk.Checkbutton | tk.Text)
            is_beside = child in (self.port, self._port_label)
            pad(child, (2 * unit, 0) if is_beside else 0, unit // 2)
        pad(self._title, 0, (0, 4 * unit))
        pad(self._place, 0, (0, 2 * unit))
        pad(self.tls, 0, (2 * unit, unit // 2))
        pad(self.message, 0, 2 * unit)
        self._fit()

    def _fit(self) -> None:
        """Give the form the width that its message wants, and the message the height that is left.

        Nothing may be out of sight in a small window: it has to be read, and answered.
        """
        is_long = len(self.message.shown) > LONG_CHARACTERS
        characters = WIDE_CARD_CHARACTERS if is_long else CARD_CHARACTERS
        width = self._theme.body.measure("n" * characters)
        if self.winfo_width() > 1:
            width = min(width, self.winfo_width() - 8 * self._theme.unit)
        self._card.columnconfigure(0, minsize=width * 3 // 4)
        self._card.columnconfigure(1, minsize=width // 4)
        for label in (self._whose, self._hint, self._place):
            label.configure(wraplength=width)
        if self.winfo_height() > 1:
            self._leave_out_what_is_too_much()
            others = self._card.winfo_reqheight() - self.message.winfo_reqheight()
            free = int(self.winfo_height() * 2 * MIDDLE) - others
            rows = free // self._theme.body.metrics("linespace")
            self.message.most_rows = max(FEWEST_ROWS, rows)
            self.message.fit()

    def _leave_out_what_is_too_much(self) -> None:
        """Where text is very large, the fields and the button matter more than the rest.

        What is shown already is not hidden for a moment to find out: that would be an event, too.
        """
        self.update_idletasks()
        parts = {self._title: 4, self._hint: 1}  # with the space around them, in units
        sizes = {part: part.winfo_reqheight() + n * self._theme.unit for part, n in parts.items()}
        hidden = [part for part in parts if not part.winfo_manager()]
        needed = self._card.winfo_reqheight() + sum(sizes[part] for part in hidden)
        for part, size in sizes.items():
            must_go = needed > self.winfo_height()
            needed -= size if must_go else 0
            if must_go != (part in hidden):
                (part.grid_remove if must_go else part.grid)()
        has_space = needed <= self.winfo_height() * 2 * MIDDLE
        self._card.place_configure(rely=MIDDLE if has_space else 0.5)
        self.update_idletasks()

    def _grow(self) -> None:
        """Make the window higher where the message needs it, and the screen has space for that."""
        missing = self.message.rows - self.message.most_rows
        if missing > 0 and self.winfo_height() > 1:
            window = self.winfo_toplevel()
            more = int(missing * self._theme.body.metrics("linespace") / (2 * MIDDLE)) + 1
            height = min(window.winfo_height() + more, window.winfo_screenheight() * 9 // 10)
            window.geometry(f"{window.winfo_width()}x{max(height, window.winfo_height())}")


def _put(field: ttk.Entry, text: str) -> None:
    if field.get() != text:
        field.delete(0, "end")
        field.insert(0, text)
