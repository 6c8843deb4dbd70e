"""What calls a person, as a panel to choose in: words, this conversation, bell and notifications.

Main thread only. All of it counts at once; the words, when Return is pressed or the field is left.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.client_gui.called import Called
from phase4.client_gui.levels import LEVELS, Level
from phase4.client_gui.tabs import EVERYBODY, Tab, Tabs
from phase4.client_gui.words import MAX_WORD_CHARACTERS, MAX_WORDS, field_of, left_out, words_of
from phase4.widgets.panel import Panel
from phase4.widgets.scrolled import ScrolledPage
from phase4.widgets.theme import Theme, pad

LEVEL_LABELS: dict[Level, str] = {
    "on": "Every message calls",
    "mentions": "Only mentions call",
    "off": "Nothing calls",
}

_LEFT_OUT = (
    f"Some were left out: there are {MAX_WORDS} words at most, and a word has a letter or a digit, "
    f"and {MAX_WORD_CHARACTERS} characters at most."
)


class CallPanel(Panel):
    """Shows what `called` holds, and lets it be changed."""

    def __init__(
        self, page: tk.Misc, theme: Theme, tabs: Tabs, called: Called, leave: Callable[[], None]
    ) -> None:
        super().__init__(page, theme, "What calls you", tabs, leave)
        self.field.grid_remove()  # there is nothing to filter
        self._tabs, self._called = tabs, called
        # Whose level is shown.
        self._tab: Tab = tabs.main
        self._page = ScrolledPage(self.body, theme)
        self._page.pack(fill="both", expand=True)
        inside = self._page.inside
        self._typed = tk.StringVar(self)
        self._level = tk.StringVar(self)
        self._bell, self._notify, self._private = (tk.BooleanVar(self) for _ in range(3))
        self._heads = [self._label("Bold.TLabel") for _ in range(3)]
        # The first part that takes the keyboard, as a panel's field does.
        self.field = ttk.Entry(inside, textvariable=self._typed, font=theme.body, width=12)
        self._hint = self._label("Muted.TLabel")
        self._hint.configure(text="Put commas between them. Upper and lower case are the same.")
        self.said = self._label("TLabel")
        self.levels = [
            ttk.Radiobutton(inside, text=LEVEL_LABELS[each], variable=self._level, value=each)
            for each in LEVELS
        ]
        self.ring_bell = ttk.Checkbutton(inside, text="Ring the bell", variable=self._bell)
        self.show_notices = ttk.Checkbutton(
            inside, text="Show a notification", variable=self._notify
        )
        self.with_private = ttk.Checkbutton(
            inside, text="… with private texts, too", variable=self._private
        )
        self._lay_out_choices()
        self._listen_to_choices()
        theme.on_change(self._restyle_choices)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle_choices)
        super().destroy()

    def open(self) -> None:
        """Show what is chosen now, for the conversation in front as well."""
        self._tab = self._tabs.current
        super().open()
        self.show_filtered()
        self.field.icursor("end")

    def close(self) -> None:
        """What was typed counts, however one leaves."""
        if self.is_open:
            self._keep_words()
        super().close()

    def show_filtered(self) -> None:
        """Show what is chosen now."""
        chosen = self._called.settings
        self._typed.set(field_of(chosen.words))
        self._level.set(self._called.level(self._tab))
        self._bell.set(chosen.bell)
        self._notify.set(chosen.notify)
        self._private.set(chosen.notify_private_text)
        self._heads[1].configure(text=f"In this conversation ({self._tab.person or EVERYBODY})")
        self._show_private()
        self._say("")

    # --- choosing -------------------------------------------------------------------------------

    def _keep_words(self) -> None:
        typed = self._typed.get()
        words = words_of(typed)
        if words != self._called.settings.words:
            self._called.choose_words(words)
            self._say("They call you from now on." if words else "Only your name calls you now.")
        if left_out(typed):
            self._say(_LEFT_OUT)
        self._typed.set(field_of(words))

    def _choose_level(self) -> None:
        level = next(each for each in LEVELS if each == self._level.get())
        self._called.choose_level(self._tab, level)

    def _choose_notify(self) -> None:
        why_not = self._called.choose_notify(is_on=self._notify.get())
        self._notify.set(self._called.settings.notify)
        self._show_private()
        self._say(why_not, "Error.TLabel")

    def _show_private(self) -> None:
        self.with_private.state(["!disabled" if self._called.settings.notify else "disabled"])

    def _say(self, text: str, style: str = "TLabel") -> None:
        self.said.configure(text=text, style=style)
        (self.said.grid if text else self.said.grid_remove)()
        self.update_idletasks()
        self._page.fit()

    # --- building -------------------------------------------------------------------------------

    def _label(self, style: str) -> ttk.Label:
        return ttk.Label(self._page.inside, style=style)

    def _lay_out_choices(self) -> None:
        words, _, away = self._heads
        words.configure(text="Words that call you, beside your name")
        away.configure(text="While the window is not in front, a call can")
        self._page.inside.columnconfigure(0, weight=1)
        parts: list[tk.Widget] = [words, self.field, self._hint, self.said, self._heads[1]]
        parts += [*self.levels, away, self.ring_bell, self.show_notices, self.with_private]
        for row, part in enumerate(parts):
            part.grid(row=row, column=0, sticky="ew" if part is self.field else "w")
        self._parts = parts
        self.said.grid_remove()

    def _listen_to_choices(self) -> None:
        called = self._called
        for each in self.levels:
            each.configure(command=self._choose_level)
        self.ring_bell.configure(command=lambda: called.choose_bell(is_on=self._bell.get()))
        self.show_notices.configure(command=self._choose_notify)
        self.with_private.configure(
            command=lambda: called.choose_private_text(is_on=self._private.get())
        )
        for keys in ("<Return>", "<KP_Enter>", "<FocusOut>"):
            self.field.bind(keys, lambda _: self._keep_words())
        self.listen_in(self.field)
        buttons: list[ttk.Radiobutton | ttk.Checkbutton] = [
            *self.levels,
            *(self.ring_bell, self.show_notices, self.with_private),
        ]
        for part in buttons:
            self.listen_in(part)
            part.bind("<Return>", lambda _, part=part: part.invoke())  # type: ignore[misc]
        self._page.inside.bind("<Configure>", self._resized, add=True)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        wide = max(100, event.width - 8 * self._theme.unit)
        for label in (*self._heads, self._hint, self.said):
            label.configure(wraplength=wide)

    def _restyle_choices(self) -> None:
        unit = self._theme.unit
        edge = 3 * unit
        for part in self._parts:
            left = 3 * edge if part is self.with_private else edge
            above = 3 * unit if part in self._heads else unit // 2
            pad(part, (left, edge), (above, unit // 2))
        self.update_idletasks()
        self._page.fit()
