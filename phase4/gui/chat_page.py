"""The page one talks on: header, conversation, people, a bar for bad news, the entry.

Main thread only. It knows nothing of sockets: `app` tells it what to show.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.gui.actions import Action
from phase4.gui.conversation import Conversation
from phase4.gui.entry import Entry
from phase4.gui.people import People
from phase4.gui.theme import Theme


class ChatPage(ttk.Frame):
    """`send` is called with each line that is typed, and answers whether it was taken."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        send: Callable[[str], bool],
        names: Callable[[], Sequence[str]],
        open_link: Callable[[str], None],
        connect_again: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._me = ""
        self._build_header()
        self.conversation = Conversation(self, theme, open_link)
        self.people = People(self, theme, self._choose_person)
        self._build_bar(connect_again)
        self._build_entry(send, names)
        self._edges = [ttk.Frame(self, style="Line.TFrame", width=1, height=1) for _ in range(3)]
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Fill the menu."""
        for action in actions:
            if action.starts_group:
                self._menu.add_separator()
            self._menu.add_command(label=action.label, accelerator=action.keys, command=action.do)

    def show_place(self, server: str, me: str) -> None:
        """Name the server and oneself."""
        self._me = me
        self._server.configure(text=server)
        self._name.configure(text=me)
        self._colour_name()

    def show_bar(self, text: str, *, can_connect: bool) -> None:
        """Say that one is not connected, and why."""
        self._bar_text.configure(text=text)
        self._again.configure(state="normal" if can_connect else "disabled")
        self._bar.grid()

    def hide_bar(self) -> None:
        """One is connected."""
        self._bar.grid_remove()

    def focus_next(self) -> None:
        """Take the keyboard from the entry to the people, to the conversation, and back."""
        parts: list[tk.Misc] = [self.entry, self.people.tree, self.conversation.text]
        try:
            at = parts.index(self.focus_get())  # type: ignore[arg-type]
        except (KeyError, ValueError):  # a menu has it, or nothing of ours
            at = -1
        parts[(at + 1) % len(parts)].focus_set()

    def _choose_person(self, name: str) -> None:
        """Begin a private message; what was typed already becomes its text."""
        typed = self.entry.get()
        if typed.startswith("/pm "):  # to somebody else, who was chosen before
            typed = " ".join(typed.split(" ", 2)[2:])
        self.entry.put(f"/pm {name} {typed}")

    def _typed_elsewhere(self, event: "tk.Event[tk.Misc]") -> str | None:
        """What is typed while the conversation has the keyboard is meant for the entry."""
        has_control = int(event.state) & 0x0004
        if has_control or not event.char.isprintable() or not event.char:
            return None
        self.entry.type(event.char)
        return "break"

    def _copy_from_entry(self, _: object) -> str | None:
        """Ctrl+C here copies what is selected in the conversation, if nothing is in the entry."""
        if self.entry.selection_present():
            return None
        self.conversation.copy_selection()
        return "break"

    def _scroll(self, number: int, what: str) -> str:
        self.conversation.scroll(number, what)
        return "break"

    def _resized_bar(self, event: "tk.Event[tk.Misc]") -> None:
        room = event.width - self._again.winfo_reqwidth() - 10 * self._theme.unit
        self._bar_text.configure(wraplength=max(100, room))

    # --- building -----------------------------------------------------------------------------

    def _build_header(self) -> None:
        self._header = ttk.Frame(self)
        self._server = ttk.Label(self._header, style="Bold.TLabel")
        button = ttk.Menubutton(self._header, text="Menu", style="Menu.TMenubutton", width=0)
        self._menu = tk.Menu(button, tearoff=False)
        button.configure(menu=self._menu)
        self._server.pack(side="left")
        button.pack(side="right")
        self._menu_button = button

    def _build_bar(self, connect_again: Callable[[], None]) -> None:
        self._bar = ttk.Frame(self, style="Bar.TFrame")
        self._bar_text = ttk.Label(self._bar, style="Bar.TLabel")
        self._again = ttk.Button(
            self._bar, text="Connect again", style="Accent.TButton", command=connect_again
        )
        self._again.bind("<Return>", lambda _: self._again.invoke())
        self._again.pack(side="right")
        self._bar_text.pack(side="left", fill="x")
        self._bar.bind("<Configure>", self._resized_bar)

    def _build_entry(self, send: Callable[[str], bool], names: Callable[[], Sequence[str]]) -> None:
        self._bottom = ttk.Frame(self)
        self._name = ttk.Label(self._bottom, style="Bold.TLabel")
        self.entry = Entry(self._bottom, self._theme, send, names)
        self._name.pack(side="left")
        self.entry.pack(side="left", fill="x", expand=True)

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        below_header, beside_people, above_entry = self._edges
        self._header.grid(row=0, column=0, columnspan=3, sticky="ew")
        below_header.grid(row=1, column=0, columnspan=3, sticky="ew")
        self.conversation.grid(row=2, column=0, sticky="nsew")
        beside_people.grid(row=2, column=1, sticky="ns")
        self.people.grid(row=2, column=2, sticky="ns")
        above_entry.grid(row=3, column=0, columnspan=3, sticky="ew")
        self._bar.grid(row=4, column=0, columnspan=3, sticky="ew")
        self._bottom.grid(row=5, column=0, columnspan=3, sticky="ew")
        self._bar.grid_remove()

    def _listen(self) -> None:
        self.conversation.text.bind("<Key>", self._typed_elsewhere, add=True)
        self.entry.bind("<<Copy>>", self._copy_from_entry)
        self.entry.bind("<Prior>", lambda _: self._scroll(-1, "pages"))
        self.entry.bind("<Next>", lambda _: self._scroll(1, "pages"))
        for sequence in ("<Control-End>", "<Control-Next>"):
            self.entry.bind(sequence, lambda _: self.conversation.jump_to_newest())

    def _restyle(self) -> None:
        unit = self._theme.unit
        self._theme.style_menu(self._menu)
        self._server.pack_configure(padx=3 * unit, pady=2 * unit)
        self._menu_button.pack_configure(padx=unit)
        self._name.pack_configure(padx=(3 * unit, 2 * unit))
        self.entry.pack_configure(padx=(0, 3 * unit), pady=2 * unit)
        self._bar_text.pack_configure(padx=3 * unit, pady=2 * unit)
        self._again.pack_configure(padx=3 * unit, pady=2 * unit)
        self._colour_name()

    def _colour_name(self) -> None:
        self._name.configure(foreground=self._theme.name_colour(self._me))
