"""The page of the conversation: header, tabs, people, bars for news and questions, the entry.

Main thread only. It knows nothing of sockets: `app` tells it what to show.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.client.room_state import CLOSED, RoomState
from phase4.client_gui.header import Header
from phase4.client_gui.outgoing import Outgoing, OutgoingCalls
from phase4.client_gui.panels import PanelCalls, Panels
from phase4.client_gui.people import People
from phase4.client_gui.short_names import fitting
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.topic_bar import TopicBar
from phase4.widgets.actions import Action
from phase4.widgets.bars import Answer, Bar, Countdown
from phase4.widgets.fit import shortened
from phase4.widgets.pieces import focus_next
from phase4.widgets.theme import Theme

OPERATORS_WRITE = "The room is closed to writing. As an operator you write all the same."
KEPT_HERE = f"{CLOSED} What you type stays here."


@dataclass(frozen=True, slots=True)
class ChatCalls:
    """What the page asks of the window."""

    send: Callable[[Sequence[str]], int]
    """Send lines to the server, as they are, in order; how many of them were taken."""

    names: Callable[[], Sequence[str]]
    open_link: Callable[[str], None]
    open_person: Callable[[str], None]
    selected: Callable[[Tab], None]
    """Another conversation is in front now."""


class ChatPage(ttk.Frame):
    """All that is seen during a conversation."""

    def __init__(self, parent: tk.Misc, theme: Theme, calls: ChatCalls) -> None:
        super().__init__(parent)
        self._theme = theme
        self._calls = calls
        self.on_typed: Callable[[], None] = lambda: None
        """Called after each change of what is being typed."""
        self.me = ""
        """The own name."""
        self.more_for: Callable[[str], Sequence[tuple[str, Callable[[], object]]]] = lambda _: ()
        """What the menu on a line offers for whoever said it."""
        self.look_for: Callable[[str], object] = lambda _: None
        """Look for words in what was said long ago."""
        self.does: Callable[[str], bool] = lambda _: False
        """Do what a line asks of the window alone; whether it asks for anything."""
        self.room = RoomState()
        """What holds in the room."""
        self.open_room: Callable[[], object] = lambda: None
        """Called where an operator wants the room open to writing."""
        self.header = Header(self, theme)
        self.topic = TopicBar(self, theme, calls.open_link)
        self.tabs = Tabs(
            self, theme, calls.open_link, self._tab_selected, self._tab_made, self._tab_named
        )
        self.tabs.leave = self._focus_entry
        to_people = PanelCalls(self._others, calls.open_person, self._focus_entry)
        self.panels = Panels(self, theme, self.tabs, to_people)
        self.people = People(self, theme, calls.open_person)
        self.bar = Bar(self, theme, "bad", self._focus_entry)
        self.countdown = Countdown(self.bar)
        self.question = Bar(self, theme, "question", self._focus_entry)
        self.closed = Bar(self, theme, "question", self._focus_entry)
        self._build_entry()
        self.entry.use(self.tabs.main.draft)
        self._edges = [ttk.Frame(self, style="Line.TFrame", width=1, height=1) for _ in range(3)]
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Put these into the menu, with their keys beside them."""
        self.header.set_actions(actions)
        self.panels.set_actions(actions)

    def show_place(self, server: str, me: str) -> None:
        """Name the server and oneself."""
        self.me = me
        self.header.show_server(server)
        self._show_name()

    def show_security(self, text: str) -> None:
        """Say beside the server whether others can listen in."""
        self.header.security.configure(text=text)

    def show_doubts(self, text: str) -> None:
        """Say in the header what is not certain, or late."""
        if self.header.doubts.cget("text") != text:
            self.header.doubts.configure(text=text)

    def show_room(self, state: RoomState) -> None:
        """Show the topic, and whether one may write; in the conversation with everybody."""
        if state != self.room:
            self.room = state
            self._show_room_here()

    def _show_room_here(self) -> None:
        state = self.room
        is_main = self.tabs.current is self.tabs.main
        self.topic.show(state.topic if is_main else "")
        if not state.is_closed or not is_main:
            self.closed.hide()
        elif state.is_operator:
            self.closed.show(OPERATORS_WRITE, [("Open the room", self.open_room)])
        else:
            self.closed.show(KEPT_HERE)

    def show_people(self, names: Sequence[str]) -> None:
        """Show these people as online: in the list, and on their tabs."""
        self.people.show(names)
        self.tabs.show_people(names)

    def show_ignored(self) -> None:
        """Somebody is ignored now, or is not any more."""
        self.people.show_ignored()
        self.tabs.show_ignored()
        self.panels.show_ignored()

    def show_trying(
        self, reason: str, seconds: float, now: Callable[[], None], stop: Callable[[], None]
    ) -> None:
        """Say that the connection is lost, and count down the seconds to the next try."""

        def text(left: int) -> str:
            return f"{reason} Trying again {f'in {left} s' if left else 'now'} …"

        self.bar.show(text(1), [("Try now", now), ("Stop", stop)])
        self.countdown.start(seconds, text)

    def show_bar(self, text: str, *answers: Answer) -> None:
        """Say something about the connection that does not count down."""
        self.countdown.stop()
        self.bar.show(text, answers)

    def hide_bar(self) -> None:
        """Say nothing about the connection: it stands."""
        self.countdown.stop()
        self.bar.hide()

    def focus_next(self) -> None:
        """Take the keyboard from the entry to the people, to the conversation, and so on."""
        parts: list[tk.Misc] = [self.entry, self.people.tree, self.tabs.current.conversation.text]
        parts += self.topic.parts()
        parts += [bar.first for bar in (self.bar, self.question, self.closed) if bar.first]
        row = [self.tabs.row] if self.tabs.row.winfo_manager() else []
        focus_next([*parts, *self.panels.parts(), *row])

    # --- typing ----------------------------------------------------------------------------------

    def _others(self) -> Sequence[str]:
        return [name for name in self._calls.names() if name != self.me]

    def _talk_with_speaker(self, name: str) -> None:
        """Talk to whoever said a line. By now somebody else may have that name."""
        is_new = self.tabs.find(name) is None
        self._calls.open_person(name)
        if is_new and self.tabs.current.has_person(name):
            self.tabs.current.draft.is_doubtful = True

    def _send(self, lines: Sequence[str]) -> int:
        """What one says is to be seen, and the answer to it."""
        self.panels.close()
        return self._calls.send(lines)

    def _typed(self, text: str) -> None:
        said, can_be_sent = self.outgoing.count(text)
        self._room.configure(text=said, style="Muted.TLabel" if can_be_sent else "Error.TLabel")
        self._make_room_for_count()
        self.tabs.current.conversation.explain_typed(text)
        self.on_typed()

    def _typed_elsewhere(self, event: "tk.Event[tk.Misc]") -> str | None:
        """What is typed while a part that takes no text has the keyboard is meant for the entry."""
        has_control = int(event.state) & 0x0004
        system = self.tk.call("tk", "windowingsystem")
        has_alt = system in ("x11", "aqua") and int(event.state) & 0x0008  # on macOS: Command
        if has_control or has_alt or not event.char.isprintable() or not event.char:
            return None
        self.entry.type(event.char)
        return "break"

    def _lead_to_entry(self, part: tk.Misc) -> None:
        """Let nothing be lost that is typed or pasted in this part, which takes no text.

        Escape leads to where it would be.
        """
        part.bind("<Escape>", lambda _: self._focus_entry(), add=True)
        part.bind("<Key>", self._typed_elsewhere, add=True)
        part.bind("<<Paste>>", self._pasted_elsewhere)

    def _pasted_elsewhere(self, _: object) -> str:
        self.entry.focus_set()
        self.entry.event_generate("<<Paste>>")
        return "break"

    def _copy_from_entry(self, _: object) -> str | None:
        """Ctrl+C here copies what is selected in the conversation, if nothing is in the entry."""
        if self.entry.selected:
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
        self._lead_to_entry(tab.conversation.text)
        tab.conversation.menu.talk = self._talk_with_speaker
        tab.conversation.search.bar.offer_beyond(lambda words: self.look_for(words))
        tab.conversation.menu.more = lambda name: self.more_for(name)

    def _tab_selected(self, new: Tab) -> None:
        self.question.hide()  # it was about the other conversation
        self.panels.close()
        self.entry.use(new.draft)
        self._focus_entry()
        self._show_name()
        self._show_room_here()
        self._calls.selected(new)

    def _tab_named(self, tab: Tab) -> None:
        """The person of a tab has another name now: nothing may show the old one."""
        if tab is not self.tabs.current:
            return
        self._show_name()
        self._typed(self.entry.get())
        self.outgoing.renamed()

    def _focus_entry(self) -> None:
        self.entry.focus_set()

    # --- building --------------------------------------------------------------------------------

    def _build_entry(self) -> None:
        self._bottom = ttk.Frame(self)
        self._name = ttk.Label(self._bottom, style="Bold.TLabel")
        self._to = ttk.Label(self._bottom, style="Bold.TLabel")
        self._room = ttk.Label(self._bottom, style="Muted.TLabel")
        calls = OutgoingCalls(
            self._send, lambda text: self.does(text), self._calls.names, self._typed
        )
        self.outgoing = Outgoing(self._bottom, self._theme, self.tabs, self.question, calls)
        self.entry = self.outgoing.entry
        self._name.pack(side="left", anchor="n")
        self._to.pack(side="left", anchor="n")
        self._room.pack(side="right", anchor="n")
        self.entry.frame.pack(side="left", fill="x", expand=True)

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(3, weight=1)
        below_header, beside_people, above_entry = self._edges
        self.header.grid(row=0, column=0, columnspan=3, sticky="ew")
        below_header.grid(row=1, column=0, columnspan=3, sticky="ew")
        self.topic.grid(row=2, column=0, columnspan=3, sticky="ew")
        self.tabs.grid(row=3, column=0, sticky="nsew")
        beside_people.grid(row=3, column=1, sticky="ns")
        self.people.grid(row=3, column=2, sticky="ns")
        above_entry.grid(row=4, column=0, columnspan=3, sticky="ew")
        for row, bar in enumerate((self.bar, self.question, self.closed), 5):
            bar.grid(row=row, column=0, columnspan=3, sticky="ew")
            bar.grid_remove()
        self.topic.grid_remove()
        self._bottom.grid(row=8, column=0, columnspan=3, sticky="ew")

    def _listen(self) -> None:
        self.entry.bind("<<Copy>>", self._copy_from_entry)
        self.entry.bind("<Prior>", lambda _: self._scroll(-1, "pages"))
        self.entry.bind("<Next>", lambda _: self._scroll(1, "pages"))
        self.entry.bind("<Control-End>", self._jump)
        for part in (self.people.tree, self.tabs.row, self.topic.text):
            self._lead_to_entry(part)
        self.bind("<Configure>", self._resized)
        for sequence in ("<Control-Prior>", "<Control-Next>"):  # they walk through the tabs
            self.entry.bind(sequence, lambda _: None)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self:
            self.people.limit(event.width // 4)
            self.entry.fit()
            self._show_name()

    def _restyle(self) -> None:
        unit = self._theme.unit
        first_row = 2 * unit + self.entry.pady
        self._name.pack_configure(padx=(3 * unit, 0), pady=(first_row, 0))
        self._to.pack_configure(padx=(0, 2 * unit), pady=(first_row, 0))
        self._room.pack_configure(pady=(first_row, 0))
        self.entry.frame.pack_configure(padx=(0, 3 * unit), pady=2 * unit)
        self._make_room_for_count()
        self._show_name()

    def _make_room_for_count(self) -> None:
        is_shown = bool(self._room.cget("text"))
        self._room.pack_configure(padx=(0, 3 * self._theme.unit if is_shown else 0))

    def _show_name(self) -> None:
        """Show both names beside the entry: nobody should have to look for the tab to know."""
        person, bold = self.tabs.current.person, self._theme.bold
        # However long they are, there is space for what is typed.
        pixels = max(self.winfo_width() // 4, bold.measure("mm"))
        me = shortened(self.me, bold, pixels)
        self._name.configure(text=me, foreground=self._theme.name_colour(self.me))
        colour = self._theme.name_colour(person) if person else ""
        others = [tab.person for tab in self.tabs.shown()]
        short = fitting(person, others, lambda name: bold.measure(name) <= pixels)
        self._to.configure(text=f" → {short}" if person else "", foreground=colour)
        self.header.show_person(person)
