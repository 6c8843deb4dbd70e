"""The page of the conversation: header, tabs, people, bars for news and questions, the entry.

Main thread only. It knows nothing of sockets: `app` tells it what to show.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.client.mentions import is_among
from phase4.client_gui.entry import Entry, EntryCalls
from phase4.client_gui.header import Header
from phase4.client_gui.panels import PanelCalls, Panels
from phase4.client_gui.people import People
from phase4.client_gui.short_names import fitting
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.typing_aids import bytes_left, count_text, one_line, why_not_as_lines
from phase4.widgets.actions import Action
from phase4.widgets.bars import Answer, Bar, Countdown
from phase4.widgets.fit import shortened
from phase4.widgets.pieces import focus_next
from phase4.widgets.theme import Theme
from shared.request import Lines, Whisper, parse, recipient_of, split_lines


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
        self._me = ""
        self.more_for: Callable[[str], tuple[str, Callable[[], object]] | None] = lambda _: None
        """What the menu on a line offers for whoever said it."""
        self.does: Callable[[str], bool] = lambda _: False
        """Do what a line asks of the window alone; whether it asks for anything."""
        # Which lines are asked about.
        self._asked = Lines(())
        # What is asked about them, as names are now.
        self._question: Callable[[], str] = str
        self._question_shown = ""
        self.header = Header(self, theme)
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
        self._me = me
        self.header.show_server(server)
        self._show_name()

    def show_security(self, text: str) -> None:
        """Say beside the server whether others can listen in."""
        self.header.security.configure(text=text)

    def show_doubts(self, text: str) -> None:
        """Say in the header what is not certain, or late."""
        if self.header.doubts.cget("text") != text:
            self.header.doubts.configure(text=text)

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
        parts += [bar.first for bar in (self.bar, self.question) if bar.first]
        row = [self.tabs.row] if self.tabs.row.winfo_manager() else []
        focus_next([*parts, *self.panels.parts(), *row])

    def give_back(self, tab: Tab, text: str) -> None:
        """Put what could not be delivered where it was typed, unless something stands there."""
        if tab is not self.tabs.current:
            tab.draft.text = tab.draft.text or text
        elif not self.entry.get():
            self.entry.insert(0, text)

    def _ask(self, question: Callable[[], str], answers: Sequence[Answer]) -> None:
        """Ask in the bar; the first answer has the keyboard, and Escape takes the question away."""
        self._question, self._question_shown = question, question()
        self.question.show(self._question_shown, answers, escape=self.question.hide)

    # --- several lines at once -------------------------------------------------------------------

    def ask_about_lines(self, pasted: str) -> None:
        """Several lines were pasted: ask whether they are to be sent, or become one."""
        self._renew(pasted)
        asked = self._asked
        why_not = why_not_as_lines(asked.lines, [*map(bytes_left, asked.lines)])
        as_one = ("As one line", lambda: self._put_as_one_line(pasted))
        cancel = ("Cancel", self.question.hide)
        if why_not:
            self._ask(lambda: why_not, [as_one, cancel])
            return
        send = (f"Send {len(asked.lines)} lines", lambda: self._send_lines(pasted))
        is_unsure = asked.is_mixed or self._doubt_about(asked.to)
        answers = [cancel, send, as_one] if is_unsure else [send, as_one, cancel]
        self._ask(lambda: self._renew(pasted), answers)

    def _renew(self, pasted: str) -> str:
        """The question, as the entry and the names are now."""
        self._asked = self._split(pasted)
        return f"{self._doubt_about(self._asked.to)} {self._asked.question}".lstrip()

    def _split(self, pasted: str) -> Lines:
        """The lines that the entry would hold with these: for the person of the tab in front.

        But for somebody else where a private message to them has been begun by hand.
        """
        before, behind = self.entry.around_insertion()
        is_begun = bool(split_lines(before).to)
        to = "" if is_begun else self.tabs.current.person
        return split_lines(before + pasted + behind, to)

    def _put_as_one_line(self, pasted: str) -> None:
        self.question.hide()
        self.entry.type(one_line(pasted.strip("\r\n")))

    def _send_lines(self, pasted: str) -> None:
        """Send them, in order. Those that are not taken are the next ones that Up brings back."""
        if self._split(pasted) != self._asked:  # the entry has changed since, or the person's name
            self.ask_about_lines(pasted)
            return
        self.question.hide()
        self.tabs.current.draft.is_doubtful = False
        history = self.tabs.current.draft.history
        self.entry.delete(0, "end")
        taken = self._calls.send(self._asked.lines)
        typed = [self._line_to_type(line) for line in self._asked.lines]
        for line in (*typed[:taken], *reversed(typed[taken:])):
            history.add(line)
        if typed[taken:]:
            self.entry.put(typed[taken])

    def _line_to_type(self, line: str) -> str:
        """What a person would type in the tab in front to have this line sent."""
        tab = self.tabs.current
        match parse(line):
            case Whisper(to, said) if tab.has_person(to):
                return tab.line_to_type(said, self.is_here)
        return line

    # --- typing ----------------------------------------------------------------------------------

    def _others(self) -> Sequence[str]:
        return [name for name in self._calls.names() if name != self._me]

    def is_here(self, name: str) -> bool:
        """Whether somebody online is called so."""
        return is_among(name, self._calls.names())

    def doubt(self, tab: Tab) -> None:
        """Somebody goes by this tab's name now, and need not be the one that the text is for."""
        if self.entry.get() if tab is self.tabs.current else tab.draft.text:
            tab.draft.is_doubtful = bool(tab.person)

    def _talk_with_speaker(self, name: str) -> None:
        """Talk to whoever said a line. By now somebody else may have that name."""
        is_new = self.tabs.find(name) is None
        self._calls.open_person(name)
        if is_new and self.tabs.current.has_person(name):
            self.tabs.current.draft.is_doubtful = True

    def _send(self, text: str) -> bool:
        if self.does(text):
            return True
        line = self._line_to_send(text)
        if self._doubt_about(recipient_of(line)):
            self._ask(
                lambda: f"{self._doubt_about(self.tabs.current.person)} Send this all the same?",
                [("Do not send", self.question.hide), ("Send", self._send_now)],
            )
            return False
        return self._calls.send([line]) == 1

    def _doubt_about(self, recipient: str) -> str:
        """What speaks against sending this to the person of the tab in front, if anything does."""
        tab = self.tabs.current
        is_doubtful = tab.draft.is_doubtful and tab.has_person(recipient)
        return f"{tab.person} may be somebody else now." if is_doubtful else ""

    def _send_now(self) -> None:
        self.tabs.current.draft.is_doubtful = False
        self.question.hide()
        self.entry.submit()

    def _line_to_send(self, text: str) -> str:
        return self.tabs.current.line_to_send(text.rstrip(), self.is_here)

    def _typed(self, text: str) -> None:
        left = bytes_left(self._line_to_send(one_line(text)))
        style = "Muted.TLabel" if left >= 0 else "Error.TLabel"
        self._room.configure(text=count_text(left), style=style)
        self._make_room_for_count()
        self.tabs.current.conversation.explain_typed(text)

    def _typed_elsewhere(self, event: "tk.Event[tk.Misc]") -> str | None:
        """What is typed while the conversation has the keyboard is meant for the entry."""
        has_control = int(event.state) & 0x0004
        system = self.tk.call("tk", "windowingsystem")
        has_alt = system in ("x11", "aqua") and int(event.state) & 0x0008  # on macOS: Command
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
        tab.conversation.menu.talk = self._talk_with_speaker
        tab.conversation.menu.more = lambda name: self.more_for(name)

    def _tab_selected(self, new: Tab) -> None:
        self.question.hide()  # it was about the other conversation
        self.panels.close()
        self.entry.use(new.draft)
        self._focus_entry()
        self._show_name()
        self._calls.selected(new)

    def _tab_named(self, tab: Tab) -> None:
        """The person of a tab has another name now: nothing may show the old one."""
        if tab is not self.tabs.current:
            return
        self._show_name()
        self._typed(self.entry.get())
        if self.question.text and self.question.text == self._question_shown:
            self._question_shown = self._question()
            self.question.say(self._question_shown)

    def _focus_entry(self) -> None:
        self.entry.focus_set()

    # --- building --------------------------------------------------------------------------------

    def _build_entry(self) -> None:
        self._bottom = ttk.Frame(self)
        self._name = ttk.Label(self._bottom, style="Bold.TLabel")
        self._to = ttk.Label(self._bottom, style="Bold.TLabel")
        self._room = ttk.Label(self._bottom, style="Muted.TLabel")
        calls = self._calls
        self.entry = Entry(
            self._bottom,
            self._theme,
            EntryCalls(self._send, calls.names, self.ask_about_lines, self._typed),
        )
        self._name.pack(side="left")
        self._to.pack(side="left")
        self._room.pack(side="right")
        self.entry.pack(side="left", fill="x", expand=True)

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        below_header, beside_people, above_entry = self._edges
        self.header.grid(row=0, column=0, columnspan=3, sticky="ew")
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
        self.bind("<Configure>", self._resized)
        for sequence in ("<Control-Prior>", "<Control-Next>"):  # they walk through the tabs
            self.entry.bind(sequence, lambda _: None)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self:
            self.people.limit(event.width // 4)
            self._show_name()

    def _restyle(self) -> None:
        unit = self._theme.unit
        self._name.pack_configure(padx=(3 * unit, 0))
        self._to.pack_configure(padx=(0, 2 * unit))
        self.entry.pack_configure(padx=(0, 3 * unit), pady=2 * unit)
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
        me = shortened(self._me, bold, pixels)
        self._name.configure(text=me, foreground=self._theme.name_colour(self._me))
        colour = self._theme.name_colour(person) if person else ""
        others = [tab.person for tab in self.tabs.shown()]
        short = fitting(person, others, lambda name: bold.measure(name) <= pixels)
        self._to.configure(text=f" → {short}" if person else "", foreground=colour)
        self.header.show_person(person)
