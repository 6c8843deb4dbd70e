"""Whether the terminal is dark or light: it is asked, and has a moment to answer.

New here: a question to the terminal itself. `OSC 11 ; ?` asks for its background (xterm's control
sequences, "Operating System Commands"), and most terminals answer. One that does not know it says
nothing, so a second question follows that all of them answer (Primary Device Attributes, ECMA-48's
DA). When that answer is here, no other comes.

An answer that comes too late, over a slow line, would be read as keys: `of_report` knows it.
"""

import contextlib
import os
import re
import select
import sys
from typing import NamedTuple

from shared.deadline import Deadline

_ASK = b"\x1b]11;?\x1b\\\x1b[c"

ANSWER_SECONDS = 0.25
"""Over a usual network the answer takes a tenth of that. The first picture waits for it."""

_COLOUR = re.compile(rb"\x1b?\]11;rgba?:([0-9a-fA-F/]+)(?:\x07|\x1b\\)")
_ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")
_MAX_BYTES = 4096  # of keys that were typed before the picture; a paste may lose its end
_LIGHT_LUMINANCE = 0.18  # here black and white text can be read equally well


class Answer(NamedTuple):
    """What came: the background if it was told, and keys that somebody typed meanwhile."""

    background: str = ""  # "dark", "light", or not known
    typed: bytes = b""


def ask(name: str, *, seconds: float = ANSWER_SECONDS) -> Answer:
    """Ask the terminal TERM=`name` on standard input and output. Main thread, before curses."""
    if name.startswith("linux"):
        return Answer("dark")  # the Linux console takes the question for another one
    try:
        came = _converse(seconds)
    except (ImportError, OSError):
        came = b""
    colour = _COLOUR.search(came)
    told = of_report(colour[0]) if colour else ""
    typed = _ATTRIBUTES.sub(b"", _COLOUR.sub(b"", came))
    return Answer(told or of_environment(), typed)


def _converse(seconds: float) -> bytes:
    """Ask, and take what comes until the answer is whole. Raises OSError, and ImportError."""
    import termios  # not on Windows
    import tty

    terminal = sys.stdin.fileno()
    if os.tcgetpgrp(terminal) != os.getpgrp():
        return b""  # in the background; curses waits for its turn, and nobody answers us
    try:
        before = termios.tcgetattr(terminal)
    except termios.error as error:
        raise OSError(str(error)) from error
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(sys.stdout.fileno(), _ASK)
        return _until_attributes(terminal, Deadline(seconds))
    except termios.error as error:
        raise OSError(str(error)) from error
    finally:
        with contextlib.suppress(
            termios.error
        ):  # the terminal may be gone: then it has no settings
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def _until_attributes(terminal: int, deadline: Deadline) -> bytes:
    came = b""
    while not _ATTRIBUTES.search(came) and len(came) < _MAX_BYTES:
        if not select.select([terminal], [], [], deadline.seconds_left)[0]:
            break
        data = os.read(terminal, _MAX_BYTES)
        if not data:
            break
        came += data
    return came


def of_report(report: bytes) -> str:
    r"""What an answer to OSC 11 says: "dark" or "light"; nothing where it cannot be read.

    >>> of_report(b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\"), of_report(b"\x1b]11;rgb:00/2b/36\x07")
    ('light', 'dark')
    """
    found = _COLOUR.search(report)
    parts = found[1].split(b"/")[:3] if found else []
    if len(parts) != 3 or not all(parts):
        return ""
    red, green, blue = (int(each, 16) / (16 ** len(each) - 1) for each in parts)
    return "light" if luminance(red, green, blue) > _LIGHT_LUMINANCE else "dark"


def luminance(red: float, green: float, blue: float) -> float:
    """Of a colour whose parts are from 0 to 1: WCAG 2.2, "relative luminance"."""
    parts = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in (red, green, blue)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def of_environment() -> str:
    """What COLORFGBG says ("0;15", as rxvt and Konsole set it): "dark", "light", or nothing.

    It does not change where somebody changes the colours, and goes through ssh and tmux into
    terminals that are others; so it is asked last.
    """
    number = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    if not number.isdecimal():
        return ""
    return "light" if int(number) in (7, *range(9, 16)) else "dark"
