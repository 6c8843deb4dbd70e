"""The conversation: what is said is read, found, copied and clicked here. Main thread only.

It follows the newest line, unless somebody reads further up: then it stays put, and a button leads
back down. Ctrl+F finds. The lines themselves, and how many are kept, are the `transcript`'s.

There may be several in one window. Each stands by itself, and does nothing while nothing happens.
"""

import itertools
import tkinter as tk
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from tkinter import ttk

from phase4.widgets import bidi
from phase4.widgets.context_menu import ContextMenu
from phase4.widgets.drawn_apart import in_words, in_words_while_typed
from phase4.widgets.find import Finder
from phase4.widgets.find_bar import FindBar
from phase4.widgets.keys import bind_keys
from phase4.widgets.lines import Line
from phase4.widgets.shown import FAILED, WAITING, Shown
from phase4.widgets.soon import Soon
from phase4.widgets.theme import Theme
from phase4.widgets.transcript import LEFT_OUT, LINES_CUT_AT_ONCE, MAX_LINES, Transcript

__all__ = ["LEFT_OUT", "LINES_CUT_AT_ONCE", "MAX_LINES", "Conversation"]

MARKED_AT_ONCE = 500
"""Hits that are marked, of those in sight. Someone may send a page of the one letter that is
sought."""


class Conversation(ttk.Frame):
    """Shows lines. `open_link` is called with a link that was clicked, and only then."""

    def __init__(self, parent: tk.Misc, theme: Theme, open_link: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open_link = open_link
        self._is_x11 = self.tk.call("tk", "windowingsystem") == "x11"
        # Whether the newest line is to stay in sight.
        self._follows = True
        # How many lines came while somebody read further up.
        self._unseen = 0
        self._pressed_link = ""
        self._finder = Finder()
        # Whether anything is marked as found.
        self._has_marks = False
        # What the find bar took the keyboard from.
        self._focus_before: tk.Misc | None = None
        self._soon = Soon(self)
        self.text = Transcript(self, theme, self._redrawn)
        self.menu = ContextMenu(self.text, theme, open_link, self.copy_selection)
        self._scrollbar = ttk.Scrollbar(self, command=self._scrolled_by_bar)
        self.jump = ttk.Button(
            self, style="Accent.TButton", command=self.jump_to_newest, takefocus=False
        )
        self._bar = FindBar(
            self, theme, search=self._search, step=self._step, close=self.close_find
        )
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        self._soon.cancel()
        super().destroy()

    # --- lines --------------------------------------------------------------------------------

    def add(self, lines: Sequence[Line], *, waiting: bool = False) -> list[Shown]:
        """Show lines below the others; many at once cost less than one by one. What is kept.

        Those that are `waiting` are marked so until `confirm`, `forget_waiting` or `fail_waiting`.
        """
        if not lines:
            return []
        self._look()
        new = self.text.add(lines, WAITING if waiting else "")
        self._unseen += 0 if self._follows else len(lines)
        self._show_newest()
        self._find_in(new)
        self._explain(new)
        return new

    @property
    def waiting(self) -> int:
        """The number of lines that wait."""
        return len(self.text.waiting)

    def confirm(self, count: int | None = None, time: str = "", day: date | None = None) -> None:
        """The oldest `count` waiting lines (None: all) wait no more; they went at `time`."""
        self.text.settle(self.text.waiting[:count], "", time, day)
        self._search_again()

    def fail_waiting(self, count: int | None = None) -> None:
        """The oldest `count` waiting lines (None: all) were not sent, and are marked so."""
        self.text.settle(self.text.waiting[:count], FAILED)
        self._search_again()

    def forget_waiting(self, count: int | None = None) -> None:
        """Take out the oldest `count` waiting lines (None: all)."""
        self.text.take_out(self.text.waiting[:count])
        self._search_again()

    def shown(self) -> str:
        """All that is kept, a line for each, with two blanks between the columns."""
        said = (each.text for each in self.text.lines if not each.is_rule)
        return "".join(f"{text}\n" for text in said).replace("\t", "  ")

    def explain_typed(self, text: str) -> None:
        """Say once what cannot be drawn here as it should be, of what is being typed."""
        if self._is_x11:
            self._tell_once(in_words_while_typed(text))

    def _explain(self, new: Sequence[Shown]) -> None:
        """Say once what comes and cannot be drawn here as it should be, and how that is mended."""
        if self._is_x11:
            for each in new:
                lacks = [bidi.HOW_TO_GET_IT] * (self.text.lacks_rtl and each.must_be_turned)
                self._tell_once([*lacks, *in_words(each.line.text)], each.line.time)

    def _tell_once(self, sentences: Iterable[str], time: str = "") -> None:
        news = [each for each in sentences if each not in self._theme.told]
        self._theme.told.update(news)
        self.add([Line("notice", time, "*", each) for each in news])

    # --- what is in sight ----------------------------------------------------------------------

    def jump_to_newest(self) -> None:
        """Go down to the newest line, and follow from there."""
        self._follows = True
        self._show_newest()

    def scroll(self, number: int, what: str) -> None:
        """Scroll by `number` "units" (lines) or "pages"; less than 0 is up."""
        self.text.yview("scroll", number, what)
        self._look()

    @property
    def follows(self) -> bool:
        """Whether the newest line stays in sight."""
        return self._follows

    def _look(self) -> None:
        """Find out whether the newest line is in sight.

        yview() would do for lines of one height; with wrapped ones Tk only estimates it at first.
        """
        if not self.text.winfo_viewable():
            return  # another page is shown: nobody has scrolled
        self._follows = self.text.dlineinfo("end-2c") is not None
        if self._follows:
            self._unseen = 0
        self._show_jump()

    def _look_soon(self, _: object = None) -> None:
        self._soon.do("look", self._look)  # after Tk's own binding has moved the view

    def _show_newest(self) -> None:
        if self._follows:
            self.text.see("end-1c")
            self._unseen = 0
        self._show_jump()

    def _show_jump(self) -> None:
        if self._follows:
            self.jump.place_forget()
            return
        new = f"↓ {self._unseen:,} new" if self._unseen else "↓ Newest"
        self.jump.configure(text=new)
        away = -3 * self._theme.unit
        self.jump.place(in_=self.text, relx=1.0, rely=1.0, x=away, y=away, anchor="se")

    def _scrolled_by_bar(self, *arguments: str) -> None:
        self.text.yview(*arguments)
        self._look()

    def _viewed(self, first: float, last: float) -> None:
        """Something else is in sight than before."""
        self._scrollbar.set(first, last)
        self._mark_hits_soon()

    def _resized(self, _: object) -> None:
        self.text.set_columns()
        if self._follows:  # as it was before: the view has changed, the reader has not
            self.text.see("end-1c")

    def _redrawn(self) -> None:
        """Lines have changed their height."""
        if self._follows:
            self.text.see("end-1c")
        self._mark_hits_soon()

    # --- copying ------------------------------------------------------------------------------

    def copy_selection(self) -> bool:
        """Put what is selected on the clipboard; whether anything was."""
        text = self.text.selected()
        if text:
            self._copy(text)
        return bool(text)

    def copy_all(self) -> None:
        """Put all that is kept on the clipboard, as plain text."""
        self._copy(self.shown())

    def select_all(self) -> None:
        """Select all that is kept."""
        self.text.tag_add("sel", "1.0", "end-1c")

    def _copy(self, text: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text)

    # --- finding ------------------------------------------------------------------------------

    def find(self) -> None:
        """Open the find bar, or take the keyboard to it; what is selected is looked for."""
        if not self._bar.winfo_manager():
            self._focus_before = self._focus()
            self._bar.grid(row=1, column=0, columnspan=2, sticky="ew")
        selected = self.text.selected()
        self._bar.open("" if "\n" in selected else selected.strip())
        self._search(self._bar.text)

    def find_next(self) -> None:
        """To the next hit; from the last to the first. With no bar open, open it."""
        self._step(1)

    def find_previous(self) -> None:
        """To the hit before; from the first to the last. With no bar open, open it."""
        self._step(-1)

    def close_find(self) -> None:
        """Close the bar; the keyboard goes back to where it was."""
        if not self._bar.winfo_manager():
            return
        self._bar.grid_remove()
        self._search("")
        before, self._focus_before = self._focus_before, None
        if before is not None and before.winfo_exists() and before.winfo_viewable():
            before.focus_set()
        else:
            self.text.focus_set()

    def _focus(self) -> tk.Misc | None:
        try:
            return self.focus_get()
        except KeyError:  # a part of Tk's own, such as an open menu
            return None

    def _search(self, needle: str) -> None:
        last = self.text.lines[self.text.in_sight()[1]].number if self.text.lines else 0
        self._finder.search(needle, [(each.number, each.text) for each in self.text.lines], last)
        self._show_hit()

    def _search_again(self) -> None:
        """Lines have changed that are not the newest."""
        if self._bar.winfo_manager():
            now = self._finder.now
            lines = [(each.number, each.text) for each in self.text.lines]
            self._finder.search(self._bar.text, lines, now.line if now else 0)
            self._show_summary()

    def _find_in(self, new: Sequence[Shown]) -> None:
        if self._bar.winfo_manager():
            self._finder.add([(each.number, each.text) for each in new])
            self._finder.forget_before(self.text.oldest)
            self._show_summary()

    def _step(self, step: int) -> None:
        if not self._bar.winfo_manager():
            self.find()
            return
        self._finder.step(step)
        self._show_hit()

    def _show_hit(self) -> None:
        """Bring the hit that is shown into sight."""
        self._show_summary()
        if self._finder.now is not None:
            for start, _ in itertools.islice(
                self.text.marks(self._finder.now, self.text.tops()), 1
            ):
                self.text.see(start)
            self._look()

    def _show_summary(self) -> None:
        hits = self._finder
        self._bar.show(hits.summary, is_found=bool(hits.now) or not self._bar.text)
        self._mark_hits_soon()

    def _mark_hits_soon(self) -> None:
        if self._bar.winfo_manager() or self._has_marks:
            self._soon.do("mark", self._mark_hits)

    def _mark_hits(self) -> None:
        """Mark the hits that are in sight, and only those: there may be thousands."""
        for tag in ("found", "found_now"):
            self.text.tag_remove(tag, "1.0", "end")
        self._has_marks = bool(self._finder.hits)
        if not self._has_marks:
            return
        tops = self.text.tops()
        first, last = (self.text.lines[at].number for at in self.text.in_sight())
        hits = self._finder.hits_between(first, last)
        for hit in hits[-MARKED_AT_ONCE:]:
            for start, end in self.text.marks(hit, tops):
                self.text.tag_add("found", start, end)
        now = self._finder.now
        if now is not None and now in hits:
            for start, end in self.text.marks(now, tops):
                self.text.tag_add("found_now", start, end)

    # --- links --------------------------------------------------------------------------------

    def _link_pressed(self, event: "tk.Event[tk.Misc]") -> None:
        self._pressed_link = self.text.link_at(event.x, event.y)

    def _link_released(self, event: "tk.Event[tk.Misc]") -> None:
        link, self._pressed_link = self._pressed_link, ""
        # To draw over a link with the button held down is to select it, not to open it.
        if link and link == self.text.link_at(event.x, event.y) and not self.text.tag_ranges("sel"):
            self._open_link(link)

    # --- building -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self.text.grid(row=0, column=0, sticky="nsew")
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.text.configure(yscrollcommand=self._viewed)

    def _listen(self) -> None:
        # A disabled Text does not take the focus by itself on every system, and copying needs it.
        self.text.bind("<Button-1>", lambda _: self.text.focus_set(), add=True)
        self.text.bind("<Configure>", self._resized)
        for keys, action in (
            ("<<Copy>>", self.copy_selection),
            ("<Control-a>", self.select_all),
            ("<Up>", lambda: self.scroll(-1, "units")),
            ("<Down>", lambda: self.scroll(1, "units")),
            ("<Prior>", lambda: self.scroll(-1, "pages")),
            ("<Next>", lambda: self.scroll(1, "pages")),
            ("<End>", self.jump_to_newest),
            ("<Control-f>", self.find),
            ("<F3>", self.find_next),
            ("<Shift-F3>", self.find_previous),
        ):
            self._on(keys, action)
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>", "<B1-Motion>", "<KeyPress>"):
            self.text.bind(event, self._look_soon, add=True)
        self.text.tag_bind("link", "<Button-1>", self._link_pressed)
        self.text.tag_bind("link", "<ButtonRelease-1>", self._link_released)
        self.text.tag_bind("link", "<Enter>", lambda _: self.text.configure(cursor="hand2"))
        self.text.tag_bind("link", "<Leave>", lambda _: self.text.configure(cursor=""))

    def _on(self, keys: str, action: Callable[[], object]) -> None:
        """Do `action` instead of Tk's own answer to the keys."""

        def answer(_: object) -> str:
            action()
            return "break"

        bind_keys(self.text, keys, answer)

    def _restyle(self) -> None:
        self.text.restyle()
        self._show_newest()
