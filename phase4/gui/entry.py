"""The line that one types: history, completion, and what was not sent stays. Main thread only."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.gui.theme import Theme
from phase4.gui.typing_aids import Completer, History

Names = Callable[[], Sequence[str]]


class Entry(ttk.Entry):
    """`send` is called with a line at Return; if it answers True, the line was taken."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, send: Callable[[str], bool], names: Names
    ) -> None:
        super().__init__(parent, font=theme.body)
        self._send = send
        self._names = names
        self._history = History()
        self._completer = Completer()
        for keys, action in (
            ("<Return>", self._return),
            ("<KP_Enter>", self._return),
            ("<Up>", self._up),
            ("<Down>", self._down),
            ("<Tab>", self._tab),
            ("<Escape>", self._escape),
            ("<<Paste>>", self._paste),
        ):
            self.bind(keys, action)
        bind_select_all(self)

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

    def _return(self, _: object) -> str:
        # A message is one line. X11 pastes with the middle button, past _paste.
        line = _one_line(self.get())
        if line.strip() and self._send(line):
            self._history.add(line)
            self.delete(0, "end")
        return "break"

    def _up(self, _: object) -> str:
        self.put(self._history.earlier(self.get()))
        return "break"

    def _down(self, _: object) -> str:
        self.put(self._history.later(self.get()))
        return "break"

    def _tab(self, _: object) -> str | None:
        if not self.get():
            return None  # nothing to complete: Tab leads to the next part of the window, as ever
        cursor = self.index("insert")
        before, after = self.get()[:cursor], self.get()[cursor:]
        completed = self._completer.complete(before, self._names())
        if completed is not None:
            self.put(completed + after)
            self.icursor(len(completed))
        return "break"

    def _escape(self, _: object) -> str:
        self.delete(0, "end")
        return "break"

    def _paste(self, _: object) -> str:
        """Paste over what is selected; the ends of lines become blanks."""
        try:
            text = self.clipboard_get()
        except tk.TclError:  # nothing there, or no text
            return "break"
        self._replace_selection(_one_line(text))
        return "break"

    def _replace_selection(self, text: str) -> None:
        if self.selection_present():
            self.delete("sel.first", "sel.last")
        self.insert("insert", text)
        self.xview("insert")


def bind_select_all(field: ttk.Entry) -> None:
    """Let Ctrl+A select all. On X11 Tk moves the cursor to the start instead, as Emacs does."""

    def select_all(_: object) -> str:
        field.select_range(0, "end")
        return "break"

    field.bind("<Control-a>", select_all)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
