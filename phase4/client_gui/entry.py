"""What is being typed: history, completion, pasted lines, and the draft that it belongs to.

What was not sent stays. Main thread only.
"""

import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phase4.client_gui.typing_aids import Completer, Draft, one_line, why_not_typed
from phase4.widgets.editor import Editor
from phase4.widgets.theme import Theme
from shared.request import split_lines

CLEARED = "Cleared. Ctrl Z brings it back."
INDENT = " " * 4

_X11 = sys.platform not in ("win32", "darwin")
_NOT_OURS = (
    *("<Shift-Up>", "<Shift-Down>", "<Control-Up>", "<Control-Down>"),
    *("<Control-Tab>", "<Control-ISO_Left_Tab>" if _X11 else "<Control-Shift-Tab>"),
)


@dataclass(frozen=True, slots=True)
class EntryCalls:
    """What an entry asks of the window."""

    submit: Callable[[str], None]
    """Return was pressed: send this, which the entry holds."""

    names: Callable[[], Sequence[str]]
    """The names that Tab completes."""

    pasted: Callable[[str], None]
    """This is not in the entry yet, for it has several lines or is very long: ask what to do."""

    changed: Callable[[str], None] = lambda _: None
    """The entry holds this text now."""


class Entry(Editor):
    """Where one types, and the draft that it belongs to."""

    def __init__(self, parent: tk.Misc, theme: Theme, calls: EntryCalls) -> None:
        self._calls = calls
        self._draft = Draft()
        self._completer = Completer()
        # How many lines it held before the latest change.
        self._lines = 1
        super().__init__(parent, theme, self._note_typed)
        for keys, action in (
            ("<Return>", self._return),
            ("<KP_Enter>", self._return),
            ("<Up>", self._up),
            ("<Down>", self._down),
            ("<Tab>", self._tab),
            ("<<PrevWindow>>", self._to_part_before),
            ("<Escape>", self._escape),
            ("<<Paste>>", self._paste),
            ("<Shift-Insert>", self._paste),
            ("<Insert>", lambda _: "break"),  # on X11 Tk pastes, and would ask nobody
            ("<<PasteSelection>>", self._paste_selection),
        ):
            self.bind(keys, action)
        for keys in _NOT_OURS:  # else they would be taken for the same key alone
            self.bind(keys, lambda _: None)

    def use(self, draft: Draft) -> None:
        """Put what is being typed into its own draft, and go on with `draft`."""
        self._draft.cursor = self.cursor
        self._draft, self.steps = draft, draft.steps
        self._completer = Completer()
        self.show_draft()

    def show_draft(self) -> None:
        """Show its draft, which something else than a key has changed."""
        self.put(self._draft.text, self._draft.cursor)

    def put(self, text: str, cursor: int | None = None) -> None:
        """Let it hold `text`; with no place for the cursor, at the end, and with the keyboard."""
        super().put(text, cursor)
        if cursor is None:
            self.focus_set()

    def type(self, text: str) -> None:
        """Add text at the cursor, as if it had been typed here."""
        self.focus_set()
        super().type(text)

    def sent(self, text: str, rest: str = "") -> None:
        """So much of it was sent, as it would be typed; the rest stays. The keyboard is left alone:
        a command may have opened something.
        """
        self._draft.history.add(text)
        self.put(rest, len(rest))
        if not rest:
            self._draft.is_unasked = False
            self.steps.forget()  # to send it once more by Ctrl+Z and Return is never meant

    def around_insertion(self) -> tuple[str, str]:
        """What it would hold before and behind a text that is inserted, or replaces a selection."""
        first, last = self.selected or (self.cursor, self.cursor)
        text = self.get()
        return text[:first], text[last:]

    def submit(self) -> None:
        """Send what it holds, as Return does."""
        if self.get().strip():
            self._calls.submit(self.get())

    def _note_typed(self, text: str) -> None:
        lines, self._lines = self._lines, text.count("\n") + 1
        if self._lines > lines and not self.is_own_change:
            self._draft.is_unasked = True
        elif not text:
            self._draft.is_unasked = False
        self._draft.text = text
        self._calls.changed(text)

    # --- keys -------------------------------------------------------------------------------------

    def _return(self, _: object) -> str:
        self.submit()
        return "break"

    def _up(self, _: object) -> str | None:
        if not self.is_in_first_row:
            return None
        self._bring(self._draft.history.earlier(self.get()))
        return "break"

    def _down(self, _: object) -> str | None:
        if not self.is_in_last_row:
            return None
        self._bring(self._draft.history.later(self.get()))
        return "break"

    def _bring(self, text: str) -> None:
        if text != self.get():
            self._draft.is_doubtful |= self._draft.history.is_undelivered(text)
            self.put(text)

    def _tab(self, _: object) -> str:
        if not self.get():  # nothing to complete: Tab leads to the next part of the window, as ever
            self.tk_focusNext().focus_set()  # type: ignore[union-attr]
            return "break"
        cursor = self.cursor
        text = self.get()
        start = text.rfind("\n", 0, cursor) + 1
        before = text[start:cursor]
        if "\n" in text and not before.strip():
            super().type(INDENT)
        elif (completed := self._completer.complete(before, self._calls.names())) is not None:
            self.put(text[:start] + completed + text[cursor:], start + len(completed))
        return "break"

    def _to_part_before(self, _: object) -> str:
        self.tk_focusPrev().focus_set()  # type: ignore[union-attr]
        return "break"

    def _escape(self, _: object) -> str:
        if self.get():
            self.clear()
            self.show_hint(CLEARED)
        return "break"

    # --- pasting ----------------------------------------------------------------------------------

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
        self.tag_remove("sel", "1.0", "end")  # to be pasted beside, not over: it is what is pasted
        self.mark_set("insert", f"@{event.x},{event.y}")
        self._insert_pasted(text)
        return "break"

    def _insert_pasted(self, text: str) -> None:
        text = text.expandtabs(len(INDENT))
        if len(split_lines(text).lines) > 1 or why_not_typed(text):
            self._calls.pasted(text)
        else:
            self.type(one_line(text.strip("\r\n")))
