"""Finding in a conversation: the bar, the hits, and the marks on them. Main thread only."""

import itertools
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.widgets.find import Finder
from phase4.widgets.find_bar import FindBar
from phase4.widgets.shown import Shown
from phase4.widgets.soon import Soon
from phase4.widgets.theme import Theme
from phase4.widgets.transcript import Transcript

MARKED_AT_ONCE = 500
"""Hits that are marked, of those in sight. Someone may send a page of the one letter that is
sought."""


class Search:
    """Looks through the lines of `text`. Its bar stands in row 1 of `frame` while it is open."""

    def __init__(
        self,
        frame: ttk.Frame,
        text: Transcript,
        theme: Theme,
        selected: Callable[[], str],
        moved: Callable[[], None],
    ) -> None:
        """`selected()`: what to look for at first; `moved` is called after the view was moved."""
        self._text = text
        self._selected = selected
        self._moved = moved
        self._finder = Finder()
        # Whether anything is marked as found.
        self._has_marks = False
        # What the bar took the keyboard from.
        self._focus_before: tk.Misc | None = None
        self._soon = Soon(frame)
        self.bar = FindBar(frame, theme, search=self._search, step=self.step, close=self.close)

    def stop(self) -> None:
        """Do nothing more: the window is about to go."""
        self._soon.cancel()

    @property
    def _is_open(self) -> bool:
        return bool(self.bar.winfo_manager())

    # --- what the person does -------------------------------------------------------------------

    def open(self) -> None:
        """Open the bar, or take the keyboard to it; what is selected is looked for."""
        selected = self._selected()
        if not self._is_open:
            self._focus_before = self._focus()
            self.bar.grid(row=1, column=0, columnspan=2, sticky="ew")
        self.bar.open("" if "\n" in selected else selected.strip())
        self._search(self.bar.text)

    def step(self, step: int) -> None:
        """To the next hit (1), or the one before (-1), round the ends. With no bar, open it."""
        if not self._is_open:
            self.open()
            return
        self._finder.step(step)
        self._show_hit()

    def close(self) -> None:
        """Close the bar; the keyboard goes back to where it was."""
        if not self._is_open:
            return
        self.bar.grid_remove()
        self._search("")
        before, self._focus_before = self._focus_before, None
        if before is not None and before.winfo_exists() and before.winfo_viewable():
            before.focus_set()
        else:
            self._text.focus_set()

    def _focus(self) -> tk.Misc | None:
        try:
            return self._text.focus_get()
        except KeyError:  # a part of Tk's own, such as an open menu
            return None

    # --- lines come and go ----------------------------------------------------------------------

    def add(self, new: Sequence[Shown]) -> None:
        """These have come below the others."""
        if not self._is_open:
            return
        if self._text.lines[-1] is not new[-1] or any(each.role for each in new):
            self.again()  # they stand above late ones, or have made others a part of a block
            return
        self._finder.add([(each.number, each.text) for each in new])
        self._finder.forget_before(self._text.oldest)
        self._show_summary()

    def again(self) -> None:
        """Lines have changed that are not the newest."""
        if self._is_open:
            now = self._finder.now
            self._finder.search(self.bar.text, self._all(), now.line if now else 0)
            self._show_summary()

    def _search(self, needle: str) -> None:
        lines = self._text.lines
        last = lines[self._text.in_sight()[1]].number if lines else 0
        self._finder.search(needle, self._all(), last)
        self._show_hit()

    def _all(self) -> list[tuple[int, str]]:
        return [(each.number, each.text) for each in self._text.lines]

    # --- what is seen ---------------------------------------------------------------------------

    def _show_hit(self) -> None:
        """Bring the hit that is shown into sight."""
        self._show_summary()
        if self._finder.now is not None:
            marks = self._text.marks(self._finder.now, self._text.tops())
            for start, _ in itertools.islice(marks, 1):
                self._text.see(start)
            self._moved()

    def _show_summary(self) -> None:
        hits = self._finder
        self.bar.show(hits.summary, is_found=bool(hits.now) or not self.bar.text)
        self.mark_soon()

    def mark_soon(self) -> None:
        """Something else may be in sight: mark what is found there."""
        if self._is_open or self._has_marks:
            self._soon.do("mark", self._mark)

    def _mark(self) -> None:
        """Mark the hits that are in sight, and only those: there may be thousands."""
        text = self._text
        for tag in ("found", "found_now"):
            text.tag_remove(tag, "1.0", "end")
        self._has_marks = bool(self._finder.hits)
        if not self._has_marks:
            return
        tops = text.tops()
        first, last = (text.lines[at].number for at in text.in_sight())
        hits = self._finder.hits_between(first, last)
        now = self._finder.now
        for hit in hits[-MARKED_AT_ONCE:]:
            for start, end in text.marks(hit, tops):
                text.tag_add("found", start, end)
        for start, end in text.marks(now, tops) if now is not None and now in hits else ():
            text.tag_add("found_now", start, end)
