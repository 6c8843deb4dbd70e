"""Which lines hold a password, and how such a line is shown: in a trace, a history, a conversation.

A password goes over the wire as the last part of a command. Whoever shows, keeps or repeats what
people type asks here first. A command that is only nearly spelled so holds a password as well, and
one that has lost its slash may (slip.py). No I/O and no state.
"""

import re
from collections.abc import Callable

from shared.request import COMMANDS, SLASHES, without_unseen
from shared.slip import FIRST_WORD, WORDS, may_hold_password

HIDDEN = "***"

_WITH_PASSWORD = ("/register", "/login", "/password", "/unregister")
_ELSEWHERE = frozenset(f"/{word}" for word in WORDS)  # and as other programs call it
_NEARLY = 0.82  # of difflib: /logn, /lgoin and /passwd are; /logout and /log are not
_COMMAND = rf"[^\w{SLASHES}]*[{SLASHES}]+\s*([^\s:,;=]+)[\s:,;=]+(?=\S)"
_BEFORE_SECRET = re.compile(rf"{FIRST_WORD.pattern}[\s:,;=]*")
_LONGEST_NAME = 64


def without_secret(line: str) -> str:
    """`line` with its password hidden; any other line as it is.

    A name is hidden as well: it may be the first word of a password.

    >>> without_secret("/login Alice correct horse"), without_secret("/lgoin Alice correct")
    ('/login ***', '/lgoin ***')
    >>> without_secret("login Alice secret99"), without_secret("Login works again, thanks")
    ('login ***', 'Login works again, thanks')
    """
    found = re.match(_COMMAND, line)
    if found is not None and _is_of_password("/" + without_unseen(found[1][:_LONGEST_NAME])):
        return line[: found.end()] + HIDDEN
    if may_hold_password(line, _nobody) and (first := _BEFORE_SECRET.match(line)):
        return line[: first.end()] + HIDDEN
    return line


def _nobody(name: str) -> bool:
    return False


def lacks_slash(line: str, is_name: Callable[[str], bool]) -> bool:
    """Whether `line` may hold a password behind a command without its slash: no server needs it.

    >>> lacks_slash("login Alice secret99", _nobody), lacks_slash("/login Alice secret99", _nobody)
    (True, False)
    """
    return re.match(_COMMAND, line) is None and may_hold_password(line, is_name)


def has_secret(line: str) -> bool:
    """Whether `line` holds a password, or may.

    >>> has_secret("/register correct horse"), has_secret("/register"), has_secret("/who")
    (True, False, False)
    """
    return without_secret(line) != line


def _is_of_password(name: str) -> bool:
    """Whether a command, or what was meant for one, is about a password."""
    name = name.lower()
    if name in _ELSEWHERE:
        return True
    if name in COMMANDS:
        return False
    import difflib  # not above: nobody has mistyped anything when a program starts

    return bool(difflib.get_close_matches(name, _WITH_PASSWORD, n=1, cutoff=_NEARLY))
