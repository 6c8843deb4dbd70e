"""Text that is safe to show: somebody else has written it, and a terminal or a file gets it."""

import re

_UNSAFE = (
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1: escape sequences, returns, bells
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f"  # bidi controls
    "\u2028\u2029"  # line and paragraph separator: a new line to some programs
    "\ud800-\udfff"  # lone surrogates, which no UTF-8 has
    "]"
)


def clean(text: str) -> str:
    r"""`text` with every control character replaced, so that it can forge no line and no screen.

    A tab becomes a space; C0, C1 and bidi controls, line separators and lone surrogates become
    U+FFFD. What people need to write their languages (joiners, combining marks, emoji) stays.

    >>> clean("red\x1b[31m\talert")
    'red�[31m alert'
    """
    if text.isprintable():  # nearly always, and much quicker to find out
        return text
    return re.sub(_UNSAFE, "�", text.replace("\t", " "))
