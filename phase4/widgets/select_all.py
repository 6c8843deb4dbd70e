"""Ctrl+A in a field, on every system."""

from tkinter import ttk

from phase4.widgets.keys import bind_keys


def bind_select_all(field: ttk.Entry) -> None:
    """Let Ctrl+A select all. On X11 Tk moves the cursor to the start instead, as Emacs does."""

    def select_all(_: object) -> str:
        field.select_range(0, "end")
        return "break"

    bind_keys(field, "<Control-a>", select_all)
