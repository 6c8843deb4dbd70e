"""A panel over a part of the window, with a field to filter what is in it. Main thread only.

No window of its own, so it can hide behind none. Escape closes it, and the keyboard goes back to
where it was.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from phase4.widgets.keys import bind_keys
from phase4.widgets.select_all import bind_select_all
from phase4.widgets.theme import Theme

MAX_FILTER_CHARACTERS = 100
"""Looked at, of what stands in the field: more is a mistake of the clipboard."""


class Panel(ttk.Frame):
    """Hidden until `open`. What it shows is put into `body`, and follows `show_filtered`."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, title: str, over: tk.Misc, leave: Callable[[], None]
    ) -> None:
        """It lies over the part `over`, a descendant of `parent`.

        `leave` is called at its end where what had the keyboard before cannot have it.
        """
        super().__init__(parent)
        self._theme = theme
        self._over = over
        self._leave = leave
        # What had the keyboard before.
        self._before: tk.Misc | None = None
        self._text = tk.StringVar(self)
        self.title = ttk.Label(self, text=title, style="Bold.TLabel")
        self.field = ttk.Entry(self, textvariable=self._text, font=theme.body, width=12)
        self.close_button = ttk.Button(self, text="✕", width=2, command=self.close)
        self._edge = ttk.Frame(self, style="Line.TFrame", height=1)
        self.body = ttk.Frame(self)
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def destroy(self) -> None:
        """Let go of the theme first: it would call a widget that is gone."""
        self._theme.off_change(self._restyle)
        super().destroy()

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return bool(self.winfo_manager())

    @property
    def filter(self) -> str:
        """What is looked for, without blanks around it and without regard to case."""
        return self._text.get()[:MAX_FILTER_CHARACTERS].strip().casefold()

    def open(self) -> None:
        """Show all of it, and take the keyboard."""
        if not self.is_open:
            self._before = self._focus()
            self.place(in_=self._over, x=0, y=0, relwidth=1, relheight=1)
            self.lift()
        self._text.set("")
        # A widget that is not on the screen yet gets the keyboard only when it is; a key that is
        # pressed in between would go where it was.
        self.update_idletasks()
        self.field.focus_set()

    def close(self) -> None:
        """Take it away; the keyboard, if it was here, goes back to where it was."""
        if not self.is_open:
            return
        had_keyboard = self._has_keyboard()
        self.place_forget()
        before, self._before = self._before, None
        if not had_keyboard:
            return
        if before is not None and before.winfo_exists() and before.winfo_viewable():
            before.focus_set()
        else:
            self._leave()

    def toggle(self) -> None:
        """Open it, or close it."""
        (self.close if self.is_open else self.open)()

    def show_filtered(self) -> None:
        """Show what fits `filter`. Called with each change of it, and by `open`."""
        raise NotImplementedError

    def _focus(self) -> tk.Misc | None:
        try:
            return self.focus_get()
        except KeyError:  # a part of Tk's own, such as an open menu
            return None

    def _has_keyboard(self) -> bool:
        return str(self._focus() or "").startswith(f"{self}.")

    def listen_in(self, part: tk.Misc) -> None:
        """Let Escape close the panel while this part of it has the keyboard, and Ctrl+F filter."""
        part.bind("<Escape>", self._escaped)
        bind_keys(part, "<Control-f>", self._to_field)

    def _to_field(self, _: object) -> str:
        self.field.focus_set()
        self.field.select_range(0, "end")
        return "break"

    def _escaped(self, _: object) -> str:
        self.close()
        return "break"  # the rest of the window has an Escape of its own

    def _lay_out(self) -> None:
        self.columnconfigure(1, weight=1)
        self.rowconfigure(2, weight=1)
        self.title.grid(row=0, column=0)
        self.field.grid(row=0, column=1, sticky="ew")
        self.close_button.grid(row=0, column=2)
        self._edge.grid(row=1, column=0, columnspan=3, sticky="ew")
        self.body.grid(row=2, column=0, columnspan=3, sticky="nsew")

    def _listen(self) -> None:
        self._text.trace_add("write", lambda *_: self.show_filtered())
        bind_select_all(self.field)
        self.close_button.bind("<Return>", lambda _: self.close_button.invoke())
        for part in (self.field, self.close_button):
            self.listen_in(part)
        self.bind_all("<FocusIn>", self._focused, add=True)

    def _focused(self, event: "tk.Event[tk.Misc]") -> None:
        """Something under it has the keyboard now (a search, say): that must be seen."""
        if self.is_open and f"{event.widget}.".startswith(f"{self._over}."):
            self.close()

    def _restyle(self) -> None:
        unit = self._theme.unit
        self.title.grid_configure(padx=(3 * unit, 2 * unit), pady=2 * unit)
        self.field.grid_configure(padx=(0, 2 * unit), pady=unit)
        self.close_button.grid_configure(padx=(0, unit))
