"""The list of servers that have let the person in: to choose one, to name it, to remove it.

Main thread only. It covers the form that asks where to connect, and gives way to it again.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.client_gui.server_book import ENCRYPTED, ServerBook
from phase4.client_gui.servers import MAX_LABEL_CHARACTERS, Server
from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.sentence import Sentence
from phase4.widgets.theme import Theme, pad

COLUMNS = {"Name": 16, "Address": 21, "Encrypted": 14, "Fingerprint": 27}
"""With the characters that they need; the last ones are left out where there is no space."""

NOTHING = "No server is remembered. The next one that lets you in will be here."

_CELL_PIXELS = 4  # Tk's own, beside the padding
_ROWS_OF_FINGERPRINT = 5  # with the sentence before it
_FEWEST_ROWS = 2  # of what is told of a server


class ServerList(ttk.Frame):
    """`choose` is called with the server that is wanted, `leave` at Escape.

    Up, Down and Return choose, Delete removes; Tab leads to its name and to the buttons.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        book: ServerBook,
        choose: Callable[[Server], None],
        leave: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._book = book
        self._choose = choose
        self._leave = leave
        # The one that is told of, and whose name may be changed.
        self._shown: Server | None = None
        # In pixels.
        self._size = (1, 1)
        self._title = ttk.Label(self, text="Servers", style="Title.TLabel")
        self._ring = FocusRing(self, theme, "panel")
        self.tree = ttk.Treeview(
            self._ring,
            show="headings",
            columns=tuple(COLUMNS),
            selectmode="browse",
            height=2,
            style="Servers.Treeview",
        )
        self._scrollbar = QuietScrollbar(self, command=self.tree.yview)
        self.explained = Sentence(self, theme, theme.body)
        self._label = ttk.Label(self, text="Name it", style="Muted.TLabel")
        self.name = ttk.Entry(self, font=theme.body, width=1)
        self._buttons = ttk.Frame(self)
        self.use_button = self._button("Use", self._use, "Accent.TButton")
        self.remove_button = self._button("Remove", self._remove)
        self.back_button = self._button("Put back", self._put_back)
        self.leave_button = self._button("Cancel", self._go)
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def open(self) -> None:
        """Show the servers as they are now; the keyboard is in the list then."""
        self._book.look()
        self._draw()
        self._mark(0)
        self.tree.focus_set()

    # --- what the person does ---------------------------------------------------------------------

    def _use(self) -> None:
        if (server := self._kept()) is not None:
            self._choose(server)

    def _go(self) -> str:
        self._kept()
        self._leave()
        return "break"  # and no other Escape of the window

    def _remove(self) -> None:
        if (server := self._kept()) is not None:
            at = self.tree.index(server.place)
            self._book.remove(server)
            self._draw()
            self._mark(at)

    def _put_back(self) -> None:
        self._kept()
        if (server := self._book.removed) is not None:
            self._book.put_back()
            self._draw()
            self._mark(self.tree.index(server.place))

    def _named(self) -> str:
        """Return in the field: the name is taken, and the list goes on."""
        self._kept()
        self.tree.focus_set()
        return "break"

    def _not_named(self) -> str:
        """Escape in the field: the name stays as it was."""
        self._fill(self._shown)
        self.tree.focus_set()
        return "break"

    def _kept(self) -> Server | None:
        """The server that is shown, with the name that stands in the field."""
        if self._shown is None or self.name.get().strip() == self._shown.label:
            return self._shown
        self._book.label(self._shown, self.name.get())
        place = self._shown.place
        self._shown = next(each for each in self._book.servers if each.place == place)
        self.tree.item(place, values=self._row(self._shown))
        return self._shown

    # --- showing ----------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._shown = None
        self.tree.delete(*self.tree.get_children())
        for server in self._book.servers:
            self.tree.insert("", "end", iid=server.place, values=self._row(server))
        removed = self._book.removed
        (self.back_button.pack_forget if removed is None else self._show_back)()

    def _show_back(self) -> None:
        self.back_button.pack(side="left", after=self.remove_button)
        self._space_buttons()

    def _row(self, server: Server) -> tuple[str, ...]:
        encrypted = ENCRYPTED[server.has_tls]
        return (server.called, server.place, encrypted, self._book.in_short(server))

    def _mark(self, at: int) -> None:
        """Select the row there, or the last one."""
        rows = self.tree.get_children()
        for button in (self.use_button, self.remove_button, self.name):
            button.configure(state="normal" if rows else "disabled")
        if not rows:
            self._fill(None)
            self.explained.say(NOTHING)
            (self.back_button if self._book.removed else self.leave_button).focus_set()
            return
        row = rows[min(at, len(rows) - 1)]
        self.tree.selection_set(row)
        self.tree.focus(row)
        self.tree.see(row)
        self._selected()

    def _selected(self, _: object = None) -> None:
        """Tell of the one that is marked."""
        chosen = self.tree.selection()
        server = next((each for each in self._book.servers if each.place in chosen), None)
        if server is None or (self._shown and self._shown.place == server.place):
            return
        self._kept()
        self._fill(server)
        self.explained.say(self._book.explained(server))
        self._fit()

    def _fill(self, server: Server | None) -> None:
        self._shown = server
        self.name.delete(0, "end")
        self.name.insert(0, server.label if server else "")

    # --- building ---------------------------------------------------------------------------------

    def _button(self, text: str, do: Callable[[], object], style: str = "TButton") -> ttk.Button:
        button = ttk.Button(self._buttons, text=text, command=do, style=style)
        button.bind("<Return>", lambda _: button.invoke())
        button.bind("<Escape>", lambda _: self._go())
        return button

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._title.grid(row=0, column=0, sticky="w")
        self._ring.grid(row=1, column=0, sticky="nsew")
        self._ring.surround(self.tree)
        self._scrollbar.grid(row=1, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=self._scrollbar.set)
        self.explained.grid(row=2, column=0, columnspan=2, sticky="ew")
        self._label.grid(row=3, column=0, columnspan=2, sticky="w")
        self.name.grid(row=4, column=0, columnspan=2, sticky="ew")
        self._buttons.grid(row=5, column=0, columnspan=2, sticky="ew")
        for button in (self.use_button, self.remove_button):
            button.pack(side="left")
        self.leave_button.pack(side="right")
        for name in COLUMNS:
            self.tree.heading(name, text=name, anchor="w")
            self.tree.column(name, anchor="w", stretch=name in ("Name", "Address"))

    def _listen(self) -> None:
        self.tree.bind("<<TreeviewSelect>>", self._selected)
        self.tree.bind("<Return>", lambda _: self._use())
        self.tree.bind("<Double-1>", self._double_clicked)
        self.tree.bind("<Delete>", lambda _: self._remove())
        self.name.bind("<Return>", lambda _: self._named())
        self.name.bind("<Escape>", lambda _: self._not_named())
        self.name.bind("<FocusOut>", lambda _: self._kept())
        bind_select_all(self.name)
        allowed = self.register(lambda text: len(text) <= MAX_LABEL_CHARACTERS)
        self.name.configure(validate="key", validatecommand=(allowed, "%P"))
        for part in (self.tree, self.explained):
            part.bind("<Escape>", lambda _: self._go())
        self.bind("<Configure>", lambda _: self._resized())

    def _double_clicked(self, event: "tk.Event[tk.Misc]") -> None:
        if self.tree.identify_row(event.y):
            self._use()

    def _restyle(self) -> None:
        unit, colours, style = self._theme.unit, self._theme.palette, ttk.Style(self)
        cell = (2 * unit - _CELL_PIXELS, 0)
        style.configure("Servers.Treeview", background=colours.page, fieldbackground=colours.page)
        style.configure("Servers.Treeview.Cell", padding=cell)
        style.configure(
            "Servers.Treeview.Heading",
            background=colours.panel,
            foreground=colours.muted,
            bordercolor=colours.border,
            lightcolor=colours.panel,
            darkcolor=colours.panel,
            relief="flat",
            font=self._theme.small,
            padding=(2 * unit - 2, unit // 2),
        )
        style.map("Servers.Treeview.Heading", background=[("active", colours.panel)])
        self.configure(padding=4 * unit)
        pad(self._title, 0, (0, 2 * unit))
        pad(self.explained, 0, (2 * unit, unit))
        pad(self._buttons, 0, (2 * unit, 0))
        self._space_buttons()
        self._fit()

    def _space_buttons(self) -> None:
        for button in self._buttons.pack_slaves():
            side = (0, self._theme.unit) if button is not self.leave_button else 0
            button.pack_configure(padx=side)

    def _resized(self) -> None:
        """Only another size counts: what is fitted in makes events of the same size, for ever."""
        if (size := (self.winfo_width(), self.winfo_height())) != self._size:
            self._size = size
            self._fit()

    def _fit(self) -> None:
        """Leave out columns, and rows of what is told, for which there is no space."""
        if self.winfo_width() <= 1:
            return
        edges = 4 * self._theme.unit
        measure = self._theme.body.measure
        needed = {name: measure("0" * count) + edges for name, count in COLUMNS.items()}
        has = self.winfo_width() - 10 * self._theme.unit
        shown = [*COLUMNS]
        while len(shown) > 2 and sum(needed[name] for name in shown) > has:
            shown.pop()
        self.tree.configure(displaycolumns=shown)
        whole = sum(needed[name] for name in shown)
        for name in shown:
            width = max(needed[name], needed[name] * has // whole) if whole < has else needed[name]
            self.tree.column(name, width=min(width, width * has // whole), minwidth=edges)
        self._fit_explained()

    def _fit_explained(self) -> None:
        """Where text is very large, a fingerprint matters more than the title.

        What is shown already has no part in it: it would change with each answer, for ever.
        """
        unit, line = self._theme.unit, self._theme.body.metrics("linespace")
        others = (self._ring, self._label, self.name, self._buttons)
        needed = sum(part.winfo_reqheight() for part in others) + 13 * unit  # with what is between
        rows = (self.winfo_height() - needed) // line
        with_title = rows - -(-(self._title.winfo_reqheight() + 2 * unit) // line)
        has_title = with_title >= _ROWS_OF_FINGERPRINT
        if has_title != bool(self._title.winfo_manager()):
            (self._title.grid if has_title else self._title.grid_remove)()
        self.explained.most_rows = max(_FEWEST_ROWS, with_title if has_title else rows)
        self.explained.fit()
