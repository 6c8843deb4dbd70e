"""A bar with a sentence and buttons, in the window: no dialog that could hide behind another.

Main thread only. A question takes the keyboard, and gives it back to where it was.
"""

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Literal

from phase4.widgets.theme import Theme

Answer = tuple[str, Callable[[], object]]
"""What stands on a button, and what it does."""

_LEAST_OF_SENTENCE = 3  # of the width it has one part of so many, or the buttons go below it

COUNTDOWN_MILLISECONDS = 500
"""Between two looks at the clock while seconds are counted down: no second is skipped."""


class Bar(ttk.Frame):
    """Hidden until `show`. Place it with `grid`. `look` is "bad" (news) or "question"."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        look: Literal["bad", "question"],
        leave: Callable[[], None],
    ) -> None:
        """`leave` is called when the keyboard was in the bar and the bar goes away."""
        style = "Bar" if look == "bad" else "Question"
        super().__init__(parent, style=f"{style}.TFrame")
        self._theme = theme
        self._leave = leave
        self._text = ttk.Label(self, style=f"{style}.TLabel")
        self._buttons: list[ttk.Button] = []
        self._escape: Callable[[], object] | None = None
        self._text.grid(row=0, column=0, sticky="w")
        self.columnconfigure(0, weight=1)
        self.bind("<Configure>", lambda _: self._lay_out())
        theme.on_change(self._restyle)

    @property
    def text(self) -> str:
        """What it says now; empty while it is hidden."""
        return str(self._text.cget("text")) if self.winfo_manager() else ""

    @property
    def first(self) -> ttk.Button | None:
        """Its first button, if it is shown and has one."""
        return self._buttons[0] if self._buttons and self.winfo_manager() else None

    def show(
        self,
        text: str,
        answers: Sequence[Answer] = (),
        *,
        escape: Callable[[], object] | None = None,
    ) -> None:
        """Say `text` and offer `answers`; the same ones again leave the keyboard where it is.

        With `escape` it is a question: the first answer takes the keyboard, and Escape is this.
        """
        if [label for label, _ in answers] != self._labels():
            had_keyboard = self._has_keyboard()
            self._put_buttons(answers)
            if had_keyboard:
                self._leave()
        for button, (_, do) in zip(self._buttons, answers, strict=True):
            button.configure(command=do)
        self._escape = escape
        self.say(text)
        self.grid()
        if escape is not None:
            # A widget that is not on the screen yet gets the keyboard only when it is; a key that
            # is pressed in between would answer nothing, and go into the entry.
            self.update_idletasks()
            self._buttons[0].focus_set()

    def say(self, text: str) -> None:
        """Change the sentence alone."""
        self._text.configure(text=text)
        self._lay_out()

    def hide(self) -> None:
        """Take it off the page; the keyboard, if it was here, goes back to where it belongs."""
        had_keyboard = self._has_keyboard()
        self.grid_remove()
        if had_keyboard:
            self._leave()

    def _has_keyboard(self) -> bool:
        try:
            return self.focus_get() in self._buttons
        except KeyError:  # a menu has it, which tkinter does not know
            return False

    def _labels(self) -> list[str]:
        return [str(button.cget("text")) for button in self._buttons]

    def _put_buttons(self, answers: Sequence[Answer]) -> None:
        for button in self._buttons:
            button.destroy()
        self._buttons = [self._button(at, label) for at, (label, _) in enumerate(answers)]

    def _button(self, at: int, label: str) -> ttk.Button:
        style = "TButton" if at else "Accent.TButton"
        button = ttk.Button(self, text=label, style=style)
        button.bind("<Return>", lambda _: button.invoke())
        button.bind("<KP_Enter>", lambda _: button.invoke())
        button.bind("<Left>", lambda _: self._walk(at - 1))
        button.bind("<Right>", lambda _: self._walk(at + 1))
        button.bind("<Escape>", self._escaped)
        return button

    def _escaped(self, _: object) -> str:
        (self._escape or self._leave)()
        return "break"  # the rest of the window has an Escape of its own

    def _walk(self, to: int) -> None:
        self._buttons[to % len(self._buttons)].focus_set()

    def _lay_out(self) -> None:
        """Put the buttons beside the sentence; below it, in rows, where it would be too narrow."""
        unit = self._theme.unit
        width = self.master.winfo_width() - 6 * unit
        widest = max((button.winfo_reqwidth() + unit for button in self._buttons), default=1)
        taken = sum(button.winfo_reqwidth() + unit for button in self._buttons)
        words = self._theme.body.measure(str(self._text.cget("text")))
        is_beside = width - taken >= min(words + unit, width // _LEAST_OF_SENTENCE)
        in_row = len(self._buttons) if is_beside else width // widest
        rows = -(-len(self._buttons) // max(1, in_row))
        columns = -(-len(self._buttons) // max(1, rows))  # four are two and two, not three and one
        self._text.configure(wraplength=max(100, width - taken if is_beside else width))
        self._text.grid(
            columnspan=1 if is_beside else columns + 1,
            padx=3 * unit,
            pady=2 * unit if is_beside else (2 * unit, 0),
        )
        for at, button in enumerate(self._buttons):
            row, column = divmod(at, columns)
            is_last = column == columns - 1
            button.grid(
                row=row + (not is_beside),
                column=column + 1,
                sticky="ew",
                padx=(0, 3 * unit if is_last else unit),
                pady=(2 * unit if row == 0 else 0, 2 * unit),
            )

    def _restyle(self) -> None:
        colours, style = self._theme.palette, ttk.Style(self)
        style.configure("Question.TFrame", background=colours.mention_page)
        style.configure("Question.TLabel", background=colours.mention_page, foreground=colours.text)
        self._lay_out()


class Countdown:
    """Says in a bar how many seconds are left, until it is stopped."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._timer: str | None = None

    def start(self, seconds: float, text: Callable[[int], str]) -> None:
        """Say `text(seconds left)` from now on; 0 is the last."""
        self.stop()
        self._tick(time.monotonic() + seconds, text)

    def stop(self) -> None:
        """Say no more."""
        if self._timer is not None:
            self._bar.after_cancel(self._timer)
            self._timer = None

    def _tick(self, ends: float, text: Callable[[int], str]) -> None:
        left = max(0.0, ends - time.monotonic())
        self._bar.say(text(-int(-left // 1)))
        self._timer = (
            self._bar.after(COUNTDOWN_MILLISECONDS, self._tick, ends, text) if left else None
        )
