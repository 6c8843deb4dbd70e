"""The page one talks on: header, conversations, people, bars for news and questions, the entry.

Main thread only. It knows nothing of sockets: `app` tells it what to show.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.client_gui.bars import Answer, Bar, Countdown
from phase4.client_gui.entry import Entry, EntryCalls
from phase4.client_gui.people import People
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.typing_aids import (
    count_text,
    lines_in,
    one_line,
    question_about,
    room_left,
    why_not_as_lines,
)
from phase4.widgets.actions import Action
from phase4.widgets.theme import Theme
from shared.request import is_public


@dataclass(frozen=True, slots=True)
class ChatCalls:
    """What the page asks of the window."""

    send: Callable[[str], bool]
    """Send a line to the conversation in front; whether it was taken."""

    names: Callable[[], Sequence[str]]
    open_link: Callable[[str], None]
    open_person: Callable[[str], None]
    selected: Callable[[Tab], None]
    """Another conversation is in front now."""


class ChatPage(ttk.Frame):
    """Everything that one sees while one talks."""

    def __init__(self, parent: tk.Misc, theme: Theme, calls: ChatCalls) -> None:
        super().__init__(parent)
        self._theme = theme
        self._calls = calls
        self._me = ""
        self._build_header()
        self.tabs = Tabs(self, theme, calls.open_link, self._tab_selected, self._tab_made)
        self.people = People(self, theme, calls.open_person)
        self.bar = Bar(self, theme, "bad", self._focus_entry)
        self.countdown = Countdown(self.bar)
        self.question = Bar(self, theme, "question", self._focus_entry)
        self._build_entry()
        self.entry.use(self.tabs.main.draft)
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
        self._show_name()

    def show_security(self, text: str) -> None:
        """Say beside the server whether others can listen in."""
        self.security.configure(text=text)

    def show_people(self, names: Sequence[str]) -> None:
        """Who is online now."""
        self.people.show(names)
        self.tabs.show_people(names)

    def show_trying(
        self, reason: str, seconds: float, now: Callable[[], None], stop: Callable[[], None]
    ) -> None:
        """The connection is lost, and is tried again in so many seconds."""

        def text(left: int) -> str:
            return f"{reason} Trying again {f'in {left} s' if left else 'now'} …"

        self.bar.show(text(1), [("Try now", now), ("Stop", stop)])
        self.countdown.start(seconds, text)

    def show_bar(self, text: str, *answers: Answer) -> None:
        """Say something about the connection that does not count down."""
        self.countdown.stop()
        self.bar.show(text, answers)

    def hide_bar(self) -> None:
        """One is connected."""
        self.countdown.stop()
        self.bar.hide()

    def open_menu(self) -> None:
        """As a click on its button does."""
        button = self._menu_button
        right = button.winfo_rootx() + button.winfo_width()
        below = button.winfo_rooty() + button.winfo_height()
        self._menu.tk_popup(right - self._menu.winfo_reqwidth(), below, 0)

    def focus_next(self) -> None:
        """Take the keyboard from the entry to the people, to the conversation, a bar, and back."""
        parts: list[tk.Misc] = [self.entry, self.people.tree, self.tabs.current.conversation.text]
        parts += [bar.first for bar in (self.bar, self.question) if bar.first]
        try:
            at = parts.index(self.focus_get())  # type: ignore[arg-type]
        except (KeyError, ValueError):  # a menu has it, or nothing of ours
            at = -1
        parts[(at + 1) % len(parts)].focus_set()

    def give_back(self, tab: Tab, text: str) -> None:
        """Put what could not be delivered where it was typed, unless something stands there."""
        if tab is not self.tabs.current:
            tab.draft.text = tab.draft.text or text
        elif not self.entry.get():
            self.entry.insert(0, text)

    # --- several lines at once -------------------------------------------------------------------

    def ask_about_lines(self, pasted: str) -> None:
        """Several lines were pasted: ask whether they are to be sent, or become one."""
        lines = lines_in(self.entry.with_inserted(pasted))
        why_not = why_not_as_lines(lines, [self._room_left(line) for line in lines])
        as_one = ("As one line", lambda: self._put_as_one_line(pasted))
        cancel = ("Cancel", self.question.hide)
        if why_not:
            self.question.show(why_not, [as_one, cancel], escape=cancel[1])
            return
        send = (f"Send {len(lines)} lines", lambda: self._send_lines(pasted))
        self.question.show(question_about(lines), [send, as_one, cancel], escape=cancel[1])

    def _put_as_one_line(self, pasted: str) -> None:
        self.question.hide()
        self.entry.type(one_line(pasted.strip("\r\n")))

    def _send_lines(self, pasted: str) -> None:
        """Send them, in order. Those that are not taken are the next ones that Up brings back."""
        self.question.hide()
        history = self.tabs.current.draft.history
        lines = lines_in(self.entry.with_inserted(pasted))
        self.entry.delete(0, "end")
        while lines and self._calls.send(lines[0]):
            history.add(lines.pop(0))
        for line in reversed(lines):
            history.add(line)
        if lines:
            self.entry.put(lines[0])

    # --- typing ----------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        left = self._room_left(text)
        style = "Muted.TLabel" if left >= 0 else "Error.TLabel"
        self._room.configure(text=count_text(left), style=style)
        self._make_room_for_count()

    def _room_left(self, line: str) -> int:
        return room_left(self.tabs.current.line_to_send(line, is_said=is_public(line)))

    def _typed_elsewhere(self, event: "tk.Event[tk.Misc]") -> str | None:
        """What is typed while the conversation has the keyboard is meant for the entry."""
        has_control = int(event.state) & 0x0004
        has_alt = self.tk.call("tk", "windowingsystem") == "x11" and int(event.state) & 0x0008
        if has_control or has_alt or not event.char.isprintable() or not event.char:
            return None
        self.entry.type(event.char)
        return "break"

    def _copy_from_entry(self, _: object) -> str | None:
        """Ctrl+C here copies what is selected in the conversation, if nothing is in the entry."""
        if self.entry.selection_present():
            return None
        self.tabs.current.conversation.copy_selection()
        return "break"

    def _scroll(self, number: int, what: str) -> str:
        self.tabs.current.conversation.scroll(number, what)
        return "break"

    def _jump(self, _: object) -> None:
        self.tabs.current.conversation.jump_to_newest()

    # --- tabs ------------------------------------------------------------------------------------

    def _tab_made(self, tab: Tab) -> None:
        tab.conversation.text.bind("<Key>", self._typed_elsewhere, add=True)

    def _tab_selected(self, new: Tab) -> None:
        self.question.hide()  # it was about the other conversation
        self.entry.use(new.draft)
        self._focus_entry()
        self._show_name()
        self._calls.selected(new)

    def _focus_entry(self) -> None:
        self.entry.focus_set()

    # --- building --------------------------------------------------------------------------------

    def _build_header(self) -> None:
        self._header = ttk.Frame(self)
        self._server = ttk.Label(self._header, style="Bold.TLabel")
        self.security = ttk.Label(self._header, style="Muted.TLabel")
        button = ttk.Menubutton(self._header, text="Menu", style="Menu.TMenubutton", width=0)
        self._menu = tk.Menu(button, tearoff=False)
        button.configure(menu=self._menu)
        self._server.pack(side="left")
        self.security.pack(side="left")
        button.pack(side="right")
        self._menu_button = button

    def _build_entry(self) -> None:
        self._bottom = ttk.Frame(self)
        self._name = ttk.Label(self._bottom, style="Bold.TLabel")
        self._to = ttk.Label(self._bottom, style="Bold.TLabel")
        self._room = ttk.Label(self._bottom, style="Muted.TLabel")
        calls = self._calls
        self.entry = Entry(
            self._bottom,
            self._theme,
            EntryCalls(calls.send, calls.names, self.ask_about_lines, self._typed),
        )
        self._name.pack(side="left")
        self._to.pack(side="left")
        self._room.pack(side="right")
        self.entry.pack(side="left", fill="x", expand=True)

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        below_header, beside_people, above_entry = self._edges
        self._header.grid(row=0, column=0, columnspan=3, sticky="ew")
        below_header.grid(row=1, column=0, columnspan=3, sticky="ew")
        self.tabs.grid(row=2, column=0, sticky="nsew")
        beside_people.grid(row=2, column=1, sticky="ns")
        self.people.grid(row=2, column=2, sticky="ns")
        above_entry.grid(row=3, column=0, columnspan=3, sticky="ew")
        self.bar.grid(row=4, column=0, columnspan=3, sticky="ew")
        self.question.grid(row=5, column=0, columnspan=3, sticky="ew")
        self._bottom.grid(row=6, column=0, columnspan=3, sticky="ew")
        self.bar.grid_remove()
        self.question.grid_remove()

    def _listen(self) -> None:
        self.entry.bind("<<Copy>>", self._copy_from_entry)
        self.entry.bind("<Prior>", lambda _: self._scroll(-1, "pages"))
        self.entry.bind("<Next>", lambda _: self._scroll(1, "pages"))
        self.entry.bind("<Control-End>", self._jump)
        for sequence in ("<Control-Prior>", "<Control-Next>"):  # they walk through the tabs
            self.entry.bind(sequence, lambda _: None)

    def _restyle(self) -> None:
        unit = self._theme.unit
        self._theme.style_menu(self._menu)
        self._server.pack_configure(padx=3 * unit, pady=2 * unit)
        self._menu_button.pack_configure(padx=unit)
        self._name.pack_configure(padx=(3 * unit, 0))
        self._to.pack_configure(padx=(0, 2 * unit))
        self.entry.pack_configure(padx=(0, 3 * unit), pady=2 * unit)
        self._make_room_for_count()
        self._show_name()

    def _make_room_for_count(self) -> None:
        is_shown = bool(self._room.cget("text"))
        self._room.pack_configure(padx=(0, 3 * self._theme.unit if is_shown else 0))

    def _show_name(self) -> None:
        """Who speaks, and to whom: nobody should have to look for the tab to know."""
        self._name.configure(text=self._me, foreground=self._theme.name_colour(self._me))
        person = self.tabs.current.person
        colour = self._theme.name_colour(person) if person else ""
        self._to.configure(text=f" → {person}" if person else "", foreground=colour)
