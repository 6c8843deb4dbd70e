"""Which names are allowed, when two names are the same, and what to offer when one is taken.

Pure functions: whether a name is free only the room knows, and only while it holds its lock (see
Room.join). So this module proposes, and the room takes the first proposal that nobody has.
"""

import itertools
import unicodedata
from collections.abc import Iterator

import names

from shared.defaults import MAX_NAME_CHARACTERS

ON_DUPLICATE = ("random", "number", "reject")
"""What happens to somebody whose name is taken: a random name, Alice1, or a refusal."""

RESERVED = frozenset({"server", "system", "error", "you", "admin", "everyone", "all", "nobody"})
"""Names that would make a line read as if the program, or everybody, had said it."""

_RANDOM_DRAWS = 8
_RULE = f"A name has 1 to {MAX_NAME_CHARACTERS} letters, digits, _ or - and starts with a letter."


class BadNickname(ValueError):
    """The name cannot be had by anybody; the text is a sentence for the person who asked."""


def normalise(wanted: str) -> str:
    """The name as it is shown: blanks off its ends, compatibility forms made plain (NFKC, UAX 15).

    Raises BadNickname. A name holds no space and no punctuation but _ and -, which is what makes
    every line on the wire unambiguous (shared/message.py).

    >>> normalise(" Ａｌｉｃｅ ")
    'Alice'
    """
    name = unicodedata.normalize("NFKC", wanted.strip())
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise BadNickname(_RULE)
    if not name[0].isalpha() or not all(map(_is_allowed, name)):
        raise BadNickname(_RULE)
    if fold(name) in RESERVED:
        raise BadNickname(f"The name {name} is reserved.")
    return name


def _is_allowed(character: str) -> bool:
    # Mn and Mc are the marks that many scripts write their vowels with: हिन्दी has no name without.
    return character in "_-" or unicodedata.category(character) in (
        "Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc",
    )  # fmt: skip


def fold(name: str) -> str:
    """What two spellings of the same name have in common: the key under which it is held.

    >>> fold("ALICE") == fold("alice") == fold("Alice")
    True
    >>> fold("STRASSE") == fold("straße")
    True
    """
    return unicodedata.normalize("NFKC", name.casefold())


def alternatives(wanted: str, on_duplicate: str) -> Iterator[str]:
    """What to try for somebody whose wanted name is taken, or who (with "") wants any.

    Gives nothing for "reject". Draws from the `names` package here and now, before the room takes
    its lock: the package opens a file for each draw.
    """
    if on_duplicate == "number" and wanted:
        return _numbered(wanted)
    if on_duplicate == "reject" and wanted:
        return iter(())
    # The 1,000 most frequent first names are drawn by frequency, and 20 people who draw one each
    # collide every other time: so several draws, and then a number.
    draws = [names.get_first_name() for _ in range(_RANDOM_DRAWS)]
    return itertools.chain(draws, _numbered(draws[0]))


def _numbered(name: str) -> Iterator[str]:
    """Alice1, Alice2, ... each within the length that is allowed.

    >>> list(itertools.islice(_numbered("Alice"), 2))
    ['Alice1', 'Alice2']
    """
    for number in itertools.count(1):
        digits = str(number)
        yield name[: MAX_NAME_CHARACTERS - len(digits)] + digits
