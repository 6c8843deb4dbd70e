"""A window that fits on the screen, however large its text is. Main thread only."""

import tkinter as tk
from tkinter import font

Root = tk.Tk | tk.Toplevel

_TENTHS_OF_SCREEN = 9
"""As much a window may ask for: its title, and the bars of the desktop, need some space as well."""


def open_at(root: Root, width: int, height: int) -> None:
    """The size at the start."""
    width, height = _at_most(root, width, height)
    root.geometry(f"{width}x{height}")


def set_minimum(root: Root, width: int, height: int) -> None:
    """Let the window be no smaller. One that grows for that stays on the screen."""
    width, height = _at_most(root, width, height)
    root.minsize(width, height)
    is_large_enough = root.winfo_width() >= width and root.winfo_height() >= height
    if is_large_enough or not root.winfo_viewable():
        return
    width, height = max(width, root.winfo_width()), max(height, root.winfo_height())
    across, down = root.winfo_screenwidth(), root.winfo_screenheight()
    place = ""
    if root.winfo_rootx() + width > across or root.winfo_rooty() + height > down:
        # In the middle: how high the title is, and so where the frame begins, is not known.
        place = f"+{(across - width) // 2}+{(down - height) // 2}"
    root.geometry(f"{width}x{height}{place}")


def shortened(text: str, used: font.Font, pixels: int) -> str:
    """`text`, cut to what fits into so many pixels."""
    if used.measure(text) <= pixels:
        return text
    while text and used.measure(f"{text}…") > pixels:
        text = text[:-1]
    return f"{text}…"


def _at_most(root: Root, width: int, height: int) -> tuple[int, int]:
    return (
        min(width, root.winfo_screenwidth() * _TENTHS_OF_SCREEN // 10),
        min(height, root.winfo_screenheight() * _TENTHS_OF_SCREEN // 10),
    )
