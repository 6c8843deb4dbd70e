"""What the server's window holds: the state, a form, the figures, the people, the log.

Main thread only. It knows nothing about servers: `app` tells it what to show.
"""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk
from typing import Literal

from phase4.server_gui.button import new_button
from phase4.server_gui.counts import Counts
from phase4.server_gui.form import FIELDS
from phase4.server_gui.moderating import Moderating
from phase4.server_gui.people_table import PeopleTable
from phase4.server_gui.questions import Questions
from phase4.server_gui.room_bar import RoomBar
from phase4.server_gui.servers_line import ServersLine
from phase4.server_gui.tls_form import TlsForm
from phase4.widgets.actions import Action
from phase4.widgets.conversation import Conversation
from phase4.widgets.pieces import FocusRing, fill_menu, focus_next
from phase4.widgets.scrolled import ScrolledPage
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme, pad
from shared.status import Snapshot

HINT = "127.0.0.1: this machine only.  0.0.0.0: every network that this machine is in."
MUTE, UNMUTE = "Mute", "Unmute"
PRIVATE = "Public messages, and what the server says. Private messages are never shown here."


class ServerPage(ttk.Frame):
    """`start(fields)`, `stop()`, `show_board()`, and what `moderating` can, are for its buttons."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        start: Callable[[], object],
        stop: Callable[[], object],
        show_board: Callable[[], object],
        moderating: Moderating,
        open_link: Callable[[str], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scroll = ScrolledPage(self, theme)
        self._inside = self._scroll.inside
        self._build_form(start, stop, show_board)
        self._build_bar()
        self.counts = Counts(self._inside, theme)
        self.servers = ServersLine(self._inside, theme)
        self.room = RoomBar(
            self._inside,
            theme,
            set_topic=moderating.set_topic,
            toggle=moderating.toggle_writing,
            show_bans=moderating.show_bans,
        )
        self._panes = ttk.PanedWindow(self._inside, orient="vertical")
        self._build_people(moderating)
        self._build_log(open_link)
        self.questions = Questions(self, theme, self.people, self.say)
        self._edges = [ttk.Frame(self._inside, style="Line.TFrame", height=1) for _ in range(2)]
        self._lay_out()
        theme.on_change(self._restyle)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Put these into the menu, with their keys beside them."""
        fill_menu(self._menu, actions)

    def fill(self, values: Mapping[str, str]) -> None:
        """Put values into the fields; a value for TLS shows those fields."""
        for name, value in values.items():
            self._field(name).delete(0, "end")
            self._field(name).insert(0, value)
        if any(values.get(name) for name in self.tls.fields):
            self._wants_tls.set(True)
            self._show_tls()

    def values(self) -> dict[str, str]:
        """What the fields hold; those for TLS only where it is wanted."""
        fields = {**self.fields, **(self.tls.fields if self._wants_tls.get() else {})}
        return {name: field.get().strip() for name, field in fields.items()}

    def show_figures(self, snapshot: Snapshot) -> None:
        """Show the server's figures, and those of the room that it may share."""
        self.counts.show(snapshot)
        self.servers.show(snapshot)

    def show_state(
        self, text: str, *, can_start: bool, can_stop: bool, is_running: bool = False
    ) -> None:
        """Name the state; what cannot be done now is disabled."""
        self._state.configure(text=text)
        self._light.configure(style="On.TLabel" if can_stop and not can_start else "Off.TLabel")
        self.start_button.configure(state="normal" if can_start else "disabled")
        self.stop_button.configure(state="normal" if can_stop else "disabled")
        self.board_button.configure(state="normal" if is_running else "disabled")
        self.room.enable(is_running=is_running)
        (self.room.grid if is_running else self.room.grid_remove)()  # it takes space
        if not is_running:
            self.servers.hide()
        state: Literal["normal", "disabled"] = "normal" if can_start else "disabled"
        for field in self.fields.values():
            field.configure(state=state)
        self.tls_box.configure(state=state)
        self.tls.set_state(state)
        if self.winfo_viewable():
            self.update_idletasks()
            self._fit()  # a longer state needs more space

    def show_selected(self, name: str) -> None:
        """Let the buttons be about `name`; about nobody, where that is empty."""
        for button in (self.disconnect_button, self.mute_button, self.ban_button):
            button.configure(state="normal" if name else "disabled")
        text = UNMUTE if self.people.is_muted(name) else MUTE
        self.mute_button.configure(text=text, underline=text.index("u"))

    def say(self, text: str, *, is_bad: bool = False) -> None:
        """Say what became of an order."""
        self.said.configure(text=text, style="Error.TLabel" if is_bad else "Muted.TLabel")

    def show_bar(self, text: str, field: str = "") -> None:
        """Say what is wrong; `field` is the one to mend, if it is one."""
        self.bar.configure(text=text)
        self._bar.grid()
        self._scroll.see(self._bar)
        if field:
            self.mark(field)

    def hide_bar(self) -> None:
        """Hide what is wrong: it is mended, or was read."""
        self._bar.grid_remove()

    def mark(self, name: str) -> None:
        """Go to a field, and select what it holds, so that what is typed replaces it."""
        if name in self.tls.fields and not self._wants_tls.get():
            self.want_tls()
        field = self._field(name)
        field.focus_set()
        field.select_range(0, "end")
        field.icursor("end")

    def want_tls(self) -> None:
        """Tick the box, or untick it, if that can be done now."""
        self.tls_box.invoke()

    def make_certificate(self) -> None:
        """As a click on its button does, where that is shown."""
        if self._wants_tls.get():
            self.tls.make_button.invoke()

    def open_menu(self) -> None:
        """Open the menu, as a click on its button does."""
        self._menu_button.focus_set()
        self._menu_button.event_generate("<space>")

    def focus_next(self) -> None:
        """Take the keyboard from the form to the people, to the log, and back."""
        can_start = self.start_button.instate(["!disabled"])
        form = self.fields["host"] if can_start else self.stop_button
        parts: list[tk.Misc] = [form, self.people.tree, self.log.text]
        focus_next(parts)

    # --- building ---------------------------------------------------------------------------------

    def _build_form(
        self,
        start: Callable[[], object],
        stop: Callable[[], object],
        show_board: Callable[[], object],
    ) -> None:
        self._form = ttk.Frame(self._inside)
        self._head, self._inputs, self._buttons = (ttk.Frame(self._form) for _ in range(3))
        self._light = ttk.Label(self._head, text="●", style="Off.TLabel")
        self._state = ttk.Label(self._head, style="Bold.TLabel")
        self.fields: dict[str, ttk.Entry] = {}
        self._field_labels: dict[str, ttk.Label] = {}
        for name, text in FIELDS.items():
            width = 16 if name == "host" else 7
            self._field_labels[name] = ttk.Label(
                self._inputs, text=text, style="Muted.TLabel", underline=0
            )
            self.fields[name] = ttk.Entry(self._inputs, width=width, font=self._theme.body)
            self.fields[name].bind("<Return>", lambda _: start())
            bind_select_all(self.fields[name])
        self._wants_tls = tk.BooleanVar(self)
        self.tls_box = ttk.Checkbutton(
            self._form,
            text="Encrypted (TLS)",
            underline=0,
            variable=self._wants_tls,
            command=self._show_tls,
        )
        self.tls_box.bind("<Return>", lambda _: start())
        self.start_button = new_button(
            self._buttons, "Start", start, underline=1, style="Accent.TButton"
        )
        self.stop_button = new_button(self._buttons, "Stop", stop, underline=2)
        self.board_button = new_button(self._buttons, "Board", show_board, underline=0)
        self._menu_button = ttk.Menubutton(
            self._buttons, text="Menu", style="Menu.TMenubutton", width=0, underline=0
        )
        self._menu = tk.Menu(self._menu_button, tearoff=False)
        self._menu_button.configure(menu=self._menu)
        self._hint = ttk.Label(self._form, text=HINT, style="Muted.TLabel")
        self.tls = TlsForm(self._form, self._theme, start=start, fail=self.show_bar)

    def _build_bar(self) -> None:
        self._bar = ttk.Frame(self._inside, style="Bar.TFrame")
        self.bar = ttk.Label(self._bar, style="Bar.TLabel")
        self.bar.pack(side="left", fill="x")
        self._bar.bind("<Configure>", self._resized_bar)

    def _build_people(self, moderating: Moderating) -> None:
        self._upper = ttk.Frame(self._panes)
        head = self._people_head = ttk.Frame(self._upper)
        self._people_title = ttk.Label(head, text="People", style="Bold.TLabel")
        self.said = ttk.Label(head, style="Muted.TLabel")
        self.disconnect_button = new_button(head, "Disconnect", moderating.disconnect, underline=0)
        self.mute_button = new_button(head, UNMUTE, moderating.mute, underline=0)
        self.mute_button.configure(text=MUTE, underline=MUTE.index("u"))
        self.ban_button = new_button(head, "Ban", moderating.ban, underline=2)
        self.people = PeopleTable(
            self._upper, self._theme, lambda: self.show_selected(self.people.selected())
        )
        # Not through the button: it learns of a selection a moment later than a fast key comes.
        self.people.tree.bind("<Delete>", lambda _: moderating.disconnect())
        for button in (self.ban_button, self.mute_button, self.disconnect_button):
            button.pack(side="right")  # first: they keep their place
        self._people_title.pack(side="left")
        self.said.pack(side="left")
        head.pack(fill="x")
        self.people.pack(fill="both", expand=True)
        self._panes.add(self._upper, weight=2)

    def _build_log(self, open_link: Callable[[str], None]) -> None:
        self._lower = ttk.Frame(self._panes)
        self._lower.pack_propagate(False)  # a Text asks for 24 lines
        head = self._log_head = ttk.Frame(self._lower)
        self._log_title = ttk.Label(head, text="Log", style="Bold.TLabel")
        self._private = ttk.Label(head, text=PRIVATE, style="Muted.TLabel")
        ring = FocusRing(self._lower, self._theme, "page")
        self.log = Conversation(ring, self._theme, open_link)
        ring.surround(self.log, self.log.text)
        self._log_title.pack(side="left")
        self._private.pack(side="left")
        head.pack(fill="x")
        ring.pack(fill="both", expand=True)
        self._panes.add(self._lower, weight=3)

    def _lay_out(self) -> None:
        self._light.grid(row=0, column=0)
        self._state.grid(row=0, column=1, sticky="w")
        for column, name in enumerate(FIELDS):
            self._field_labels[name].grid(row=0, column=column, sticky="w")
            self.fields[name].grid(row=1, column=column)
        buttons = (self.start_button, self.stop_button, self.board_button, self._menu_button)
        for column, button in enumerate(buttons):
            button.grid(row=0, column=column)
        self._form.columnconfigure(0, weight=1)
        self.tls.grid(row=4, column=0, columnspan=3, sticky="ew")
        self._lay_out_form(is_narrow=False, is_tight=False)
        self._show_tls()
        self._inside.bind("<Configure>", lambda _: self._fit(), add=True)
        rows = (
            *(self._form, self._edges[0], self._bar, self.counts, self.servers, self.room),
            *(self._edges[1], self._panes),
        )
        for row, part in enumerate(rows):
            part.grid(row=row, column=0, sticky="nsew")
            part.bind("<Configure>", lambda _: self._scroll.fit(), add=True)
        self._bar.grid_remove()
        self.room.grid_remove()
        self.servers.grid_remove()
        self._inside.columnconfigure(0, weight=1)
        self._inside.rowconfigure(len(rows) - 1, weight=1)
        self._scroll.grid(row=0, column=0, sticky="nsew")
        self.questions.bar.grid(row=1, column=0, sticky="ew")
        self.questions.bar.grid_remove()
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)

    def _lay_out_form(self, *, is_narrow: bool, is_tight: bool) -> None:
        """In a narrow window the fields have a row of their own; in a tight one the buttons too."""
        bottom: Literal["se", "e"] = "e" if is_narrow else "se"
        across = 3 if is_narrow else 1
        self._head.grid(
            row=0, column=0, columnspan=3 if is_tight else 1, sticky="w" if is_narrow else "sw"
        )
        self._buttons.grid(row=int(is_tight), column=2, sticky=bottom)
        self._inputs.grid(
            row=2 * int(is_narrow), column=int(not is_narrow), columnspan=across, sticky="w"
        )
        self.tls_box.grid(row=3, column=0, columnspan=across, sticky="w")
        self._hint.grid(row=3, column=1, columnspan=2, sticky="w")
        if is_narrow:
            self._hint.grid_remove()

    def _fit(self) -> None:
        """Nothing may be out of sight on a small screen, or where text is large."""
        width = self._inside.winfo_width()
        if width > 1:
            parts = (self._head, self._inputs, self._buttons)
            needed = sum(part.winfo_reqwidth() for part in parts) + 6 * self._theme.unit
            hint = self.tls_box.winfo_reqwidth() + self._hint.winfo_reqwidth()
            title = needed - self._inputs.winfo_reqwidth()
            self._lay_out_form(is_narrow=max(needed, hint) > width, is_tight=title > width)
            self.counts.fit(width, self.winfo_height())
            self.tls.fit(width)
            self._share_height()

    def _share_height(self) -> None:
        """People and log have the height that is left, each at least some rows."""
        line = self._theme.body.metrics("linespace")
        self._lower.configure(height=self._log_head.winfo_reqheight() + 5 * line)
        upper, lower = self._upper.winfo_reqheight(), self._lower.winfo_reqheight()
        self._panes.configure(height=upper + lower + self._theme.unit)
        highest = self._panes.winfo_height() - lower
        at: int = self._panes.sashpos(0)  # type: ignore[no-untyped-call]
        if upper <= highest and not upper <= at <= highest:
            self._panes.sashpos(0, min(max(at, upper), highest))  # type: ignore[no-untyped-call]

    def _field(self, name: str) -> ttk.Entry:
        return self.fields[name] if name in self.fields else self.tls.fields[name]

    def _show_tls(self) -> None:
        (self.tls.grid if self._wants_tls.get() else self.tls.grid_remove)()
        if self.winfo_viewable():
            self.update_idletasks()  # only a field that is on the screen can get the keyboard

    def _resized_bar(self, event: "tk.Event[tk.Misc]") -> None:
        self.bar.configure(wraplength=max(100, event.width - 6 * self._theme.unit))

    def _restyle(self) -> None:
        theme, colours, unit = self._theme, self._theme.palette, self._theme.unit
        style = ttk.Style(self)
        style.configure("On.TLabel", foreground=colours.names[4])
        style.configure("Off.TLabel", foreground=colours.muted)
        style.configure("TPanedwindow", background=colours.edge)
        style.configure("Sash", sashthickness=max(2, unit // 2), gripcount=0)
        theme.style_menu(self._menu)
        self._form.configure(padding=(3 * unit, 2 * unit, unit, unit))
        for part in (*self._field_labels.values(), *self.fields.values()):
            part.grid_configure(padx=(0, 2 * unit))
        self._hint.grid_configure(pady=(unit // 2, 0))
        pad(self.tls, 0, (2 * unit, unit))
        self._light.grid_configure(padx=(0, unit))
        self._state.grid_configure(padx=(0, 3 * unit))
        self._head.configure(padding=(0, 0, 0, unit + unit // 2))
        for button in (self.start_button, self.stop_button, self.board_button):
            button.grid_configure(padx=(0, unit))
        self.bar.pack_configure(padx=3 * unit, pady=2 * unit)
        for button in (self.mute_button, self.ban_button):
            button.pack_configure(padx=(unit, 0))
        for head in (self._people_head, self._log_head):
            head.configure(padding=(3 * unit, unit, 2 * unit, unit))
        self.said.pack_configure(padx=(3 * unit, 0))
        self.after_idle(self._fit)
        self._private.pack_configure(padx=(3 * unit, 0))
