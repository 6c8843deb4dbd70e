"""The conversations, each in a tab: one with everybody, and one with each person talked to.

Main thread only. A tab that is closed keeps what it holds, and has it again when it is opened; the
number of both has a bound, so no server can fill the window, or the memory, with names.
"""

import sys
import tkinter as tk
from collections import deque
from collections.abc import Callable, Collection, Iterator
from tkinter import ttk

from phase4.client_gui.levels import Level
from phase4.client_gui.tab_row import Cell, RowCalls, TabRow
from phase4.client_gui.typing_aids import Draft
from phase4.widgets.actions import Action
from phase4.widgets.conversation import Conversation
from phase4.widgets.news import NewsRule
from phase4.widgets.pieces import FocusRing
from phase4.widgets.stops import Stops
from phase4.widgets.theme import Theme
from shared.defaults import MAX_NAME_CHARACTERS
from shared.request import Say, Whisper, as_said, parse

MAX_PRIVATE_TABS = 20
"""More cannot be told apart in a row of tabs. Each holds as much as a conversation may."""

MAX_UNANSWERED = 1_000
"""Private lines of which the server's echo is still to come."""

EVERYBODY = "Everybody"

HERE, GONE, IGNORED = "●", "○", "✕"
"""Before the name of somebody who is online, or is not, or is ignored."""


class Tab:
    """One conversation: with `person`, or with everybody where that is empty."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, open_link: Callable[[str], None], person: str
    ) -> None:
        self.person = person
        self.is_here = True
        self.unread = 0
        self.called = 0
        """So many of the unread call."""
        self.level: Level | None = None
        """Which lines call here. It goes with the person; None: nobody has asked yet."""
        self.draft = Draft()
        self.unanswered: deque[Whisper] = deque(maxlen=MAX_UNANSWERED)
        self.frame = FocusRing(parent, theme, "page")
        self.conversation = Conversation(self.frame, theme, open_link)
        self.news = NewsRule(self.conversation.text)
        self.stops = Stops(self.conversation, self.news)
        self.frame.surround(self.conversation, self.conversation.text)

    @property
    def exists(self) -> bool:
        """Whether it has not been let go of, to make way for another."""
        return bool(self.frame.winfo_exists())

    def line_to_send(self, text: str, is_here: Callable[[str], bool]) -> str:
        """What goes to the server when `text` is typed here: what is said is for this person."""
        text = as_said(text)
        match parse(text, is_here):
            case Say(said) if self.person:
                return f"/pm {self.person} {said}"
        return text

    def line_to_type(self, said: str, is_here: Callable[[str], bool]) -> str:
        """What has to be typed here to say this to the person, whatever it begins with."""
        for text in (said, said[:1] + said):
            if parse(text, is_here) == Say(said):
                return text
        return f"/pm {self.person} {said}"

    def has_person(self, name: str) -> bool:
        """Whether it is a conversation with somebody of this name."""
        return bool(self.person) and self.person.casefold() == name.casefold()


class Tabs(ttk.Frame):
    """`selected` is called with the tab that has come to the front, `made` with each new one.

    `named` is called with a tab whose person has another name now.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        open_link: Callable[[str], None],
        selected: Callable[[Tab], None],
        made: Callable[[Tab], None] = lambda _: None,
        named: Callable[[Tab], None] = lambda _: None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open_link = open_link
        self._selected = selected
        self._made = made
        self._named = named
        self.is_ignored: Callable[[str], bool] = lambda _: False
        self.show_all: Callable[[], object] = lambda: None
        """Called when all conversations are asked for."""
        self.leave: Callable[[], object] = lambda: None
        """Called when the keyboard is to go from the row to where people type."""
        self.ask: Callable[[Tab, int, int, bool], object] = lambda *_: None
        """Called with a tab, x and y, when it is asked what can be done with it; at last, whether
        a key has asked."""
        self.row = TabRow(
            self,
            theme,
            RowCalls(
                choose=self.go,
                close=self._close_number,
                walk=self.walk,
                leave=lambda: self.leave(),
                show_all=lambda: self.show_all(),
                ask=lambda at, x, y, by_key: self.ask(self._shown[at], x, y, by_key),
            ),
        )
        self._edge = ttk.Frame(self, style="Line.TFrame", height=1)
        self._pages = ttk.Frame(self)
        self._pages.pack(side="bottom", fill="both", expand=True)
        self.main = Tab(self._pages, theme, open_link, "")
        # By name, case folded. The one that was closed latest stands last.
        self._private: dict[str, Tab] = {}
        self._shown = [self.main]
        self.current = self.main
        self.main.frame.pack(fill="both", expand=True)
        self._prepare(self.main)
        theme.on_change(self._label_all)

    # --- finding --------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Tab]:
        """All, the closed ones too."""
        yield self.main
        yield from self._private.values()

    def shown(self) -> list[Tab]:
        """Those in the row, from left to right."""
        return [*self._shown]

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands in the row."""
        return self.row.labels

    def place_of(self, tab: Tab) -> tk.Widget:
        """Where in the row it is clicked."""
        return self.row.place_of(self._shown.index(tab))

    def find(self, person: str) -> Tab | None:
        """The tab of this person, open or closed."""
        return self._private.get(person.casefold())

    @property
    def unread(self) -> int:
        """Messages that nobody has seen, in all tabs but those that are silent."""
        return sum(tab.unread for tab in self if tab.level != "off")

    @property
    def called(self) -> int:
        """So many of them call."""
        return sum(tab.called for tab in self)

    # --- opening, walking, closing --------------------------------------------------------------

    def open(self, person: str) -> Tab | None:
        """The tab of this person, in the row; None where there is no space for another one."""
        tab = self.find(person)
        if tab is None:
            if not person or len(person) > MAX_NAME_CHARACTERS or not self._make_space():
                return None
            tab = Tab(self._pages, self._theme, self._open_link, person)
            self._private[person.casefold()] = tab
            self._prepare(tab)
        if tab not in self._shown:
            self._shown.append(tab)
            self._label_all()
        self.spell(person)
        return tab

    def select(self, tab: Tab) -> None:
        """Bring `tab` to the front, and tell `selected` if it was not there."""
        if tab is not self.current:
            self.current.frame.pack_forget()
            self.current = tab
            tab.frame.pack(fill="both", expand=True)
            self._label_all()
            self._selected(tab)

    def walk(self, step: int) -> None:
        """Go to the next tab (1), or the one before (-1); after the last comes the first."""
        self.select(self._shown[(self._shown.index(self.current) + step) % len(self._shown)])

    def go(self, number: int) -> None:
        """Go to the tab with this number, counted from 0, if there is one."""
        if number < len(self._shown):
            self.select(self._shown[number])

    def close(self, tab: Tab) -> None:
        """Take it out of the row. That of everybody stays."""
        if tab is self.main or tab not in self._shown:
            return
        if tab is self.current:
            self.select(self._shown[self._shown.index(tab) - 1])
        self._shown.remove(tab)
        tab.unread = tab.called = 0
        key = tab.person.casefold()
        self._private[key] = self._private.pop(key)
        self._label_all()

    def _close_number(self, number: int) -> None:
        self.close(self._shown[number])

    def _make_space(self) -> bool:
        """Let go of a tab if there are too many; whether there is space then.

        It is the one that was closed first, of those in which nothing is being typed.
        """
        if len(self._private) < MAX_PRIVATE_TABS:
            return True
        unused = (tab for tab in self._private.values() if not tab.draft.typed)
        closed = next((tab for tab in unused if tab not in self._shown), None)
        if closed is not None:
            self._drop(closed)
        return closed is not None

    def _drop(self, tab: Tab) -> None:
        self.close(tab)
        del self._private[tab.person.casefold()]
        tab.frame.destroy()

    # --- what happens to people -----------------------------------------------------------------

    def spell(self, name: str) -> None:
        """Somebody has this name, perhaps spelled in another way than before."""
        if (tab := self.find(name)) is not None and tab.person != name:
            tab.person = name
            self._label_all()
            self._named(tab)

    def rename(self, old: str, new: str) -> None:
        """`old` goes by `new` now: the tab goes with the person."""
        if (tab := self.find(old)) is None:
            return
        other = self.find(new)
        del self._private[old.casefold()]
        tab.person = new
        if other is not None and other is not tab:  # of somebody called so before, who left
            self._replace(other, tab)
        self._private[new.casefold()] = tab
        self._label_all()
        self._named(tab)

    def _replace(self, old: Tab, new: Tab) -> None:
        """Let go of `old`. What was typed there is at Up, and never goes into everybody's entry."""
        if old is self.current:
            if new not in self._shown:
                self._shown.append(new)
            self.select(new)
            new.draft.is_doubtful = old.draft.is_doubtful  # one may be in the middle of a word
        if old.draft.text:
            new.draft.history.keep(old.draft.text)
        self._drop(old)

    def show_people(self, names: Collection[str]) -> None:
        """Show on each tab whether its person is among these."""
        online = set(names)
        for tab in self._private.values():
            tab.is_here = tab.person in online
        self._label_all()

    def show_ignored(self) -> None:
        """Somebody is ignored now, or is not any more."""
        self._label_all()

    def count(self, tab: Tab, number: int, called: int = 0) -> None:
        """So many messages came there, and nobody has seen them; so many of them call."""
        tab.unread += number
        tab.called += called
        self._label_all()

    def set_level(self, tab: Tab, level: Level) -> None:
        """Let other lines call there than before. What has been counted calls no more, or still."""
        tab.level = level
        tab.called = 0 if level == "off" else tab.called
        self._label_all()

    def saw(self, tab: Tab) -> None:
        """All of it has been seen."""
        if tab.unread:
            tab.unread = tab.called = 0
            self._label_all()

    # --- the row --------------------------------------------------------------------------------

    def _prepare(self, tab: Tab) -> None:
        """Bind the keys that walk: the Text has another meaning for them."""
        self._made(tab)
        text = tab.conversation.text
        for sequence, step in (("<Control-Next>", 1), ("<Control-Prior>", -1)):
            text.bind(sequence, lambda _, step=step: self._walk_and_stop(step))  # type: ignore[misc]

    def _walk_and_stop(self, step: int) -> str:
        self.walk(step)
        return "break"

    def _label_all(self) -> None:
        self.row.show([self._cell(tab) for tab in self._shown])
        # A row of one tab says nothing; without it there is more space to read.
        if len(self._shown) == 1:
            self.row.pack_forget()
            self._edge.pack_forget()
        elif not self.row.winfo_manager():
            self.row.pack(side="top", fill="x")
            self._edge.pack(side="top", fill="x")

    def _cell(self, tab: Tab) -> Cell:
        sign = HERE if tab.is_here else GONE
        sign = f"{IGNORED if self.is_ignored(tab.person) else sign} " if tab.person else ""
        name, is_front = tab.person or EVERYBODY, tab is self.current
        return Cell(sign, name, tab.unread, is_front, tab.called, tab.level == "off")


def tab_actions(tabs: Tabs) -> Iterator[Action]:
    """To walk through the conversations, to choose from all, and to close one."""
    x11 = sys.platform not in ("win32", "darwin")  # where Shift makes another key of Tab
    shift_tab = "<Control-ISO_Left_Tab>" if x11 else "<Control-Shift-Tab>"
    forth, back = ("<Control-Tab>", "<Control-Next>"), (shift_tab, "<Control-Prior>")
    close = ("<Control-w>",)
    yield Action("Next conversation", "Ctrl Tab", forth, lambda: tabs.walk(1), starts_group=True)
    yield Action("Conversation before", "Ctrl Shift Tab", back, lambda: tabs.walk(-1))
    yield Action("All conversations …", "Ctrl K", ("<Control-k>",), lambda: tabs.show_all())
    yield Action("Close the conversation", "Ctrl W", close, lambda: tabs.close(tabs.current))
