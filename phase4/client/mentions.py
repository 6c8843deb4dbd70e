"""Whether a text says a name, and whether somebody is called so. No toolkit, no terminal.

A name is said where it is a word of its own. What that is depends on the script:

- In most, blanks stand between words, so a letter beside the name makes another word of it: Ann is
  not said in Anna. A vowel sign does as well: राम is not said in रामायण.
- Chinese, Japanese, Thai and others write without blanks, and Korean writes its particles at once
  behind a name: 小明你好, 太郎さん, 민수야.
- Arabic and Hebrew write their shortest words at once before it: وعلي is "and Ali".
- A letter of another script ends a word: Annさん. A digit, _ or - is a part of the name.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator

from phase4.client.scripts import script_of

MAX_LOOKED_AT = 200
"""Places in one text at which a name is spelled. A hostile one may have thousands, within words."""

_WITHOUT_BLANKS = {
    *("CJK", "HIRAGANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "YI"),
    *("JAVANESE", "BALINESE", "TAI", "NEW"),  # Tai Tham and New Tai Lue
}
_WITH_PARTICLES = _WITHOUT_BLANKS | {"HANGUL"}
"""In which of them what stands before a name, and behind it, may be another word."""

# Thai and Lao write these before the consonant after which they are spoken, and those behind it.
_LEADING_VOWELS = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_TRAILING_VOWELS = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
_VIRAMA = 9  # the combining class of a sign that ties the next consonant to the one before

# And, so; with, for, as; does? (Arabic.) And, the, in, as, for, from, that. (Hebrew.)
_PREFIXES = {
    "ARABIC": re.compile("أ?[وف]?[بلك]?"),
    "HEBREW": re.compile("[והבכלמש]{1,3}"),
}
_LONGEST_PREFIX = 8  # its letters with their vowels, and what shows that there are no others
_SHORTEST_WITH_PREFIX = 3
"""Letters of a name that may have a prefix: with one, nearly any two letters are another word."""

# Vowels, which Arabic and Hebrew write or not, and what only makes a word longer.
_VOWELS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]*"
)
_WITHIN_A_WORD = {
    "ARABIC": _VOWELS.pattern,
    "HEBREW": _VOWELS.pattern,
    "ARMENIAN": "[\u055b\u055c\u055e]*",  # it asks and exclaims on a vowel: Վահա՞ն
}
_EMOJI_SIGNS = frozenset("\ufe0e\ufe0f\u20e3")  # marks, but not of a word


def mentions(text: str, name: str) -> bool:
    """Whether `text` says `name`, as a word of its own.

    >>> mentions("ask alice, please", "Alice"), mentions("malice", "Alice")
    (True, False)
    >>> mentions("小明你好", "小明"), mentions("रामायण", "राम")
    (True, False)
    """
    # Names are NFKC (see phase4/accounts/nicknames.py); a text may come with its accents apart.
    return bool(said_of([name], text))


def said_of(names: Iterable[str], text: str) -> tuple[str, ...]:
    """Those of the names, or other words, that `text` says, each as `mentions` finds it.

    >>> said_of(["Alice", "exam", "ex"], "When is the EXAM, alice?")
    ('Alice', 'exam')
    """
    said = folded(text)
    return tuple(name for name in names if name and any(places_of(folded(name), said)))


def places_of(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `text` says `name`, as far as it is spelled letter by letter as the name is.

    >>> list(places_of("Alice", "alice, malice"))
    [(0, 5)]
    """
    for found in itertools.islice(_spelled(name).finditer(text), MAX_LOOKED_AT):
        start, end = found.span()
        if _begins_a_word(name, text, start) and _ends_a_word(name, text, start, end):
            yield start, end


def is_among(name: str, people: Iterable[str]) -> bool:
    """Whether one of them is called so, as the server compares names.

    >>> is_among("bob", ["Ann", "Bob"]), is_among("property", ["Ann", "Bob"])
    (True, False)
    """
    return folded(name) in map(folded, people)


def folded(text: str) -> str:
    """What is the same for two names that are one to the server."""
    return unicodedata.normalize("NFKC", text).casefold()


@functools.lru_cache(maxsize=256)  # each line is asked about the same few names
def _spelled(name: str) -> re.Pattern[str]:
    optional = _WITHIN_A_WORD.get(script_of(name[0]), "")
    return re.compile("".join(re.escape(each) + optional for each in name), re.IGNORECASE)


# --- where words begin and end --------------------------------------------------------------------


def _begins_a_word(name: str, text: str, at: int) -> bool:
    first, before = name[0], text[at - 1 : at]
    if not before or before == "@":
        return True
    if before in _LEADING_VOWELS or unicodedata.combining(before) == _VIRAMA:
        return False
    if not _goes_on(first, before, _WITHOUT_BLANKS if len(name) > 1 else frozenset()):
        return True
    return len(name) >= _SHORTEST_WITH_PREFIX and _is_prefix(script_of(first), text, at)


def _ends_a_word(name: str, text: str, start: int, end: int) -> bool:
    last, after = name[-1], text[end : end + 1]
    if not after:
        return True
    if after in _TRAILING_VOWELS or _is_mark(after):
        return False
    # Many words begin with any one sign.
    is_safe = len(name) > 1 or text.endswith("@", 0, start)
    return not _goes_on(last, after, _WITH_PARTICLES if is_safe else frozenset())


def _goes_on(edge: str, beside: str, without_blanks: Iterable[str]) -> bool:
    """Whether a word that has `edge` at its edge goes on with what stands beside it."""
    if beside in _EMOJI_SIGNS or not (beside in "_-" or beside.isalnum() or _is_mark(beside)):
        return False
    script = script_of(beside)
    is_letter = beside.isalpha() or _is_mark(beside)
    return not is_letter or (script == script_of(edge) and script not in without_blanks)


def _is_mark(character: str) -> bool:
    is_mark = unicodedata.category(character) in ("Mn", "Mc")
    return is_mark and character not in _EMOJI_SIGNS


def _is_prefix(script: str, text: str, at: int) -> bool:
    """Whether all that stands before `at`, back to the last blank, is a word of a few letters."""
    pattern = _PREFIXES.get(script)
    if pattern is None:
        return False
    *_, word = re.split(r"[^\w-]", _VOWELS.sub("", text[max(0, at - _LONGEST_PREFIX) : at]))
    return pattern.fullmatch(word) is not None
