"""The conversation: what is said is read, found, copied and clicked here. Main thread only.

It follows the newest line, unless somebody reads further up, or selects something: then it stays
put, and a button leads back down. The lines themselves, and how many are kept, are the
`transcript`'s; to find something is the `search`'s.

There may be several in one window. Each stands by itself, and does nothing while nothing happens.
"""

import tkinter as tk
from collections.abc import Callable, Iterable, Sequence
from tkinter import ttk

from phase4.widgets import bidi
from phase4.widgets.context_menu import ContextMenu, CopyCalls
from phase4.widgets.drawn_apart import in_words, in_words_while_typed
from phase4.widgets.keys import bind_keys
from phase4.widgets.line_selection import LineSelection
from phase4.widgets.lines import Line
from phase4.widgets.search import Search
from phase4.widgets.selection import Selection
from phase4.widgets.shown import HEAD, Shown, State
from phase4.widgets.soon import Soon
from phase4.widgets.theme import Theme
from phase4.widgets.transcript import Transcript
from phase4.widgets.upper_edge import LEFT_OUT, LINES_CUT_AT_ONCE, MAX_LINES

__all__ = ["LEFT_OUT", "LINES_CUT_AT_ONCE", "MAX_LINES", "Conversation"]


class Conversation(ttk.Frame):
    """Shows lines. `open_link` is called with a link that was clicked, and only then."""

    def __init__(self, parent: tk.Misc, theme: Theme, open_link: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open_link = open_link
        self._is_x11 = self.tk.call("tk", "windowingsystem") == "x11"
        # Whether the newest line is to stay in sight.
        self._follows = True
        # Whether it would follow, but for what is selected: that stays under the pointer.
        self._is_held_up = False
        self.reached_top: Callable[[], object] = lambda: None
        """Called when the person has scrolled up, and there is nothing above any more."""
        # How many lines came while somebody read further up.
        self._unseen = 0
        self._pressed_link = ""
        self._soon = Soon(self)
        self.text = Transcript(self, theme, self._redrawn)
        self.selection = Selection(self.text, self._go_on)
        self._line_selection = LineSelection(self.text)
        copies = CopyCalls(self.copy_selection, self.copy_stamped, self._copy)
        self.menu = ContextMenu(self.text, theme, open_link, copies)
        self._scrollbar = ttk.Scrollbar(self, command=self._scrolled_by_bar)
        self.jump = ttk.Button(
            self, style="Accent.TButton", command=self.jump_to_newest, takefocus=False
        )
        self.search = Search(self, self.text, theme, lambda: self.selection.said, self._look)
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        self._soon.cancel()
        self.selection.close()
        self.search.stop()
        super().destroy()

    # --- lines --------------------------------------------------------------------------------

    def add(self, lines: Sequence[Line], state: State = "") -> Sequence[Shown]:
        """Show lines below the others; as they are kept. Many at once cost less than one by one."""
        if not lines:
            return ()
        self._look_before_adding()
        new = self.text.add(lines, state, redraws=not self.selection.is_held)
        self._added(new)
        self._explain(new)
        return new

    def add_late(self, line: Line) -> Shown:
        """Show a line that waits, below all others, until it is taken out."""
        self._look_before_adding()
        shown = self.text.add_late(line)
        self._added([shown])
        return shown

    def settle(self, shown: Shown, state: State) -> None:
        """Say of a line that it waits, or may not arrive; or, with no state, that it has."""
        self.text.settle(shown, state)
        self.search.again()

    def take_out(self, lines: Iterable[Shown]) -> None:
        """Take these out, as far as they are still there."""
        self.text.take_out(lines)
        self.search.again()

    def add_above(self, lines: Sequence[Line]) -> bool:
        """Show older lines above the others; whether there is space for more. What is read stays
        where it is.
        """
        self.text.edge.add(lines)
        self.search.again()
        return not self.text.edge.is_full

    def say_above(self, text: str) -> None:
        """Let this stand above all lines; empty: nothing."""
        is_at_top = self._is_at_top
        self.text.edge.say(text)
        self.search.again()
        if is_at_top:
            self.text.yview_moveto(0.0)

    def shown(self) -> str:
        """All that is kept, a line for each, with two blanks between the columns."""
        lines = (each for each in self.text.lines if each.role != HEAD and not each.is_rule)
        return "".join(f"{each.stamped}\n" for each in lines)

    def explain_typed(self, text: str) -> None:
        """Say once what cannot be drawn here as it should be, of what is being typed."""
        if self._is_x11:
            self._tell_once(in_words_while_typed(text))

    def _look_before_adding(self) -> None:
        """Find out whether the newest line is in sight, and is to stay there."""
        self._look()
        is_held = self.selection.is_held
        if is_held and self._follows:
            self._follows, self._is_held_up = False, True
        elif self._is_held_up and not is_held:
            self._follows, self._is_held_up = True, False

    def _added(self, new: Sequence[Shown]) -> None:
        self._unseen += 0 if self._follows else len(new)
        if self._is_held_up:
            self._look()  # where there is still space, nothing is out of sight
        else:
            self._show_newest()
        self.search.add(new)

    def _go_on(self) -> None:
        """Where nothing is selected any more, follow again."""
        if self._is_held_up and not self.selection.is_held:
            self.jump_to_newest()

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
        """Go down to the newest line, and follow from there; nothing is selected then."""
        self.selection.clear()
        self._follows, self._is_held_up = True, False
        self._show_newest()

    def scroll(self, number: int, what: str) -> None:
        """Scroll by `number` "units" (lines) or "pages"; less than 0 is up."""
        self.text.yview("scroll", number, what)
        self._scrolled(up=number < 0)

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

    def scroll_to_top(self) -> None:
        """To the oldest line."""
        self.text.yview_moveto(0.0)
        self._scrolled(up=True)

    @property
    def _is_at_top(self) -> bool:
        return self.text.yview()[0] <= 0.0

    def _scrolled(self, *, up: bool = False) -> None:
        """The person has: whatever was held up is where they want it."""
        self._is_held_up = False
        self._look()
        if up and self._is_at_top:
            self.reached_top()

    def _wheeled(self, event: "tk.Event[tk.Misc]") -> None:
        up = event.num == 4 or event.delta > 0
        self._soon.do("scrolled", lambda: self._scrolled(up=up))

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
        self._scrolled(up=True)

    def _viewed(self, first: float, last: float) -> None:
        """Something else is in sight than before."""
        self._scrollbar.set(first, last)
        self.search.mark_soon()

    def _resized(self, _: object) -> None:
        self.text.set_columns()
        if self._follows:  # as it was before: the view has changed, the reader has not
            self.text.see("end-1c")

    def _redrawn(self) -> None:
        """Lines have changed their height."""
        if self._follows and not self.selection.is_held:
            self.text.see("end-1c")
        self.search.mark_soon()

    # --- copying ------------------------------------------------------------------------------

    def copy_selection(self) -> bool:
        """Put what is selected on the clipboard, as it was said; whether anything was."""
        return self._copy_if_any(self.selection.said)

    def copy_stamped(self) -> bool:
        """The same, each line with time and name."""
        return self._copy_if_any(self.selection.stamped)

    def copy_all(self) -> None:
        """Put all that is kept on the clipboard, each line with time and name."""
        self._copy(self.shown())

    def select_all(self) -> None:
        """Select all that is kept."""
        self.text.tag_add("sel", "1.0", "end-1c")

    def _select_line(self, step: int) -> None:
        self._line_selection.step(step)
        self._scrolled()

    def _unselect(self) -> None:
        self.selection.clear()
        self._go_on()

    def _copy_if_any(self, text: str) -> bool:
        if text:
            self._copy(text)
        return bool(text)

    def _copy(self, text: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text)

    # --- finding ------------------------------------------------------------------------------

    def find(self) -> None:
        """Open the find bar, or take the keyboard to it; what is selected is looked for."""
        self.search.open()

    def find_next(self) -> None:
        """To the next hit; from the last to the first. With no bar open, open it."""
        self.search.step(1)

    def find_previous(self) -> None:
        """To the hit before; from the first to the last. With no bar open, open it."""
        self.search.step(-1)

    def close_find(self) -> None:
        """Close the bar; the keyboard goes back to where it was."""
        self.search.close()

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
            ("<Shift-Up>", lambda: self._select_line(-1)),
            ("<Shift-Down>", lambda: self._select_line(1)),
            ("<Prior>", lambda: self.scroll(-1, "pages")),
            ("<Next>", lambda: self.scroll(1, "pages")),
            ("<Home>", self.scroll_to_top),
            ("<End>", self.jump_to_newest),
            ("<Control-f>", self.find),
            ("<F3>", self.find_next),
            ("<Shift-F3>", self.find_previous),
        ):
            self._on(keys, action)
        self.text.bind("<Escape>", lambda _: self._unselect(), add=True)
        for event in ("<B1-Motion>", "<KeyPress>"):
            self.text.bind(event, self._look_soon, add=True)
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self.text.bind(event, self._wheeled, add=True)
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
