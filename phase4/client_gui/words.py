"""The words that call a person, beside the own name: as they are typed, and as they are kept.

No toolkit here.
"""

import re
import unicodedata
from collections.abc import Iterable

from shared import message

MAX_WORDS = 20
"""Each line that comes is searched for each of them. HexChat has a field of 300 characters."""

MAX_WORD_CHARACTERS = 40
"""Two names long: a few words that belong together are one, too."""

_BETWEEN = re.compile("[,;،、，\n]")


def words_of(typed: str) -> tuple[str, ...]:
    """The words in a field, with a comma between two; each once, and no more than are kept.

    >>> words_of("exam, Exam ,room  204,,")
    ('exam', 'room 204')
    """
    return kept(_BETWEEN.split(typed))


def left_out(typed: str) -> bool:
    """Whether something stands in the field that is not kept.

    >>> left_out("exam, Exam, "), left_out("exam, ?")
    (False, True)
    """
    known = {word.casefold() for word in words_of(typed)}
    pieces = (" ".join(piece.split()) for piece in _BETWEEN.split(typed))
    return any(piece and not _is_kept(piece, known) for piece in pieces)


def _is_kept(piece: str, known: set[str]) -> bool:
    return any(word.casefold() in known for word in kept([piece]))


def field_of(words: Iterable[str]) -> str:
    """What stands in the field where these are kept."""
    return ", ".join(words)


def kept(words: Iterable[str]) -> tuple[str, ...]:
    """Those of them that can call, in one spelling, and no more than are kept."""
    clean = (" ".join(message.clean(word).split()) for word in words)
    composed = (unicodedata.normalize("NFKC", word) for word in clean)
    # A sign alone would be found in nearly every line.
    fit = (word for word in composed if len(word) <= MAX_WORD_CHARACTERS and _has_letter(word))
    once: dict[str, str] = {}
    for word in fit:
        once.setdefault(word.casefold(), word)
    return tuple(once.values())[:MAX_WORDS]


def _has_letter(word: str) -> bool:
    return any(map(str.isalnum, word))
