"""Say something to a person who may have no terminal. Any Python since 2.7 can read this file.

After a double click nobody sees what a program prints: it has no console, or one that is gone at
once.
"""

import os
import subprocess
import sys

_ON_LINUX = (["zenity", "--error", "--no-markup", "--text"], ["kdialog", "--error"], ["xmessage"])
"""What desktops have for this, where Python has no tkinter. The text is the next argument."""


def alert(text, title):
    # type: (str, str) -> None
    """Write it to standard error. Where nobody would see it there, show it in a window as well."""
    is_read = sys.platform != "win32" and sys.stderr is not None and sys.stderr.isatty()
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    if not is_read:
        _show(text, title)


def _show(text, title):
    # type: (str, str) -> None
    """In a window, if there can be one; it stays until somebody closes it."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, title, 0x10)  # with the sign of an error
    elif not _show_by_tk(text, title) and (
        "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    ):
        _show_by_another(text)


def _show_by_another(text):
    # type: (str) -> None
    for command in _ON_LINUX:
        try:
            subprocess.call(command + [text])  # noqa: RUF005 - old ones cannot read that
        except OSError:  # it is not installed
            continue
        return


def _show_by_tk(text, title):
    # type: (str, str) -> bool
    """Whether that could be done."""
    try:
        import tkinter
        from tkinter import messagebox
    except ImportError:
        return False
    try:
        root = tkinter.Tk()
    except tkinter.TclError:
        return False
    root.withdraw()
    messagebox.showerror(title, text)
    root.destroy()
    return True
