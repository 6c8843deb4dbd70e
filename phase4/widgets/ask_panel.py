"""A few fields to fill in, over the conversation: a password, a topic, why somebody has to go.

Main thread only. A hidden field shows a dot for each character, and forgets all of it when the
panel closes.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.widgets.keys import only
from phase4.widgets.panel import Panel
from phase4.widgets.scrolled import ScrolledPage
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme, pad

DOT = "•"


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in."""

    label: str
    text: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked. `done` is called with what was filled in, and says what is wrong with it."""

    title: str
    fields: Sequence[Field]
    button: str
    done: Callable[[Sequence[str]], str]
    explained: str = ""
    choice: str = ""
    """What can be ticked; `chosen` of the panel says whether it is."""
    is_chosen: bool = False
    """Whether it is at the start."""


class AskPanel(Panel):
    """Empty until `ask`."""

    def __init__(
        self, page: tk.Misc, theme: Theme, over: tk.Misc, leave: Callable[[], None]
    ) -> None:
        super().__init__(page, theme, "", over, leave)
        self.field.grid_remove()  # there is nothing to filter
        self._form: Form | None = None
        self._page = ScrolledPage(self.body, theme)
        self._page.pack(fill="both", expand=True)
        inside = self._page.inside
        self._explained = ttk.Label(inside, style="Muted.TLabel")
        self._labels: list[ttk.Label] = []
        self.fields: list[ttk.Entry] = []
        """From above."""
        self._chosen = tk.BooleanVar(self)
        self.choice = ttk.Checkbutton(inside, variable=self._chosen)
        self.said = ttk.Label(inside, style="Error.TLabel")
        self.button = ttk.Button(inside, style="Accent.TButton", command=self.accept)
        for part in (self.choice, self.button):
            self.listen_in(part)
        self.button.bind("<Return>", only(self.accept))
        self.choice.bind("<Return>", only(self.accept))
        self._make_fields((Field(""),))
        inside.columnconfigure(0, weight=1)
        inside.bind("<Configure>", self._resized, add=True)
        theme.on_change(self._restyle_form)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle_form)
        super().destroy()

    @property
    def chosen(self) -> bool:
        """Whether the choice is ticked."""
        return self._chosen.get()

    def prepare(self, form: Form) -> None:
        """Ask this when it opens."""
        self._form = form
        self.title.configure(text=form.title)
        self._explained.configure(text=form.explained)
        self.choice.configure(text=form.choice)
        self.button.configure(text=form.button)
        self._chosen.set(form.is_chosen)
        self._make_fields(form.fields)
        self._lay_out_form(form)
        self.say("")
        self._restyle_form()

    def open(self) -> None:
        """Show it, as high as it is in this width."""
        super().open()
        self.update_idletasks()
        self._page.fit()

    def close(self) -> None:
        """Nothing of what was filled in stays."""
        for field in self.fields:
            field.delete(0, "end")
        super().close()

    def accept(self) -> None:
        """Return was pressed: hand over what was filled in; it closes if that will do."""
        if self._form is None:
            return
        why_not = self._form.done([field.get().strip() for field in self.fields])
        if why_not:
            self.say(why_not)
            self.fields[-1].focus_set()
        else:
            self.close()

    def say(self, text: str) -> None:
        """Say what is wrong; nothing: all is well."""
        self.said.configure(text=text)
        (self.said.grid if text else self.said.grid_remove)()
        self.update_idletasks()
        self._page.fit()

    def show_filtered(self) -> None:
        """There is nothing to filter."""

    def _make_fields(self, fields: Sequence[Field]) -> None:
        for part in (*self._labels, *self.fields):
            part.destroy()
        inside, font = self._page.inside, self._theme.body
        self._labels = [ttk.Label(inside, text=each.label, style="Bold.TLabel") for each in fields]
        self.fields = [
            ttk.Entry(inside, font=font, width=12, show=DOT if each.is_hidden else "")
            for each in fields
        ]
        for field, each in zip(self.fields, fields, strict=True):
            field.insert(0, each.text)
            field.select_range(0, "end")
            bind_select_all(field)
            self.listen_in(field)
            for keys in ("<Return>", "<KP_Enter>"):
                field.bind(keys, only(self._next_or_accept))
            if each.is_hidden:  # nothing hidden goes to the clipboard
                for keys in ("<<Copy>>", "<<Cut>>"):
                    field.bind(keys, lambda _: "break")
        self.field = self.fields[0]

    def _next_or_accept(self) -> None:
        """At the last field, or where the next is filled in, all is said."""
        empty = [field for field in self.fields if not field.get()]
        has_keyboard = self.focus_get()
        if empty and empty[0] is not has_keyboard and has_keyboard is not self.fields[-1]:
            empty[0].focus_set()
        else:
            self.accept()

    def _lay_out_form(self, form: Form) -> None:
        parts: list[ttk.Widget] = [self._explained]
        for label, field in zip(self._labels, self.fields, strict=True):
            parts += [label, field]
        parts += [self.choice, self.said, self.button]
        for row, part in enumerate(parts):
            part.grid(row=row, column=0, sticky="ew" if isinstance(part, ttk.Entry) else "w")
        for part, text in ((self._explained, form.explained), (self.choice, form.choice)):
            if not text:
                part.grid_remove()
        for part in (*self.fields, self.choice, self.button):
            part.lift()  # Tab goes by this order

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        wide = max(100, event.width - 8 * self._theme.unit)
        for label in (self._explained, self.said, *self._labels):
            label.configure(wraplength=wide)

    def _restyle_form(self) -> None:
        unit = self._theme.unit
        for part in (self._explained, self.choice, self.said, *self.fields):
            if part.winfo_manager():
                pad(part, 3 * unit, unit)
        for label in self._labels:
            pad(label, 3 * unit, (unit, 0))
        pad(self.button, 3 * unit, 2 * unit)
        self._page.fit()
