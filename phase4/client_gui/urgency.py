"""A window that wants to be looked at: how it says so in the bar of the desktop. Main thread only.

Tk has a word for it on macOS alone (there the icon in the dock jumps). Windows lets the button in
the taskbar flash. On X11 a window has a mark for it, which nothing in Tk sets: so it is set through
Xlib, if that can be loaded (ICCCM, 4.1.2.4, "UrgencyHint").
"""

import ctypes
import sys
import tkinter as tk
from collections.abc import Callable
from typing import Any

_URGENT = 1 << 8  # of XWMHints.flags (X11/Xutil.h: XUrgencyHint)
_FLASH_STOP, _FLASH_TRAY, _FLASH_UNTIL_IN_FRONT = 0, 2, 12  # FLASHWINFO.dwFlags (winuser.h)


class Urgency:
    """The mark of one window. Where the system has none, nothing happens."""

    def __init__(self, root: tk.Tk) -> None:
        self._root = root
        self.is_set = False
        """Whether the window asks for attention."""
        self._set = _way(root)

    def show(self) -> None:
        """Ask for attention, until `clear`."""
        self._change(is_set=True)

    def clear(self) -> None:
        """Ask no more."""
        self._change(is_set=False)

    def _change(self, *, is_set: bool) -> None:
        if is_set != self.is_set:
            self.is_set = is_set
            self._set(is_set)


def _way(root: tk.Tk) -> Callable[[bool], object]:
    match root.tk.call("tk", "windowingsystem"):
        case "x11":
            return _by_xlib(root) or _not_at_all
        case "win32":
            return lambda is_set: _flash(int(root.wm_frame(), 0), is_set=is_set)
        case "aqua":
            return lambda is_set: root.tk.call("wm", "attributes", root, "-notify", is_set)
    return _not_at_all


def _not_at_all(_: bool) -> None:
    """What a system does that has no such mark."""


# --- X11 ------------------------------------------------------------------------------------------


class _Hints(ctypes.Structure):
    """XWMHints of X11/Xutil.h."""

    _fields_ = (
        ("flags", ctypes.c_long),
        ("input", ctypes.c_int),
        ("initial_state", ctypes.c_int),
        ("icon_pixmap", ctypes.c_ulong),
        ("icon_window", ctypes.c_ulong),
        ("icon_x", ctypes.c_int),
        ("icon_y", ctypes.c_int),
        ("icon_mask", ctypes.c_ulong),
        ("window_group", ctypes.c_ulong),
    )


_ON_ERROR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ignore_error = _ON_ERROR(lambda _display, _event: 0)


def _by_xlib(root: tk.Tk) -> Callable[[bool], None] | None:
    try:
        xlib = ctypes.CDLL("libX11.so.6")
        _declare(xlib)
    except (AttributeError, OSError):  # Tk brings Xlib along, but may have it inside itself
        return None
    return lambda is_set: _mark(xlib, root, is_set=is_set)


def _declare(xlib: ctypes.CDLL) -> None:
    """Without these, ctypes takes a pointer for an int, and cuts it."""
    pointer, window = ctypes.c_void_p, ctypes.c_ulong
    for name, result, arguments in (
        ("XOpenDisplay", pointer, (ctypes.c_char_p,)),
        ("XCloseDisplay", ctypes.c_int, (pointer,)),
        ("XSync", ctypes.c_int, (pointer, ctypes.c_int)),
        ("XSetErrorHandler", pointer, (pointer,)),
        ("XQueryTree", ctypes.c_int, (pointer, window, *[pointer] * 4)),
        ("XGetWMHints", ctypes.POINTER(_Hints), (pointer, window)),
        ("XAllocWMHints", ctypes.POINTER(_Hints), ()),
        ("XSetWMHints", ctypes.c_int, (pointer, window, ctypes.POINTER(_Hints))),
        ("XFree", ctypes.c_int, (pointer,)),
    ):
        function = getattr(xlib, name)
        function.restype, function.argtypes = result, arguments


def _mark(xlib: Any, root: tk.Tk, *, is_set: bool) -> None:
    """Set or take the mark, over a connection of our own: Python cannot reach that of Tk."""
    display = xlib.XOpenDisplay(root.winfo_screen().encode())
    if not display:
        return
    # Xlib would end the program at an error: a window that is gone by now, say.
    before = xlib.XSetErrorHandler(ctypes.cast(_ignore_error, ctypes.c_void_p))
    try:
        _set_hint(xlib, display, root.winfo_id(), is_set=is_set)
        xlib.XSync(display, 0)
    finally:
        xlib.XSetErrorHandler(before)
        xlib.XCloseDisplay(display)


def _set_hint(xlib: Any, display: int, window: int, *, is_set: bool) -> None:
    wrapper = _parent_of(xlib, display, window)
    hints = xlib.XGetWMHints(display, wrapper) or xlib.XAllocWMHints()
    if wrapper and hints:
        flags = hints.contents.flags
        hints.contents.flags = flags | _URGENT if is_set else flags & ~_URGENT
        xlib.XSetWMHints(display, wrapper, hints)
    if hints:
        xlib.XFree(hints)


def _parent_of(xlib: Any, display: int, window: int) -> int:
    """Around its window Tk puts another one, which is the one that window managers know."""
    root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
    children = ctypes.c_void_p()
    places = [ctypes.byref(each) for each in (root, parent, children, count)]
    xlib.XQueryTree(display, window, *places)
    if children:
        xlib.XFree(children)
    return parent.value


# --- Windows --------------------------------------------------------------------------------------


class _Flash(ctypes.Structure):
    """FLASHWINFO of winuser.h."""

    _fields_ = (
        ("cbSize", ctypes.c_uint),
        ("hwnd", ctypes.c_void_p),
        ("dwFlags", ctypes.c_uint),
        ("uCount", ctypes.c_uint),
        ("dwTimeout", ctypes.c_uint),
    )


def _flash(window: int, *, is_set: bool) -> None:
    if sys.platform == "win32":
        flags = _FLASH_TRAY | _FLASH_UNTIL_IN_FRONT if is_set else _FLASH_STOP
        wish = _Flash(ctypes.sizeof(_Flash), window, flags, 0, 0)
        ctypes.windll.user32.FlashWindowEx(ctypes.byref(wish))
