"""Single keys of a person at a terminal, without Enter.

A terminal collects a line before a program may read it, so that a person can correct it. A program
that wants a key to act at once asks the terminal for less: cbreak mode gives each key as it is
typed and does not show it, and Ctrl-C still interrupts. The program gives the terminal its own
modes back on every way out.
"""

import codecs
import errno
import os
import re
import select
import signal
import sys
from typing import Any

from shared.defaults import POLL_SECONDS
from shared.wakeup import Wakeup

ESCAPE = "\x1b"
"""What the key Escape sends; other keys send it and more."""

if sys.platform == "win32":
    import msvcrt
else:
    import termios
    import tty


def terminal_of_stdin() -> int | None:
    """The descriptor of standard input, where that is a terminal."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # a service has none, or a closed one
        return None
    return descriptor if os.isatty(descriptor) else None


if sys.platform == "win32":
    TERMINAL_ERRORS = (OSError,)
    _KEY_POLL_SECONDS = 0.1  # no call there waits for a key and for something else

    class Keys:
        """The console's keys, one by one. No mode has to be set there."""

        def __init__(self, descriptor: int, *, has_alt: bool = True) -> None:
            pass

        def take(self) -> bool:
            """Nothing has to be set: always True."""
            return True

        def enter_thread(self) -> None:
            """Nothing has to be done."""

        def wait(self, wakeup: Wakeup) -> str | None:
            """The key that was pressed, or "", or None when `wakeup` rang."""
            if wakeup.wait(0 if msvcrt.kbhit() else _KEY_POLL_SECONDS):
                return None
            if not msvcrt.kbhit():
                return ""
            key = msvcrt.getwch()
            if (
                key in "\0\xe0" and msvcrt.kbhit()
            ):  # a function key: its code follows, and 'q' is one
                msvcrt.getwch()
            return key

        def give_back(self) -> None:
            """Nothing was taken."""

else:
    TERMINAL_ERRORS = (OSError, termios.error)
    _LOCAL_MODES = 3  # where tcgetattr() gives the modes that ICANON belongs to

    # Function keys arrive as an escape and more: the keypad's 1 may send "ESC O q".
    _FUNCTION_KEY = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)"
    _WITHOUT_ALT = re.compile(_FUNCTION_KEY, re.DOTALL)
    _WITH_ALT = re.compile(rf"{_FUNCTION_KEY}|\x1b.", re.DOTALL)

    class Keys:
        """A terminal that is ours only while we are in its foreground.

        A background job that changes the terminal or reads from it is stopped by the system
        (SIGTTOU, SIGTTIN), and a stopped server serves nobody. So we ask first, each time: people
        press Ctrl-Z and type bg and fg as they please.
        """

        def __init__(self, descriptor: int, *, has_alt: bool = True) -> None:
            """A key with Alt sends an escape before it, and so does Escape, followed by that key.

            With `has_alt` it is taken for Alt, and left out; else for both keys.
            """
            self._sequences = _WITH_ALT if has_alt else _WITHOUT_ALT
            self._descriptor = descriptor
            self._found: list[Any] | None = None  # the modes to give back, while ours are set
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def enter_thread(self) -> None:
            """Make it an error, not a stop, to go to the background between asking and acting."""
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN, signal.SIGTTOU})

        def take(self) -> bool:
            """Set cbreak mode, where it is not; False in the background.

            TCSANOW, here and below: a wait for the output to leave would not end in a terminal that
            was stopped with Ctrl-S.
            """
            if not self._in_foreground():
                return False
            modes = termios.tcgetattr(self._descriptor)
            if modes[_LOCAL_MODES] & termios.ICANON:  # at the start, and after Ctrl-Z and fg
                self._found = modes
                tty.setcbreak(self._descriptor, termios.TCSANOW)
            return True

        def wait(self, wakeup: Wakeup) -> str | None:
            """The keys that were pressed, perhaps none; None at the end, or when `wakeup` rang.

            Those that are not a character are left out, but for ESCAPE. select(), as poll() does
            not work with terminals on macOS.
            """
            keyboard = [self._descriptor] if self.take() else []
            ready = select.select([*keyboard, wakeup.fileno()], [], [], POLL_SECONDS)[0]
            if wakeup.fileno() in ready:
                return None
            if not ready or not self._in_foreground():
                return ""
            read = os.read(self._descriptor, 1024)
            keys = self._decoder.decode(read)  # of a character that is cut in two, it keeps a part
            return self._sequences.sub("", keys) if read else None

        def give_back(self) -> None:
            """Restore the modes; not in the background, where the shell has set its own."""
            if self._found and self._in_foreground():
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._found)
            self._found = None

        def _in_foreground(self) -> bool:
            try:
                return os.tcgetpgrp(self._descriptor) == os.getpgrp()
            except OSError as error:
                if error.errno != errno.ENOTTY:
                    raise  # the terminal is gone
                return True  # it does not control us, so the system does not stop us there
