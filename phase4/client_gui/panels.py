"""What lies over the conversation when it is asked for: its keys, a list of all conversations.

Main thread only. One at a time.
"""

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phase4.client_gui.switching import MOST_CHOICES, Choice, choices
from phase4.client_gui.tabs import EVERYBODY, GONE, HERE, IGNORED, Tab, Tabs
from phase4.widgets.actions import OTHER_KEYS, Action, key_groups
from phase4.widgets.key_panel import KeyPanel
from phase4.widgets.list_panel import ListPanel, Row
from phase4.widgets.panel import Panel
from phase4.widgets.theme import Theme

_EVERYBODY_KEY = " everybody"  # no name has a blank


@dataclass(frozen=True, slots=True)
class PanelCalls:
    """What the panels ask of the window."""

    names: Callable[[], Sequence[str]]
    """The people online."""
    open_person: Callable[[str], object]
    leave: Callable[[], object]
    """The keyboard goes to where people type."""


class Panels:
    """Over the tabs of `page`."""

    def __init__(self, page: tk.Misc, theme: Theme, tabs: Tabs, calls: PanelCalls) -> None:
        self._page, self._theme, self._tabs, self._calls = page, theme, tabs, calls
        self._keys: KeyPanel | None = None
        self._all: list[Panel] = []
        self.conversations = ListPanel(
            page,
            theme,
            "Talk with",
            tabs,
            self._leave,
            rows=self._rows,
            choose=self._choose,
            nothing="Nobody here is called so.",
        )
        self.conversations.ask = self._ask
        self.ask: Callable[[str, int, int, bool], object] = lambda *_: None
        """What can be done with somebody in the list: as for People."""
        self.add(self.conversations)
        tabs.show_all = self.show_conversations

    def set_actions(self, actions: Sequence[Action]) -> None:
        """These are the keys to show."""
        groups = key_groups(actions, OTHER_KEYS)
        self._keys = KeyPanel(self._page, self._theme, groups, self._tabs, self._leave)
        self.add(self._keys)

    def add(self, panel: Panel) -> None:
        """One more that `toggle` is called with."""
        self._all.append(panel)

    @property
    def keys(self) -> KeyPanel:
        """F1's."""
        assert self._keys is not None
        return self._keys

    def show_keys(self) -> None:
        """Every key; again: away with them."""
        self.toggle(self.keys)

    def show_conversations(self) -> None:
        """A list of all conversations, and of the people online; again: away with it."""
        self.toggle(self.conversations)

    def parts(self) -> Iterator[tk.Misc]:
        """Where F6 leads."""
        yield from (panel.field for panel in self._all if panel.is_open)

    def close(self) -> None:
        """The conversation is to be seen."""
        for panel in self._all:
            panel.close()

    def show_ignored(self) -> None:
        """Somebody is ignored now, or is not any more."""
        for panel in self._all:
            if panel.is_open:
                panel.show_filtered()

    def toggle(self, panel: Panel) -> None:
        """Open this one, in the place of any other; or close it."""
        for other in self._all:
            if other is not panel:
                other.close()  # and the keyboard goes back, for this one to give back again
        panel.toggle()

    def _leave(self) -> None:
        self._calls.leave()

    # --- the list of conversations ----------------------------------------------------------------

    def _rows(self, sought: str) -> list[Row]:
        found = choices(map(self._choice, self._tabs), self._calls.names(), sought)
        return [self._row(each) for each in found[:MOST_CHOICES]]

    def _choice(self, tab: Tab) -> Choice:
        return Choice(
            tab.person,
            tab.person or EVERYBODY,
            tab.unread,
            is_here=tab.is_here,
            is_open=tab in self._tabs.shown(),
            is_front=tab is self._tabs.current,
        )

    def _choose(self, key: str) -> None:
        if key == _EVERYBODY_KEY:
            self._tabs.select(self._tabs.main)
            self._leave()
        else:
            self._calls.open_person(key)

    def _row(self, choice: Choice) -> Row:
        name, sign = choice.person, HERE if choice.is_here else GONE
        sign = IGNORED if self._tabs.is_ignored(name) else sign
        what = f"{choice.unread:,} new" if choice.unread else ""
        if choice.is_front:
            what = "in front"
        elif not choice.is_open:
            what = "online" if choice.is_here else "closed"
        shown = f"{sign} {choice.name}" if name else choice.name
        return name or _EVERYBODY_KEY, shown, what, name

    def _ask(self, key: str, x: int, y: int, by_key: bool) -> None:
        if key != _EVERYBODY_KEY:
            self.ask(key, x, y, by_key)
