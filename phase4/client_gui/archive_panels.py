"""What was said long ago, over the conversation: what was found, and what was said around it.

Main thread only.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import date
from tkinter import ttk

from phase4.client_gui.archive_search import ArchiveSearch
from phase4.client_gui.chat_page import ChatPage
from phase4.widgets.conversation import Conversation
from phase4.widgets.keys import only
from phase4.widgets.lines import Line, line_of_day
from phase4.widgets.list_panel import ListPanel, Row
from phase4.widgets.news import NewsRule
from phase4.widgets.panel import Panel
from phase4.widgets.shown import HEAD
from phase4.widgets.stops import Stops
from phase4.widgets.theme import Theme
from shared.message import Earlier

MAX_TEXT_CHARACTERS = 200
"""Of a line in the list: one row shows no more of it."""


class FoundPanel(ListPanel):
    """The words that are looked for, and what was found. Return searches, and then chooses."""

    def __init__(
        self,
        page: tk.Misc,
        theme: Theme,
        over: tk.Misc,
        leave: Callable[[], None],
        search: ArchiveSearch,
        hides: Callable[[str], bool],
    ) -> None:
        """`hides(name)`: whether nothing of this person is shown."""
        self._search = search
        self._hides = hides
        super().__init__(
            page,
            theme,
            "Said before",
            over,
            leave,
            rows=self._found,
            choose=lambda key: search.open(int(key)),
            nothing="",
            closes=False,
        )
        self.said = ttk.Label(self.body, style="Muted.TLabel")
        self.said.grid(row=1, column=0, columnspan=2, sticky="w", padx=3 * theme.unit)
        self.body.bind("<Configure>", self._resized)
        search.changed = self._changed

    def look_for(self, words: str) -> None:
        """Open it with these words, and search at once where there are any."""
        if not self.is_open:
            self.open()
        self._text.set(words or self._search.words)
        self.field.icursor("end")
        self.field.select_range(0, "end")
        if words and words != self._search.words:
            self._search.search(words)
        self._changed()

    def accept(self) -> None:
        """Search for what was typed; where that is what was found, read around what is marked."""
        typed = " ".join(self._text.get().split())
        if typed != self._search.words or not self._search.hits:
            self._search.search(typed)
        else:
            super().accept()

    def _changed(self) -> None:
        if self.is_open:
            self.show_filtered()
            hidden = sum(self._hides(each.sender) for each in self._search.hits)
            told = f"Lines of people whom you ignore, not shown: {hidden}." if hidden else ""
            self.said.configure(text=f"{self._search.status} {told}".strip())

    def _found(self, _: str) -> list[Row]:
        return [self._row(each) for each in self._search.hits if not self._hides(each.sender)]

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        self.said.configure(wraplength=event.width - 6 * self._theme.unit)

    def _restyle_list(self) -> None:
        super()._restyle_list()
        body = self._theme.body
        self.tree.column("#0", minwidth=body.measure("m" * 6))
        self.tree.column("what", width=body.measure("2026-11-20m"))

    def _row(self, hit: Earlier) -> Row:
        text = hit.text.strip()[:MAX_TEXT_CHARACTERS]
        is_of_this_year = hit.at.startswith(f"{date.today():%Y}-")
        when = hit.at[5:16] if is_of_this_year else hit.at[:10]
        return str(hit.number), f"{hit.sender}: {text}", when, hit.sender


class AroundPanel(Panel):
    """What was said around a line. Escape leads back to what was found."""

    def __init__(
        self,
        page: tk.Misc,
        theme: Theme,
        over: tk.Misc,
        leave: Callable[[], None],
        open_link: Callable[[str], None],
    ) -> None:
        # What a panel filters with; None: not made yet. There is nothing to filter here.
        self._filter: ttk.Entry | None = None
        super().__init__(page, theme, "Said before", over, leave)
        self._filter = self.field
        self._filter.grid_remove()
        self._open_link = open_link
        self._conversation: Conversation | None = None
        self.body.rowconfigure(0, weight=1)
        self.body.columnconfigure(0, weight=1)

    @property
    def conversation(self) -> Conversation:
        """What was said."""
        assert self._conversation is not None
        return self._conversation

    def show_filtered(self) -> None:
        """Nothing is filtered here."""

    def _restyle(self) -> None:
        shown, self.field = self.field, self._filter or self.field
        super()._restyle()
        self.field.grid_remove()
        self.field = shown

    def read(self, lines: Sequence[Line], hit: int) -> None:
        """Show these lines, the one at this place marked."""
        if self._conversation is not None:
            self._conversation.destroy()
        shown = Conversation(self.body, self._theme, self._open_link)
        shown.grid(row=0, column=0, sticky="nsew")
        self._conversation = shown
        self.field = shown.text  # type: ignore[assignment]
        shown.text.bind("<Escape>", only(self.close))
        self.open()
        self.update_idletasks()
        days = [line_of_day(each.day) for each in lines[:1] if each.day]
        kept = [each for each in shown.add([*days, *lines]) if each.line.person]
        kept = [each for each in kept if each.role != HEAD]
        Stops(shown, NewsRule(shown.text)).go(kept[hit].number)


class ArchivePanels:
    """Both, over the conversations of a page."""

    def __init__(
        self,
        page: ChatPage,
        theme: Theme,
        search: ArchiveSearch,
        line_of: Callable[[Earlier], Line],
        hides: Callable[[str], bool],
        open_link: Callable[[str], None],
    ) -> None:
        leave = page.entry.focus_set
        self.found = FoundPanel(page, theme, page.tabs, leave, search, hides)
        self.around = AroundPanel(page, theme, page.tabs, self._back, open_link)
        self._page = page
        self._line_of = line_of
        self._hides = hides
        for panel in (self.found, self.around):
            page.panels.add(panel)
        search.came = self._read

    def look_for(self, words: str) -> None:
        """Look for these words in what was said long ago."""
        self._page.panels.close()
        self.found.look_for(words)

    def _back(self) -> None:
        self.found.field.focus_set()

    def _read(self, hit: Earlier, around: Sequence[Earlier]) -> None:
        if self.found.is_open:
            shown = [each for each in around if each == hit or not self._hides(each.sender)]
            self.around.read([*map(self._line_of, shown)], shown.index(hit))
