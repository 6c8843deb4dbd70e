"""The ways to what calls: keys, a list of mentions, what can be chosen, the menu on a tab.

Main thread only.
"""

import tkinter as tk
from collections.abc import Iterator

from phase4.client.mentions import folded
from phase4.client_gui.call_panel import LEVEL_LABELS, CallPanel
from phase4.client_gui.called import Called
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.levels import LEVELS
from phase4.client_gui.mention_list import Mention
from phase4.client_gui.person_menu import PersonMenu
from phase4.client_gui.tabs import EVERYBODY, Tab
from phase4.widgets.actions import Action
from phase4.widgets.list_panel import ListPanel, Row
from phase4.widgets.theme import Theme

MAX_TEXT_CHARACTERS = 200
"""Of a mention in the list: one row shows no more of it."""

GONE = "That line is not kept any more."
NOTHING = "Nobody has said your name yet, or a word of yours."


class CallMenu:
    """Puts two panels over the conversations of `page`, and choices into the menu on a tab."""

    def __init__(
        self, page: ChatPage, theme: Theme, called: Called, person_menu: PersonMenu
    ) -> None:
        self._page = page
        self._called = called
        # By the id of its row.
        self._listed: dict[str, Mention[Tab]] = {}
        # The level that the menu on a tab shows.
        self._level = tk.StringVar(page)
        leave = page.entry.focus_set
        self.choices = CallPanel(page, theme, page.tabs, called, leave)
        self.mentions = ListPanel(
            page,
            theme,
            "Mentions",
            page.tabs,
            leave,
            rows=self._rows,
            choose=self._go,
            nothing=NOTHING,
        )
        for panel in (self.choices, self.mentions):
            page.panels.add(panel)
        called.mentioned = self._show_newest
        person_menu.more_for_tab = self._add_levels

    def actions(self) -> Iterator[Action]:
        """For the menu of the window."""
        up, down = ("<Alt-Up>",), ("<Alt-Down>",)
        toggle = self._page.panels.toggle
        yield Action(
            "Mention above, or first new line",
            "Alt Up",
            up,
            lambda: self._step(-1),
            starts_group=True,
        )
        yield Action("Next mention", "Alt Down", down, lambda: self._step(1))
        yield Action("Mentions …", "Ctrl M", ("<Control-m>",), lambda: toggle(self.mentions))
        yield Action(
            "What calls you: words, bell, notifications …",
            "Ctrl Shift M",
            ("<Control-Shift-m>",),
            lambda: toggle(self.choices),
        )

    def _step(self, step: int) -> None:
        self._page.panels.close()  # the line is to be seen
        self._called.step(step)

    # --- the list of mentions -------------------------------------------------------------------

    def _rows(self, sought: str) -> list[Row]:
        """The newest first: time, who said what, and in which conversation."""
        self._listed = {}
        kept = [*self._page.tabs]
        rows: list[Row] = []
        for mention in reversed([*self._called.mentions]):
            line, where = mention.shown.line, mention.where.person or EVERYBODY
            text = f"{line.time[:5]}  {line.name}: {line.text.strip()[:MAX_TEXT_CHARACTERS]}"
            if mention.where in kept and sought in folded(f"{text} {where}"):
                key = str(len(rows))
                self._listed[key] = mention
                rows.append((key, text, where, line.person))
        return rows

    def _go(self, key: str) -> None:
        if not self._called.go(self._listed[key]):
            self._called.say(GONE)

    def _show_newest(self) -> None:
        """Another one has come. Where somebody has gone down the list, it stays as it is."""
        panel = self.mentions
        if panel.is_open and panel.tree.selection() == panel.shown[:1]:
            panel.show_filtered()

    # --- the menu on a tab ----------------------------------------------------------------------

    def _add_levels(self, menu: tk.Menu, tab: Tab) -> None:
        now = self._called.level(tab)
        self._level.set(now)
        menu.add_separator()
        for level in LEVELS:
            menu.add_radiobutton(
                label=LEVEL_LABELS[level],
                accelerator="✓" if level == now else "",  # Tk's own sign is a dot of two pixels
                variable=self._level,
                value=level,
                command=lambda level=level: self._called.choose_level(tab, level),  # type: ignore[misc]
            )
        menu.add_separator()
