"""What can be done with a person, wherever their name stands; and whom one ignores.

Main thread only. In the list of people, on a tab, and on a line of theirs it is the same.
"""

import tkinter as tk
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from phase4.client.mentions import folded
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.ignoring import MAX_IGNORED, UNIGNORE, Ignoring, named_in
from phase4.client_gui.short_names import short_name
from phase4.client_gui.tabs import EVERYBODY, IGNORED, Tab
from phase4.widgets.list_panel import ListPanel, Row
from phase4.widgets.popup import Popup
from phase4.widgets.theme import Theme

Choice = tuple[str, Callable[[], object]]
"""What stands in a menu, and what it does."""

NOBODY = "You ignore nobody on this server."


@dataclass(frozen=True, slots=True)
class PersonCalls:
    """What is asked of the window."""

    talk: Callable[[str], object]
    """Talk with this person, in a tab of its own."""
    say: Callable[[str], object]
    """Show this sentence in the conversation."""
    me: Callable[[], str]
    people: Callable[[], Iterable[str]]
    """Those who are online."""


class PersonMenu:
    """Serves the names on `page`. What is ignored is remembered by `ignoring`."""

    def __init__(
        self, page: ChatPage, theme: Theme, ignoring: Ignoring, calls: PersonCalls
    ) -> None:
        self._popup = Popup(page, theme)
        self.menu = self._popup.menu
        self._page, self._ignoring, self._calls = page, ignoring, calls
        self.more_for_tab: Callable[[tk.Menu, Tab], object] = lambda *_: None
        """Called with the menu on a tab, to put more into it."""
        self.more_for_person: Callable[[str], Iterable[Choice]] = lambda _: ()
        """What else is offered for a name."""
        self.list = ListPanel(
            page,
            theme,
            "Stop ignoring",
            page.tabs,
            page.entry.focus_set,
            rows=self._rows,
            choose=self.stop,
            nothing=NOBODY,
            closes=False,
        )
        page.panels.add(self.list)
        page.people.is_ignored = page.tabs.is_ignored = ignoring.ignores
        page.people.ask, page.tabs.ask = self.ask_about, self.ask_about_tab
        page.more_for, page.does = self._choices_for, self.does
        page.panels.ask = self.ask_about

    def show_list(self) -> None:
        """Whom one ignores here; Return on a name ends it."""
        self._page.panels.toggle(self.list)

    def ask_about(self, name: str, x: int, y: int, by_key: bool) -> None:
        """Offer what can be done with somebody, at this place of the screen."""
        self._popup.clear()
        self._popup.add(f"Talk with {short_name(name)} alone", lambda: self._calls.talk(name))
        self._add_person(name)
        self._post(x, y, by_key)

    def ask_about_tab(self, tab: Tab, x: int, y: int, by_key: bool) -> None:
        """Offer what can be done with a conversation."""
        self._popup.clear()
        name = tab.person or EVERYBODY
        self._popup.add(f"Show {name}", lambda: self._page.tabs.select(tab))
        if tab.person:
            self._popup.add("Close the conversation", lambda: self._page.tabs.close(tab), "Ctrl W")
            self._add_person(tab.person)
        self.more_for_tab(self.menu, tab)
        self._popup.add("All conversations …", lambda: self._page.tabs.show_all(), "Ctrl K")
        self._post(x, y, by_key)

    def ignoring_of(self, name: str) -> Choice | None:
        """What a menu offers, to ignore somebody or to stop it; None where it is oneself."""
        if not name or name == self._calls.me():
            return None
        if self._ignoring.ignores(name):
            return f"Stop ignoring {short_name(name)}", lambda: self.stop(name)
        return f"Ignore {short_name(name)}", lambda: self.ignore(name)

    def ignore(self, name: str) -> None:
        """Show nothing of what they say, from now on."""
        if self._ignoring.ignore(name):
            self._calls.say(
                f"You ignore {short_name(name)}: what they say is not shown, and they are not "
                "told. The menu on the name ends it."
            )
        else:
            self._calls.say(f"You ignore {MAX_IGNORED} people already. Stop with one first.")
        self._page.show_ignored()

    def stop(self, name: str) -> None:
        """Show again what they say."""
        count = self._ignoring.stop(name)
        lines = "one line was" if count == 1 else f"{count:,} lines were"
        hidden = f" Meanwhile {lines} not shown." if count else ""
        self._calls.say(f"You do not ignore {short_name(name)} any more.{hidden}")
        self._page.show_ignored()

    def does(self, line: str) -> bool:
        """Do what is typed as a command: `/ignore NAME`. Whether it is one."""
        if (found := named_in(line)) is None:
            return False
        command, names = found
        self._page.panels.close()  # the answer is to be seen
        if not names:
            self.show_list()
        for name in names:
            self._do(command, name)
        return True

    def _do(self, command: str, name: str) -> None:
        ends = command == UNIGNORE
        people = self._ignoring.names if ends else self._calls.people()
        spelled = next((each for each in people if folded(each) == folded(name)), "")
        if not spelled or spelled == self._calls.me():
            why = "You do not ignore anybody" if ends else "Nobody else here is"
            self._calls.say(f"{why} called {short_name(name)}.")
        elif ends:
            self.stop(spelled)
        else:
            self.ignore(spelled)

    def _add_person(self, name: str) -> None:
        if choice := self.ignoring_of(name):
            self._popup.add(*choice)
        self._popup.add("Copy the name", lambda: self._copy(name))
        choices = [*self.more_for_person(name)]
        if choices:
            self.menu.add_separator()
        for choice in choices:
            self._popup.add(*choice)

    def _choices_for(self, name: str) -> list[Choice]:
        """What is offered for whoever said a line."""
        ignoring = self.ignoring_of(name)
        return [*([ignoring] if ignoring else []), *self.more_for_person(name)]

    def _rows(self, sought: str) -> list[Row]:
        names = [name for name in self._ignoring.names if sought in folded(name)]
        return [(name, f"{IGNORED} {name}", self._what(name), "") for name in names]

    def _what(self, name: str) -> str:
        """How many lines were hidden, and that Return ends it."""
        count = self._ignoring.hidden(name)
        return f"{count:,} hidden" if count else ""

    def _copy(self, text: str) -> None:
        self.menu.clipboard_clear()
        self.menu.clipboard_append(text)

    def _post(self, x: int, y: int, by_key: bool) -> None:
        (self._popup.post_by_key if by_key else self._popup.post)(x, y)
