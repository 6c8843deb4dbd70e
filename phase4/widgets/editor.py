"""A field in which several lines are typed: it grows with them, and scrolls. Main thread only.

New beside ttk's one-line field: it is a Text, which wraps; a frame around it is drawn by ttk as the
border of any other field; Ctrl+Z is by words (undo.py), and for each text that it is given anew.
"""

import contextlib
import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk
from typing import Any

from phase4.widgets.keys import bind_keys
from phase4.widgets.theme import Theme
from phase4.widgets.undo import Undo
from phase4.widgets.words import word_end, word_start

MOST_ROWS = 6
"""As high as it grows; what is more scrolls. In a low window it is a quarter of that at most."""

_PART_OF_WINDOW = 4  # it takes one part of so many at most

_NEW_LINE = tuple(
    f"<{modifier}-{key}>"
    for modifier in ("Shift", "Control", "Alt")
    for key in ("Return", "KP_Enter")
)
"""People know one or another of these from other chats. To send by mistake cannot be undone, so
none of them does."""


class Editor(tk.Text):
    """Place its `frame`. `changed` is called with what it holds, after each change."""

    def __init__(self, parent: tk.Misc, theme: Theme, changed: Callable[[str], None]) -> None:
        self.frame = ttk.Frame(parent, style="Field.TFrame")
        super().__init__(
            self.frame, width=1, height=1, wrap="word", borderwidth=0, highlightthickness=0
        )
        self.steps = Undo()
        """What Ctrl+Z brings back."""
        self._theme = theme
        self._changed = changed
        # How many operations of our own are under way, which are one change together.
        self._own = 0
        self._bar = ttk.Scrollbar(self.frame, command=self.yview)
        self._hint = tk.Label(self, borderwidth=0, padx=0, pady=0, anchor="w")
        self._has_pairs = self.tk.call("string", "length", "\U0001f600") == 2
        self._lay_out()
        self._notice_changes()
        self._listen()
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme, and of the command that stands before Tk's own."""
        self._theme.off_change(self._restyle)
        super().destroy()
        self.tk.deletecommand(str(self))

    # --- what it holds ----------------------------------------------------------------------------

    def get(self, index1: Any = "", index2: Any = None) -> str:
        """All that it holds; with places, what stands there, as in any Text."""
        return super().get(index1, index2) if index1 else super().get("1.0", "end-1c")

    @property
    def cursor(self) -> int:
        """How many characters stand before the cursor."""
        return len(self.get("1.0", "insert"))

    @cursor.setter
    def cursor(self, characters: int) -> None:
        self.mark_set("insert", self._place(characters))
        self.see("insert")

    @property
    def selected(self) -> tuple[int, int] | None:
        """From where to where it is selected, in characters."""
        if not self.tag_ranges("sel"):
            return None
        first, last = (len(self.get("1.0", place)) for place in ("sel.first", "sel.last"))
        return first, last

    def put(self, text: str, cursor: int | None = None) -> None:
        """Let it hold `text`, the cursor at its end where no place is given."""
        with self.one_change():
            self.delete("1.0", "end")
            self.insert("1.0", text)
            self.cursor = len(text) if cursor is None else cursor

    def type(self, text: str) -> None:
        """Add text at the cursor, or in the place of what is selected, as if it had been typed."""
        with self.one_change():
            if self.tag_ranges("sel"):
                self.delete("sel.first", "sel.last")
            self.insert("insert", text)
            self.see("insert")

    def clear(self) -> None:
        """Hold nothing."""
        self.put("")

    def show_hint(self, text: str) -> None:
        """Say something where the text would stand, until there is one."""
        self._hint.configure(text=text)
        if text and not self.get():
            self._hint.place(x=self._theme.unit, y=0, relwidth=1)
        else:
            self._hint.place_forget()

    def select_all(self) -> None:
        """Select all that it holds."""
        self.tag_add("sel", "1.0", "end-1c")

    @contextlib.contextmanager
    def one_change(self) -> Iterator[None]:
        """Whatever is changed in this block is one change."""
        self._own += 1
        try:
            yield
        finally:
            if self._own == 1:
                self._note_change()
            self._own -= 1

    @property
    def is_own_change(self) -> bool:
        """Whether `changed` is called for what this program did, and not Tk by itself."""
        return self._own > 0

    # --- rows -------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Be as high as what it holds, up to a bound."""
        rows, most = self._rows(), self._most_rows()
        if rows > most:
            self._bar.grid()
        else:
            self._bar.grid_remove()
        if (height := min(rows, most)) != int(self.cget("height")):
            self.configure(height=height)

    @property
    def is_in_first_row(self) -> bool:
        """Whether the cursor can go no further up."""
        return self.compare("insert display linestart", "==", "1.0")

    @property
    def is_in_last_row(self) -> bool:
        """Whether the cursor can go no further down."""
        return self.compare("insert display lineend", ">=", "end-1c")

    def _most_rows(self) -> int:
        line = self._theme.body.metrics("linespace")
        window = self.winfo_toplevel().winfo_height()
        return max(1, min(MOST_ROWS, window // _PART_OF_WINDOW // line))

    def _rows(self) -> int:
        """How many rows there are, but at most one more than are shown.

        (To have Tk count all of them takes a second for a line of 10,000 characters.)
        """
        row = "1.0"
        for number in range(1, MOST_ROWS + 1):
            if self.compare(f"{row} display lineend", ">=", "end-1c"):
                return number
            row = self.index(f"{row} + 1 display lines")
        return MOST_ROWS + 1

    def _resized(self, _: object) -> None:
        self.fit()
        self.see("insert")

    # --- changes ----------------------------------------------------------------------------------

    def _notice_changes(self) -> None:
        """Have each change told, whatever makes it: a key, the mouse, an input method.

        Tk's own event comes later, and it has no other hook. So a command with the widget's name
        stands before Tk's own. It is Tcl, so that an error stays one for Tk's scripts.
        """
        own, told = f"{self}_of_tk", self.register(self._was_changed)
        self.tk.call("rename", str(self), own)
        body = f"""
            set answer [uplevel 1 [list {own} {{*}}$args]]
            if {{[lindex $args 0] in {{insert delete replace}}}} {told}
            return $answer
        """
        self.tk.call("proc", str(self), "args", body)

    def _was_changed(self) -> None:
        if not self._own:  # else it is told when all of the change is done
            self._note_change()

    def _note_change(self) -> None:
        text = self.get()
        self.steps.note(text, self.cursor)
        self.show_hint("")
        self.fit()
        self._changed(text)

    def _place(self, characters: int) -> str:
        """Where so many characters have passed, as Tk counts: an emoji may be two in its column."""
        before = self.get()[:characters]
        row = before.rpartition("\n")[2]
        wide = sum(each > "\uffff" for each in row) if self._has_pairs else 0
        return f"{before.count(chr(10)) + 1}.{len(row) + wide}"

    # --- keys -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        for sequence in _NEW_LINE:
            self.bind(sequence, lambda _: self._do(self.type, "\n"))
        for sequence, step in (
            ("<<Undo>>", lambda: self.steps.undo()),
            ("<<Redo>>", lambda: self.steps.redo()),
            ("<Control-y>", lambda: self.steps.redo()),
        ):
            bind_keys(self, sequence, lambda _, step=step: self._do(self._go, step))  # type: ignore[misc]
        for modifier in ("Control", "Alt"):
            self.bind(f"<{modifier}-BackSpace>", lambda _: self._do(self._erase, word_start))
            self.bind(f"<{modifier}-Delete>", lambda _: self._do(self._erase, word_end))
        bind_keys(self, "<Control-a>", lambda _: self._do(self.select_all))
        self.bind("<Configure>", self._resized)
        self.bind("<FocusIn>", lambda _: self.frame.state(["focus"]), add=True)
        self.bind("<FocusOut>", lambda _: self.frame.state(["!focus"]), add=True)
        for around in (self.frame, self._hint):
            around.bind("<Button-1>", lambda _: self.focus_set())
        # The window's shortcuts before what the same keys do in any Text.
        window = str(self.winfo_toplevel())
        self.bindtags((str(self), window, self.winfo_class(), "all"))

    def _do(self, action: Callable[..., object], *arguments: object) -> str:
        """Do this at a key, and nothing else that the key would mean."""
        action(*arguments)
        return "break"

    def _go(self, step: Callable[[], tuple[str, int] | None]) -> None:
        """Take a step back, or forth again."""
        if (state := step()) is not None:
            self.put(*state)

    def _erase(self, to: Callable[[str, int], int]) -> None:
        """Take away what is selected; or else from the cursor to the end of a word."""
        first, last = self.selected or sorted((self.cursor, to(self.get(), self.cursor)))
        with self.one_change():
            self.delete(self._place(first), self._place(last))
            self.see("insert")

    # --- looks ------------------------------------------------------------------------------------

    @property
    def pady(self) -> int:
        """From the edge of its frame to the first row, in pixels."""
        return self._theme.unit + self._theme.unit // 2

    def _lay_out(self) -> None:
        self.frame.columnconfigure(0, weight=1)
        self.frame.rowconfigure(0, weight=1)
        self.grid(row=0, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, sticky="ns")
        self._bar.grid_remove()
        self.configure(yscrollcommand=self._bar.set)

    def _restyle(self) -> None:
        colours, unit = self._theme.palette, self._theme.unit
        self.frame.configure(padding=(2 * unit, self.pady))
        self.configure(
            font=self._theme.body,
            background=colours.field,
            foreground=colours.text,
            insertbackground=colours.accent,
            insertwidth=max(2, unit // 2),
            selectbackground=colours.selection,
            selectforeground=colours.text,
            inactiveselectbackground=colours.selection,
        )
        self._hint.configure(
            font=self._theme.body, background=colours.field, foreground=colours.muted
        )
        self.fit()
