"""Whether a text says a name, and whether somebody is called so. No toolkit, no terminal."""

import re
import unicodedata
from collections.abc import Iterable, Iterator


def mentions(text: str, name: str) -> bool:
    """Whether `text` says `name`, as a word of its own.

    >>> mentions("ask alice, please", "Alice"), mentions("malice", "Alice")
    (True, False)
    """
    if not name:
        return False
    # Names are NFKC (see phase4/server/nicknames.py); a text may come with its accents apart.
    return _as_a_word(_folded(name)).search(_folded(text)) is not None


def places_of(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `text` says `name`, as far as it is spelled letter by letter as the name is.

    >>> list(places_of("Alice", "alice, malice"))
    [(0, 5)]
    """
    return (found.span() for found in _as_a_word(name).finditer(text))


def is_among(name: str, people: Iterable[str]) -> bool:
    """Whether one of them is called so, as the server compares names.

    >>> is_among("bob", ["Ann", "Bob"]), is_among("property", ["Ann", "Bob"])
    (True, False)
    """
    return _folded(name) in map(_folded, people)


def _as_a_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
