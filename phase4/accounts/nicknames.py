"""Which names are allowed, when two names are the same, and what to offer when one is taken.

Pure functions: only the room knows whether a name is free, and only while it holds its lock (see
Room.join). So this module proposes, and the room takes the first proposal that nobody has.

Two standards say what makes a name safe: the profile UsernameCasePreserved of PRECIS (RFC 8265),
and Unicode's tables of what looks like what (UTS 39). Each comes from a library. Without both,
names are of the letters A to Z alone: then fewer names are allowed, and none that is less safe.

The tables of both take 50 ms to load. They say nothing new of the letters A to Z, so the first name
with others loads them, in `normalise`, which nobody calls while a lock is held.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from shared.defaults import MAX_NAME_CHARACTERS
from shared.libraries import how_to_get

IS_ASCII_ONLY = not all(map(find_spec, ("confusable_homoglyphs", "precis_i18n")))
"""Whether a library is missing."""

ON_DUPLICATE = ("random", "number", "reject")
"""What a person gets whose name is taken: a random name, Alice1, or a refusal."""

RESERVED = frozenset(
    {"server", "system", "error", "relay", "you", "everyone", "all", "nobody"}
    | {"admin", "administrator", "moderator", "operator", "root"}
    | {"nickserv", "chanserv"}
)
"""Names that would make a line read as if the program, or everybody, had said it. The last two are
those to whom people on IRC send their passwords."""

_MOST_TYPED = 4 * MAX_NAME_CHARACTERS  # a letter may be typed as one and up to three marks
_RANDOM_DRAWS = 8
_NAMELESS = "Guest"  # Guest, Guest1, Guest2 ... where no name can be drawn
_LETTERS = "letters from A to Z" if IS_ASCII_ONLY else "letters"
_RULE = (
    f"A name has 1 to {MAX_NAME_CHARACTERS} {_LETTERS}, digits, _ or - and starts with a letter."
)

WHY_ASCII_ONLY = (
    "Names are of the letters A to Z alone, because the libraries that know the others are not "
    f"installed. To have them: {how_to_get('precis-i18n', 'confusable-homoglyphs')}"
    if IS_ASCII_ONLY
    else ""
)
"""For whoever runs the server."""


class BadNickname(ValueError):
    """Nobody may have this name; the text is a sentence for the person who asked."""


def normalise(wanted: str) -> str:
    """The name as it is shown: blanks off its ends, compatibility forms made plain (NFKC, UAX 15).

    Raises BadNickname. A name holds no space and no punctuation but _ and -, which is what makes
    every line on the wire unambiguous (shared/message.py).

    >>> normalise(" Ａｌｉｃｅ ")
    'Alice'
    """
    wanted = wanted.strip()
    if len(wanted) > _MOST_TYPED:  # to normalise a long text may take milliseconds
        raise BadNickname(_RULE)
    name = unicodedata.normalize("NFKC", wanted)
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise BadNickname(_RULE)
    if not name[0].isalpha() or not all(map(_is_allowed, name)):
        raise BadNickname(_RULE)
    if _TOO_MANY_MARKS.search("".join(map(_mark_or_not, name))):
        raise BadNickname("That name piles up too many marks.")
    if not name.isascii():
        _check_by_tables(name)
    if fold(name) in RESERVED or look(name) in map(look, RESERVED):
        raise BadNickname(f"The name {name} is reserved.")
    return name


def _check_by_tables(name: str) -> None:
    try:
        _precis().enforce(name)
        is_of_one_script = _is_of_one_script(name)
        look(name)
    except UnicodeEncodeError as error:
        raise BadNickname("That name holds a character that names must not have.") from error
    except (ImportError, OSError) as error:  # no descriptor is left, or no memory
        raise BadNickname("That name cannot be checked now; take letters from A to Z.") from error
    if not is_of_one_script:
        raise BadNickname("A name mixes no alphabets: one could imitate another with it.")


@functools.cache
def _precis() -> Any:
    from precis_i18n import get_profile

    return get_profile("UsernameCasePreserved")


_WRITTEN_TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
"""Scripts that a single word may mix: the level "Highly Restrictive" of UTS 39, section 5.2."""


def _is_allowed(character: str) -> bool:
    if IS_ASCII_ONLY and not character.isascii():
        return False
    # Mn and Mc are the marks that many scripts write their vowels with; हिन्दी needs them.
    return character in "_-" or unicodedata.category(character) in (
        "Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc",
    )  # fmt: skip


_TOO_MANY_MARKS = re.compile("M{4}")  # no script needs more than three on a letter


def _mark_or_not(character: str) -> str:
    return unicodedata.category(character)[0]


def _is_of_one_script(name: str) -> bool:
    from confusable_homoglyphs import categories

    scripts = categories.unique_aliases(name) - {"COMMON", "INHERITED"}
    return len(scripts) <= 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)


def fold(name: str) -> str:
    """What two spellings of the same name have in common: the key under which it is held.

    A text that is too long for a name is given back as it is: no key is so long.

    >>> fold("ALICE") == fold("alice") == fold("Alice")
    True
    >>> fold("STRASSE") == fold("straße")
    True
    """
    if len(name) > _MOST_TYPED:
        return name
    return unicodedata.normalize("NFKC", name.casefold())


def look(name: str) -> str:
    """What two names have in common that look alike on a screen (a "skeleton", UTS 39, section 4).

    >>> look("BiII") == look("Bill")
    True
    >>> look("сосо") == look("coco")  # the first is Cyrillic
    True
    >>> look("Bemie") == look("Bernie") and look("vvendy") == look("wendy")
    True
    """
    letters = unicodedata.normalize("NFD", name)
    skeleton = unicodedata.normalize("NFD", fold("".join(map(_prototype, letters))))
    return _DOT_ON_A_DOT.sub(r"\1", skeleton).replace("w", "vv")  # as m is rn, and not in UTS 39


_DOT_ON_A_DOT = re.compile(
    "([ij][\u0316-\u0319\u031b-\u033c\u0347-\u0349\u034d\u034e\u0353-\u0356]*)\u0307+"
)
"""An i or j, marks that are not above it, and dots above: they are drawn as one dot, or as none."""

_LEFT_TO_RIGHT = "\u200e"

ASCII_PROTOTYPES = {"I": "1", "l": "1", "O": "0", "m": "rn"}
"""What the tables say of letters, digits, _ and -. Names of these need no tables."""


@functools.lru_cache(maxsize=4096)
def _prototype(character: str) -> str:
    """The character that stands for all those that look like this one; several, as rn for m."""
    is_plain = character.isascii() and (character.isalnum() or character in "_-")
    if is_plain or IS_ASCII_ONLY:
        return ASCII_PROTOTYPES.get(character, character)
    return _by_tables(character)


def _by_tables(character: str) -> str:
    """The prototype of a character that the tables may know."""
    # The table lists the look-alikes of a prototype under it, and the prototype under each of them.
    # So two steps reach the whole family; the first of it in code order stands for all. What looks
    # like several characters has these as its only prototype.
    family = {character, *_look_alikes(character)}
    for each in tuple(family):
        family.update(_look_alikes(each))
    several = min((each for each in family if len(each) > 1), default="")
    return "".join(map(_prototype, several)) or min(family)


def _look_alikes(text: str) -> Iterator[str]:
    from confusable_homoglyphs import confusables

    # The table has what is written from right to left between two marks of direction.
    for key in (text, f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}"):
        for each in confusables.confusables_data.get(key, ()):
            yield each["c"].strip(_LEFT_TO_RIGHT)


def alternatives(wanted: str, on_duplicate: str) -> Iterator[str]:
    """What to try where `wanted` is taken; "" asks for any name.

    Gives nothing for "reject". Draws from the `names` package at once, before the room takes its
    lock: the package opens a file for each draw.
    """
    if on_duplicate == "number" and wanted:
        return _numbered(wanted)
    if on_duplicate == "reject" and wanted:
        return iter(())
    draws = _drawn()
    return itertools.chain(draws, _numbered(draws[0]))


def _drawn() -> list[str]:
    """First names, of which people who draw at once may all get the same: then a number follows.

    They are drawn by frequency, and among 20 people two get the same every other time.
    """
    try:
        import names

        return [names.get_first_name() for _ in range(_RANDOM_DRAWS)]
    except (ImportError, OSError):  # OSError: no descriptor is left for the package's file
        return [_NAMELESS]


def _numbered(name: str) -> Iterator[str]:
    """Alice1, Alice2, ... each within the length that is allowed.

    >>> list(itertools.islice(_numbered("Alice"), 2))
    ['Alice1', 'Alice2']
    """
    for number in itertools.count(1):
        digits = str(number)
        yield name[: MAX_NAME_CHARACTERS - len(digits)] + digits
