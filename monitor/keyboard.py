"""What comes from the terminal, by its name: letters, keys, the mouse, and late answers.

New here: a terminal sends all of it as bytes in one stream. curses takes keys and the mouse apart
by the terminal's description; letters of more than a byte, and an answer to a question of ours
that comes late (background.py), are taken apart here.
"""

import codecs
import contextlib
import curses

from monitor import background

_KEYS: dict[int | str, str] = {
    curses.KEY_UP: "up",
    curses.KEY_DOWN: "down",
    curses.KEY_PPAGE: "page up",
    curses.KEY_NPAGE: "page down",
    curses.KEY_HOME: "home",
    curses.KEY_END: "end",
    curses.KEY_BACKSPACE: "backspace",
    curses.KEY_ENTER: "enter",
    curses.KEY_RESIZE: "redraw",
    "\x0c": "redraw",  # Ctrl-L
    "\x7f": "backspace",
    "\b": "backspace",
    "\n": "enter",
    "\r": "enter",
    "\x1b": "escape",
}

_WHEEL_UP = curses.BUTTON4_PRESSED
_WHEEL_DOWN = getattr(curses, "BUTTON5_PRESSED", 0x200000)  # curses before its version 6 has none
_MAX_REPORT_BYTES = 100


class Keyboard:
    """Keys of one window. The main thread's."""

    def __init__(self, window: "curses.window", *, encoding: str) -> None:
        self._window = window
        decoder = codecs.getincrementaldecoder(encoding)
        self._decoder = decoder("ignore")  # what cannot be read was not typed
        self.clicked = (0, 0)  # the row and the column of the last "click"
        self.background = ""  # what the last "background" says
        with contextlib.suppress(curses.error):
            curses.mousemask(curses.BUTTON1_PRESSED | _WHEEL_UP | _WHEEL_DOWN)
            curses.mouseinterval(0)  # or a click would be waited for, in case it is a double one

    def give_back(self, typed: bytes) -> None:
        """Keys that were read before curses began: they come first."""
        for each in reversed(typed):
            with contextlib.suppress(curses.error):
                curses.ungetch(each)

    def next(self, milliseconds: int) -> str:
        """The next key by its name, or a character; nothing if none comes in time.

        Beside keys: "click", "wheel up", "wheel down", "redraw", "background".
        """
        self._window.timeout(milliseconds)
        key = self._next_key()
        self._window.timeout(0)
        if key == curses.KEY_MOUSE:
            return self._mouse()
        if key == "\x1b":
            return self._after_escape()
        return _KEYS.get(key) or (key if isinstance(key, str) else _UNKNOWN)

    def _next_key(self) -> int | str:
        """A character, the number of another key, or nothing.

        getch() gives a character byte by byte. get_wch() would put it together, but where the bytes
        are none of this locale's it swallows the keys that follow.
        """
        key = self._window.getch()
        while 128 <= key < 256:  # more of the character follows at once
            letter = self._decoder.decode(bytes([key]))
            if letter:
                return letter
            key = self._window.getch()
        return "" if key == -1 else self._decoder.decode(bytes([key])) if key < 128 else key

    def _mouse(self) -> str:
        try:
            _, x, y, _, buttons = curses.getmouse()
        except curses.error:
            return _UNKNOWN
        if buttons & _WHEEL_UP:
            return "wheel up"
        if buttons & _WHEEL_DOWN:
            return "wheel down"
        self.clicked = (y, x)
        return "click"

    def _after_escape(self) -> str:
        """Esc alone, or the answer to a question, which nobody typed."""
        key = self._window.getch()
        if key == ord("]"):
            told = background.of_report(self._report(b"\x1b]", ends=b"\x07\\"))
            self.background = told or self.background
            return "background" if told else _UNKNOWN
        if key == ord("["):
            self._report(b"\x1b[", ends=b"cRnuy~")
            return _UNKNOWN
        if key != -1:
            curses.ungetch(key)
        return "escape"

    def _report(self, begun: bytes, ends: bytes) -> bytes:
        """The rest of it, up to its end."""
        self._window.timeout(_REPORT_MILLISECONDS)
        report = begun
        while len(report) < _MAX_REPORT_BYTES:
            key = self._window.getch()
            if not 0 <= key < 256:
                break
            report += bytes([key])
            if key in ends:
                break
        self._window.timeout(0)
        return report


_UNKNOWN = "unknown"  # something came, and it means nothing here
_REPORT_MILLISECONDS = 50  # its bytes come together
