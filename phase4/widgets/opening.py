"""Open a window, or say in one sentence why there can be none. Shared by the programs with windows.

Tk is imported here and not above: Debian, for one, has it in a package of its own, and a server has
no screen. Main thread only.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from phase4.widgets.icon import SIZES, Picture, png

if TYPE_CHECKING:
    import tkinter


ICON_MILLISECONDS = 100


class NoWindow(Exception):
    """There can be no window on this machine; the text says why, and what to do."""


def open_window(class_name: str, picture: Picture, instead: str) -> "tkinter.Tk":
    """The root window with its icon, not on the screen yet: it is seen once it is `deiconify`-ed.

    Built in sight it would be drawn several times, in sizes that it is not to keep. Raises
    NoWindow; `instead` says what to use where there is no screen.
    """
    try:
        import tkinter as tk
    except ImportError as error:
        raise NoWindow(
            "The window needs tkinter, which this Python does not have: install it (Debian and "
            "Ubuntu: apt install python3-tk; Fedora: dnf install python3-tkinter; macOS with "
            f"Homebrew: brew install python-tk; Python from python.org has it), or {instead}"
        ) from error
    from phase4.widgets.theme import prepare_screen

    prepare_screen()
    try:
        root = tk.Tk(className=class_name)
    except tk.TclError as error:
        raise NoWindow(
            f"There is no screen to put the window on ({_why_no_display(error)}): start it in a "
            "graphical session, set DISPLAY to one, connect with ssh -X, or "
            f"{instead}"
        ) from error
    root.withdraw()
    show_icon(root, picture)
    return root


def show_icon(root: "tkinter.Tk", picture: Picture) -> None:
    """Give the window its icon, soon after it has appeared: to draw it takes some 40 ms."""
    import tkinter as tk

    def draw() -> None:
        images = [
            tk.PhotoImage(master=root, data=png(picture, size), format="png") for size in SIZES
        ]
        root.iconphoto(True, *images)  # for windows that belong to it as well

    root.after(ICON_MILLISECONDS, draw)


def on_close(root: "tkinter.Tk", close: Callable[[], None]) -> None:
    """Call `close` when a person closes the window, or quits the program by macOS' own menu.

    There Tk would end the program on the spot: nobody would hear that somebody leaves.
    """
    root.protocol("WM_DELETE_WINDOW", close)
    if root.tk.call("tk", "windowingsystem") == "aqua":
        root.createcommand("::tk::mac::Quit", close)  # Command-Q


def _why_no_display(error: Exception) -> str:
    if sys.platform not in ("win32", "darwin") and not os.environ.get("DISPLAY"):
        return "DISPLAY is not set"
    return str(error)
