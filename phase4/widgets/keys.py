"""Shortcuts by the key that is pressed, whatever Caps Lock and the layout make of it.

To Tk, Ctrl+C with Caps Lock is `<Control-C>`, which is Ctrl+Shift+C without; Alt+1 is
`<Alt-ampersand>` on a French keyboard; and where a layout has no Latin letters, Ctrl+C is
`<Control-Cyrillic_es>`. So each key with Control or Alt comes here before anything else sees it. It
becomes a virtual event with one name (`<<Control-c>>`), or Tk's own (`<<Copy>>`), if something in
that part of the window listens to one. Main thread only.

Where the keyboard has a letter in no place, the key's place decides: it is the letter that stands
there on an American one. On macOS Tk numbers keys in its own way, and only Caps Lock is seen to.
Command does there what Control and Alt do elsewhere, beside them.
"""

import functools
import re
import tkinter as tk
from collections.abc import Callable

_TAG = "Shortcuts"  # the first of the tags of each widget that has had the keyboard
_SHIFT = 0x0001
_NO_SUCH_KEY = "??"  # to Tk

_OF_TK = {
    "Control-c": "<<Copy>>",
    "Control-x": "<<Cut>>",
    "Control-v": "<<Paste>>",
    "Control-z": "<<Undo>>",
    "Control-Shift-z": "<<Redo>>",
}
"""What Tk itself does with these keys, but on macOS, where Command does it."""

# Tk's numbers of keys: on X11 those of every X server today (evdev, from 8 on), on Windows the
# virtual-key codes (winuser.h), which are the characters.
_ROWS = ((10, "1234567890"), (24, "qwertyuiop"), (38, "asdfghjkl"), (52, "zxcvbnm"))
_X11 = {first + at: key for first, row in _ROWS for at, key in enumerate(row)}
_WINDOWS = {ord(key.upper()): key for _, row in _ROWS for key in row}
_PLACES = {"x11": _X11, "win32": _WINDOWS}

_asked: list[str] = []  # what Tk answered _has()

_MODIFIERS = {"Control": ("Control",), "Alt": ("Alt",), "Command": ("Control", "Alt")}
"""What we call each. On macOS people press Command for what is Control or Alt elsewhere."""

_ONE_KEY = re.compile(r"<((?:Control|Alt)-(?:Shift-)?)(?:Key-)?([a-z0-9]|Up|Down)>")


def bind_keys(widget: tk.Misc, sequence: str, do: Callable[[object], object]) -> None:
    """As `widget.bind`; `<Control-f>`, `<Control-Shift-c>`, `<Alt-1>` are known in any layout.

    `<Alt-Up>` and such are known wherever the keyboard is: to Tk they may be `<Up>` as well.
    """
    if not widget.bind_class(_TAG):
        _listen(widget)
    found = _ONE_KEY.fullmatch(sequence)
    widget.bind(f"<<{found[1]}{found[2]}>>" if found else sequence, do)


def only(action: Callable[[], object]) -> Callable[[object], str]:
    """For a binding: do this, and nothing else that the keys would do."""

    def answer(_: object) -> str:
        action()
        return "break"

    return answer


def _listen(widget: tk.Misc) -> None:
    """Let the keys of all that is in its window come here first."""
    system = widget.tk.call("tk", "windowingsystem")
    for modifier in _MODIFIERS if system == "aqua" else ("Control", "Alt"):
        answer = functools.partial(_pressed, modifier, system)
        widget.bind_class(_TAG, f"<{modifier}-KeyPress>", answer)
    widget.bind_class(_TAG, "<Control-Alt-KeyPress>", _answer)
    widget.bind_all("<FocusIn>", _stand_first, add=True)


def key_of(
    event: "tk.Event[tk.Misc]", has: Callable[[str], bool], *, system: str, by_place: bool
) -> str:
    """The letter (small), digit or arrow that a key stands for; empty where it is another key.

    `has(letter)`: whether the keyboard has it in some place. `by_place`: a digit counts also where
    Shift is needed for it.
    """
    if event.keysym in ("Up", "Down"):
        return event.keysym
    if len(event.keysym) == 1 and event.keysym.isascii() and event.keysym.isalnum():
        return event.keysym.lower()
    place = _PLACES.get(system, {}).get(event.keycode, "")
    if place.isdigit():
        is_other = event.keysym_num >= 0x80  # no sign that could be a shortcut itself
        return place if by_place or is_other else ""
    return place if place and not has(place) else ""


def names_of(modifier: str, key: str, *, system: str, has_shift: bool) -> list[str]:
    """The virtual events that a key with a modifier may stand for, the first one first."""
    keys = [f"{each}-{'Shift-' if has_shift else ''}{key}" for each in _MODIFIERS[modifier]]
    of_tk = [] if system == "aqua" else [_OF_TK[each] for each in keys if each in _OF_TK]
    return [*(f"<<{each}>>" for each in keys), *of_tk]


def _has(system: str, event: "tk.Event[tk.Misc]", letter: str) -> bool:
    """Whether some key of this keyboard is this letter: Tk finds that out to generate an event."""
    if system != "x11":
        return 0 < event.keysym_num < 0x400  # Latin; most others have no name (0) on Windows
    _asked.clear()
    event.widget.event_generate(f"<Control-Alt-Key-{letter}>", sendevent=True)
    return _asked != [_NO_SUCH_KEY]


def _answer(event: "tk.Event[tk.Misc]") -> str | None:
    if not event.send_event:  # Control and Alt together are AltGr on Windows: a character
        return None
    _asked.append(event.keysym)
    return "break"


def _stand_first(event: "tk.Event[tk.Misc]") -> None:
    widget = event.widget
    if isinstance(widget, tk.Misc) and _TAG not in widget.bindtags():  # a menu of Tk's own is a str
        widget.bindtags((_TAG, *widget.bindtags()))


def _pressed(modifier: str, system: str, event: "tk.Event[tk.Misc]") -> str | None:
    has = functools.partial(_has, system, event)
    key = key_of(event, has, system=system, by_place=modifier == "Alt")
    has_shift = bool(int(event.state) & _SHIFT and key.isalpha())
    widget = event.widget
    for virtual in names_of(modifier, key, system=system, has_shift=has_shift) if key else ():
        if any(widget.bind_class(tag, virtual) for tag in widget.bindtags()):
            widget.event_generate(virtual)
            return "break"
    return None
