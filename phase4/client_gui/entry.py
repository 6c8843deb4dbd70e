"""The line that is being typed: history, completion, a count of what fits, pasted lines.

What was not sent stays. Main thread only.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.client_gui.typing_aids import Completer, Draft, one_line
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme
from shared.request import split_lines


@dataclass(frozen=True, slots=True)
class EntryCalls:
    """What an entry asks of the window."""

    send: Callable[[str], bool]
    """Send this line; whether it was taken."""

    names: Callable[[], Sequence[str]]
    """The names that Tab completes."""

    several: Callable[[str], None]
    """This text has several lines, and is not in the entry yet: ask what to do with it."""

    changed: Callable[[str], None] = lambda _: None
    """The entry holds this text now."""


class Entry(ttk.Entry):
    """One line, and the draft that it belongs to."""

    def __init__(self, parent: tk.Misc, theme: Theme, calls: EntryCalls) -> None:
        self._text = tk.StringVar(parent)
        super().__init__(parent, font=theme.body, textvariable=self._text)
        self._calls = calls
        self._draft = Draft()
        self._completer = Completer()
        self._text.trace_add("write", lambda *_: calls.changed(self.get()))
        for keys, action in (
            ("<Return>", self._return),
            ("<KP_Enter>", self._return),
            ("<Up>", self._up),
            ("<Down>", self._down),
            ("<Tab>", self._tab),
            ("<Escape>", self._escape),
            ("<<Paste>>", self._paste),
            ("<<PasteSelection>>", self._paste_selection),
        ):
            self.bind(keys, action)
        bind_select_all(self)

    def use(self, draft: Draft) -> None:
        """Put what is being typed into its own draft, and go on with `draft`."""
        self._draft.text, self._draft.cursor = self.get(), self.index("insert")
        self._draft = draft
        self._completer = Completer()
        self.delete(0, "end")
        self.insert(0, draft.text)
        self.icursor(draft.cursor)
        self.xview("insert")

    def put(self, text: str) -> None:
        """Let it hold `text`, the cursor at its end, and take the keyboard."""
        self.delete(0, "end")
        self.insert(0, text)
        self.focus_set()
        self.icursor("end")
        self.xview("end")

    def type(self, text: str) -> None:
        """Add text at the cursor, as if it had been typed here."""
        self.focus_set()
        self._replace_selection(text)

    def around_insertion(self) -> tuple[str, str]:
        """What it would hold before and behind a text that is inserted, or replaces a selection."""
        first, last = self.index("insert"), self.index("insert")
        if self.selection_present():
            first, last = self.index("sel.first"), self.index("sel.last")
        return self.get()[:first], self.get()[last:]

    def submit(self) -> None:
        """Send what it holds, as Return does."""
        text = self.get()
        if len(split_lines(text).lines) > 1:  # pasted by a way that we do not know of
            self.select_range(0, "end")  # so that the lines will stand for it, and not beside it
            self._calls.several(text)
        elif text.strip() and self._calls.send(one_line(text)):
            self._draft.history.add(one_line(text))
            self.delete(0, "end")

    def _return(self, _: object) -> str:
        self.submit()
        return "break"

    def _up(self, _: object) -> str:
        self.put(self._draft.history.earlier(self.get()))
        return "break"

    def _down(self, _: object) -> str:
        self.put(self._draft.history.later(self.get()))
        return "break"

    def _tab(self, _: object) -> str | None:
        if not self.get():
            return None  # nothing to complete: Tab leads to the next part of the window, as ever
        cursor = self.index("insert")
        before, after = self.get()[:cursor], self.get()[cursor:]
        completed = self._completer.complete(before, self._calls.names())
        if completed is not None:
            self.put(completed + after)
            self.icursor(len(completed))
        return "break"

    def _escape(self, _: object) -> str:
        self.delete(0, "end")
        return "break"

    def _paste(self, _: object) -> str:
        """Paste over what is selected."""
        try:
            text = self.clipboard_get()
        except tk.TclError:  # nothing there, or no text
            return "break"
        self._insert_pasted(text)
        return "break"

    def _paste_selection(self, event: "tk.Event[tk.Misc]") -> str:
        """The middle button, on X11: what is selected anywhere, to where the pointer is."""
        try:
            text = str(self.selection_get())  # type: ignore[no-untyped-call]
        except tk.TclError:
            return "break"
        self.focus_set()
        if self.selection_present():
            self.selection_clear()  # to be pasted beside, not over: it is what is pasted
        self.icursor(f"@{event.x}")
        self._insert_pasted(text)
        return "break"

    def _insert_pasted(self, text: str) -> None:
        if len(split_lines(text).lines) > 1:
            self._calls.several(text)
        else:
            self._replace_selection(one_line(text.strip("\r\n")))

    def _replace_selection(self, text: str) -> None:
        if self.selection_present():
            self.delete("sel.first", "sel.last")
        self.insert("insert", text)
        self.xview("insert")
