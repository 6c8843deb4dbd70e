"""Lines in which a command has lost its slash, and which may hold a password: never said to all.

Nobody can tell `password incorrect`, a sentence, from `password incorrect`, a secret. Where the two
cannot be told apart the line is refused: its sender reads why, and puts a word before it. It is a
slip where its first word is that of a command with a password, or nearly, and behind it stand

- one word that is as long as a password (`register correcthorse`);
- a name that somebody has, and more (`login Alice correct horse`);
- a word that nobody would write in a sentence (`password is Tr0ub4dor`), among the first few.

No I/O and no state. `parse` in request.py asks here, so server and clients decide it alike.
"""

import re
from collections.abc import Callable, Iterator

from shared.defaults import MIN_PASSWORD_CHARACTERS

WORDS = ("login", "logon", "signin", "register", "unregister", "identify", "password", "passwd")
"""What people write, here and elsewhere, before they give a password."""

_MOST_WORDS = 5  # behind the first: a longer line is a sentence
_MOST_CHARACTERS = 200  # of a line that is looked at: a name and the longest password

_FIRST_LETTERS = frozenset(letter for word in WORDS for letter in (word[0], word[0].upper()))
_GLUED = re.compile(r"[:,;=]+")
FIRST_WORD = re.compile(r"[\W_]*([^\W_]+)")
"""Of a line, with the signs before it."""

_ODD = re.compile(r"[^\W\d_]\d|\d[^\W\d_]|[a-z][A-Z]|\w[^\w\s'’.-]\w")


def _nearly(word: str) -> Iterator[str]:
    """The word, and what becomes of it where one letter is left out, or two change places."""
    yield word
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


_COMMANDS = frozenset(each for word in WORDS for each in _nearly(word))


def begins_like_one(line: str) -> bool:
    """Whether the first letter is that of a slip: nearly no line needs to be looked at further."""
    return line[:1] in _FIRST_LETTERS


def may_hold_password(line: str, is_name: Callable[[str], bool]) -> bool:
    """Whether a line without a slash may hold a password. `is_name` tells whose names there are.

    >>> may_hold_password("login Alice secret99", lambda name: False)
    True
    >>> may_hold_password("Login works again, thanks", lambda name: False)
    False
    """
    first = FIRST_WORD.match(line)
    if first is None or first[1].lower() not in _COMMANDS:
        return False
    if len(line) > _MOST_CHARACTERS:
        return False
    rest = _words(line)[1:]
    if not rest:
        return False
    if len(rest) == 1:
        return _is_long(rest[0])
    return is_name(rest[0]) or any(_is_odd(each) for each in rest[:_MOST_WORDS])


def _words(line: str) -> list[str]:
    """The words of a line; `login:secret99` are two."""
    first, *rest = line.split() or [""]
    words = [*_GLUED.split(first, maxsplit=1), *(each.strip(":,;=") for each in rest)]
    return [each for each in words if each]


def _is_long(word: str) -> bool:
    return len(word) >= MIN_PASSWORD_CHARACTERS and not word.lower().startswith("http")


def _is_odd(word: str) -> bool:
    """Whether it mixes what words of a language do not: letters and digits, or signs in it."""
    return _is_long(word) and bool(_ODD.search(word))
