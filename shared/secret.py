"""Which lines hold a password, and how such a line is shown: in a trace, a history, a conversation.

A password goes over the wire as the last part of a command. Whoever shows, keeps or repeats what
people type asks here first. A command that is only nearly spelled so holds a password as well. No
I/O and no state.
"""

import re

from shared.request import COMMANDS, SLASHES, without_unseen

HIDDEN = "***"

_WITH_PASSWORD = ("/register", "/login", "/password", "/unregister")
_NEARLY = 0.82  # of difflib: /logn, /lgoin and /passwd are; /logout and /log are not
_COMMAND = rf"[^\w{SLASHES}]*[{SLASHES}]+\s*([^\s:,;=]+)[\s:,;=]+(?=\S)"
_LONGEST_NAME = 64


def without_secret(line: str) -> str:
    """`line` with its password hidden; any other line as it is.

    A name is hidden as well: it may be the first word of a password.

    >>> without_secret("/login Alice correct horse"), without_secret("/lgoin Alice correct")
    ('/login ***', '/lgoin ***')
    """
    found = re.match(_COMMAND, line)
    if found is None:
        return line
    name = "/" + without_unseen(found[1][:_LONGEST_NAME]).lower()
    if name not in _WITH_PASSWORD and not _is_near_one(name):
        return line
    return line[: found.end()] + HIDDEN


def has_secret(line: str) -> bool:
    """Whether `line` holds a password, or may.

    >>> has_secret("/register correct horse"), has_secret("/register"), has_secret("/who")
    (True, False, False)
    """
    return without_secret(line) != line


def _is_near_one(name: str) -> bool:
    if name in COMMANDS:
        return False
    import difflib  # not above: nobody has mistyped anything when a program starts

    return bool(difflib.get_close_matches(name, _WITH_PASSWORD, n=1, cutoff=_NEARLY))
