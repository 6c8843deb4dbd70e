"""Where words begin and end, for the keys that take one away. No toolkit here."""

import itertools
import unicodedata
from collections.abc import Iterable

_JOINERS = "_\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # Persian writes one word with both


def word_start(text: str, cursor: int) -> int:
    r"""From where on Ctrl+Backspace takes away: a word and the blanks behind it, or one line end.

    >>> word_start("one two  ", 9), word_start("one\n", 4), word_start("wait...", 7)
    (4, 3, 4)
    """
    before = text[:cursor][::-1]
    if before.startswith("\n"):
        return cursor - 1
    blanks = _run(before, "blank")
    return cursor - blanks - _run(before[blanks:], _kind(before[blanks : blanks + 1]))


def word_end(text: str, cursor: int) -> int:
    r"""Up to where Ctrl+Delete takes away: the blanks and the word that follow, or one line end.

    >>> word_end("one two", 3), word_end("one\ntwo", 3)
    (7, 4)
    """
    behind = text[cursor:]
    if behind.startswith("\n"):
        return cursor + 1
    blanks = _run(behind, "blank")
    return cursor + blanks + _run(behind[blanks:], _kind(behind[blanks : blanks + 1]))


def _run(characters: Iterable[str], kind: str) -> int:
    """How many of the first ones are of this kind; a line end is not taken along."""
    if kind == "line end":
        return 0
    return sum(1 for _ in itertools.takewhile(lambda each: _kind(each) == kind, characters))


def _kind(character: str) -> str:
    if character in ("", "\n"):
        return "line end"
    if character.isspace():
        return "blank"
    is_mark = unicodedata.category(character).startswith("M")  # it belongs to a letter
    return "word" if character.isalnum() or is_mark or character in _JOINERS else "sign"
