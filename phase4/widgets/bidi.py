"""Right-to-left text, for a screen that draws every character to the right of the last. No toolkit.

Persian, Arabic and Hebrew are stored in the order in which they are read, and a screen has to turn
them round (Unicode's annex 9, the bidirectional algorithm) and to join Arabic letters. Windows and
macOS do that under Tk; on X11 nobody does. So there the text is turned here, for display only:

1. Arabic letters become the forms that they have beside their neighbours (arabic-reshaper).
2. The paragraph as a whole gets its directions (python-bidi).
3. It is broken into rows *in reading order*. To turn it first and let Tk wrap it would put the end
   of the paragraph on the first row.
4. Each row is turned. Each character still knows where in the text it came from: so what is copied,
   found and clicked is the text itself.

The two libraries are an extra, `rtl`; without them `IS_AVAILABLE` is False. What this uses of
python-bidi is its own implementation in Python, step by step: the one call `get_display` would not
tell where each character came from, and turns a paragraph only as one row.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from shared.libraries import how_to_get

try:
    from arabic_reshaper import ArabicReshaper
    from arabic_reshaper.arabic_reshaper import HARAKAT_RE
    from bidi import algorithm
    from bidi.mirror import MIRRORED
except ImportError:
    IS_AVAILABLE = False
else:
    IS_AVAILABLE = True
    # Marks are kept; the word for God is left in letters, because few fonts have its one sign.
    _SETTINGS = {"delete_harakat": False, "ARABIC LIGATURE ALLAH": False}
    _SHAPER = ArabicReshaper(_SETTINGS)
    _SHAPER_WITHOUT_LIGATURES = ArabicReshaper({**_SETTINGS, "support_ligatures": False})

HOW_TO_GET_IT = (
    "Text that runs from right to left cannot be read here yet. To mend that: "
    f"{how_to_get('arabic-reshaper', 'python-bidi')}"
)

Measure = Callable[[str], int]
"""How wide a text is, in pixels."""

_Char = dict[str, Any]  # as python-bidi has it: "ch", "type", "orig", "level"; and "at", ours

_RTL = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ADDRESSED = re.compile(r"(?:@?[^\W\d][\w-]*[:,]\s+|https?://\S+\s*)*", re.IGNORECASE)
_JOINER = "\u200d"
_STRONG = {"L": "L", "R": "R", "AN": "R", "EN": "R"}
_DEEPEST_BRACKET = 63  # annex 9, BD16
# Unassigned characters have no type; isolates are controls, which never get this far.
_TYPES = {"": "L", "LRI": "BN", "RLI": "BN", "FSI": "BN", "PDI": "BN", "B": "WS", "S": "WS"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is drawn, and for each of its characters the place in the text it came from."""

    shown: str
    places: tuple[int, ...]


def is_needed(text: str) -> bool:
    """Whether there is anything in `text` that runs from right to left."""
    return not text.isascii() and _RTL.search(text) is not None


def runs_right_to_left(text: str) -> bool:
    """Whether `text` as a whole runs from right to left: its first letter says so (annex 9, P2).

    A link, or a name that is addressed, does not count: "Ann: سلام" is Persian.
    """
    addressed = _ADDRESSED.match(text)
    for char in text[addressed.end() :] + text if addressed else text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def lay_out(text: str, *, rtl: bool, measure: Measure, first: int, others: int) -> tuple[Row, ...]:
    """`text` in rows, the first at most `first` pixels wide, the others at most `others`.

    Only where IS_AVAILABLE. `text` is free of controls. There is always a row, if an empty one.
    """
    chars = _resolve(_shape(text), rtl=rtl)
    rows = [_turn(row, rtl=rtl) for row in _break(chars, measure, first, others)]
    return tuple(rows) or (Row("", ()),)


def in_one_row(text: str, *, rtl: bool = False) -> Row:
    """`text` as one row, however long."""
    return lay_out(text, rtl=rtl, measure=lambda _: 0, first=1, others=1)[0]


# --- 1: joined letters -----------------------------------------------------------------------


def _shape(text: str) -> list[tuple[str, int]]:
    """Each character to draw, with its place in `text`."""
    shaped: list[tuple[str, int]] = []
    done = 0
    for word in re.finditer(r"\S+", text):
        shaped += [(text[at], at) for at in range(done, word.start())]
        shaped += [(char, word.start() + at) for char, at in _shape_word(word[0])]
        done = word.end()
    return shaped + [(text[at], at) for at in range(done, len(text))]


@functools.lru_cache(maxsize=2048)
def _shape_word(word: str) -> tuple[tuple[str, int], ...]:
    as_it_is = tuple((char, at) for at, char in enumerate(word))
    if not is_needed(word) or len(word) > 200:  # the reshaper takes long for what is not a word
        return as_it_is
    # With a joiner in the word the reshaper 3.1 looks for ligatures in the wrong places.
    shaper = _SHAPER_WITHOUT_LIGATURES if _JOINER in word else _SHAPER
    shaped = tuple(_places(shaper.reshape(word), word))
    return shaped if all(at < len(word) for _, at in shaped) else as_it_is


def _places(shaped: str, word: str) -> Iterator[tuple[str, int]]:
    """Each shaped character with its place in `word`; one may stand for several letters."""
    marks = iter([at for at, char in enumerate(word) if HARAKAT_RE.match(char)])
    letters = [at for at, char in enumerate(word) if not HARAKAT_RE.match(char) and char != _JOINER]
    done = 0
    for char in shaped:
        if HARAKAT_RE.match(char):
            yield char, next(marks, len(word))
            continue
        yield char, letters[done] if done < len(letters) else len(word)
        is_form = "\ufb50" <= char <= "\ufefc" and char not in word
        done += len(unicodedata.normalize("NFKC", char)) if is_form else 1


# --- 2: directions ---------------------------------------------------------------------------


def _resolve(shaped: Sequence[tuple[str, int]], *, rtl: bool) -> list[_Char]:
    """Annex 9 up to the rule I2: every character with its level. Joiners and the like are gone."""
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = (1, "R") if rtl else (0, "L")
    algorithm.get_embedding_levels("".join(char for char, _ in shaped), storage)
    for char, (_, at) in zip(storage["chars"], shaped, strict=True):
        char["at"] = at
        char["type"] = char["orig"] = _TYPES.get(char["type"], char["type"])
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _pair_brackets(storage["chars"], storage["base_dir"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    chars: list[_Char] = storage["chars"]
    return chars


def _pair_brackets(chars: Sequence[_Char], base: str) -> None:
    """Rule N0, younger than python-bidi's Python part: the two brackets of a pair go one way."""
    for opening, closing in _bracket_pairs(chars):
        inside = {_STRONG.get(char["type"]) for char in chars[opening + 1 : closing]} - {None}
        if not inside:
            continue
        direction = base
        if base not in inside and _strong_before(chars, opening, base) != base:
            direction = "L" if base == "R" else "R"
        chars[opening]["type"] = chars[closing]["type"] = direction


def _bracket_pairs(chars: Sequence[_Char]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    open_ones: list[tuple[str, int]] = []
    for at, char in enumerate(chars):
        sign, other = char["ch"], MIRRORED.get(char["ch"])
        if char["type"] != "ON" or other is None:
            continue
        category = unicodedata.category(sign)
        if category == "Ps":
            if len(open_ones) == _DEEPEST_BRACKET:
                break
            open_ones.append((other, at))
        elif category == "Pe" and sign in (closes for closes, _ in open_ones):
            while open_ones[-1][0] != sign:
                open_ones.pop()
            pairs.append((open_ones.pop()[1], at))
    return sorted(pairs)


def _strong_before(chars: Sequence[_Char], at: int, base: str) -> str:
    for char in reversed(chars[:at]):
        if strong := _STRONG.get(char["type"]):
            return strong
    return base


# --- 3: rows, in reading order -----------------------------------------------------------------


def _break(
    chars: Sequence[_Char], measure: Measure, first: int, others: int
) -> Iterator[Sequence[_Char]]:
    """Cut at the last blank that fits; inside a word only where that is wider than a row."""
    if measure(_text(chars)) <= first:
        if chars:
            yield chars
        return
    width = functools.lru_cache(maxsize=None)(measure)
    row: list[_Char] = []
    room = first
    for word in _words(chars, lambda part: width(_text(part)), others):
        needed = width(_text(word).rstrip())
        if row and needed > room:
            yield row
            row, room = [], others
        row.extend(word)
        room -= width(_text(word))
    if row:
        yield row


def _words(
    chars: Sequence[_Char], width: Callable[[Sequence[_Char]], int], widest: int
) -> Iterator[Sequence[_Char]]:
    """Words, each with the blanks after it; one wider than a row comes in parts that fit."""
    ends = [at for at, char in enumerate(chars) if at and char["ch"] != " "]
    cuts = [0, *(at for at in ends if chars[at - 1]["ch"] == " "), len(chars)]
    for start, end in pairwise(cuts):
        if width(chars[start:end]) <= widest:
            yield chars[start:end]
        else:
            yield from _parts(chars[start:end], width, widest)


def _parts(
    word: Sequence[_Char], width: Callable[[Sequence[_Char]], int], widest: int
) -> Iterator[Sequence[_Char]]:
    start = used = 0
    for at in range(len(word)):
        this = width(word[at : at + 1])
        if at > start and used + this > widest:
            yield word[start:at]
            start, used = at, 0
        used += this
    yield word[start:]


def _text(chars: Sequence[_Char]) -> str:
    return "".join(char["ch"] for char in chars)


# --- 4: turned -------------------------------------------------------------------------------


def _turn(row: Sequence[_Char], *, rtl: bool) -> Row:
    """Rules L1, L2 and L4 for one row; the blank at its end is not drawn.

    Not L3: turned, a mark stands before its letter, and that is where the fonts' marks, which are
    drawn to the right of the pen without moving it, hit the letter.
    """
    end = len(row)
    while end and row[end - 1]["ch"] == " ":
        end -= 1
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["chars"] = int(rtl), list(row[:end])
    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    chars = storage["chars"]
    return Row(_text(chars), tuple(char["at"] for char in chars))
