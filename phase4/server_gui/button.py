"""The buttons of the server's window. Main thread only."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk


def new_button(
    parent: tk.Misc,
    text: str,
    do: Callable[[], object],
    *,
    underline: int,
    style: str = "TButton",
) -> ttk.Button:
    """A button that Return presses as well as the space bar."""
    button = ttk.Button(
        parent, text=text, command=do, underline=underline, style=style, width=len(text) + 2
    )
    button.bind("<Return>", lambda _: button.invoke())
    return button
