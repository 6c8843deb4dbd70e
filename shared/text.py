"""Names and figures as text for a terminal: what is safe, how wide it is, how a number reads.

A terminal counts in *cells*, not in characters. A Chinese character and most emoji take
two cells, an accent that combines takes none, and a table whose columns count characters breaks at
the first such name. The widths come from the `wcwidth` library. Everything here is pure.
"""

import functools
import re
from datetime import datetime
from importlib.util import find_spec

from shared.libraries import missing
from shared.safe_text import clean

if find_spec("wcwidth") is None:
    raise missing(ImportError(name="wcwidth"))

# Characters that change the width of their neighbours: joiners, variation selectors, skin tones,
# tags. Terminals disagree on them (one draws a family in two cells, another in eight), and where
# they disagree a column breaks. Without them each character is drawn for itself, everywhere alike.
_JOINERS = re.compile(
    "[\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
_FLAG_LETTERS = {0x1F1E6 + n: chr(ord("A") + n) for n in range(26)}  # two of them make a flag


@functools.lru_cache(maxsize=4096)
def _width(character: str) -> int:
    """The cells that a character takes; -1: it must not be shown."""
    from wcwidth import wcwidth  # not above: most texts are ASCII, and it loads thirteen modules

    return wcwidth(character)


def printable(text: str) -> str:
    r"""`text` as it may be shown: no control characters, and of a width that is certain.

    >>> printable("Bob\x1b[2J")
    'Bob�[2J'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _JOINERS.sub("", clean(text)).translate(_FLAG_LETTERS)
    return "".join(each if _width(each) >= 0 else "\ufffd" for each in text)


def as_ascii(text: str) -> str:
    """A printable text for a terminal that has only ASCII: as wide as before.

    >>> as_ascii("Zoë 小")
    'Zo? ??'
    """
    if text.isascii():
        return text
    return "".join(each if each.isascii() else "?" * _width(each) for each in text)


def cells(text: str) -> int:
    """How many cells a printable text takes.

    >>> cells("Bob"), cells("小明"), cells("🙂")
    (3, 4, 2)
    """
    if text.isascii():
        return len(text)
    return sum(_width(each) for each in text)


def cut(text: str, width: int, more: str = "…") -> str:
    """`text`, or as much of its beginning as fits into `width` cells, with `more` at its end.

    >>> cut("Alexandra", 6)
    'Alexa…'
    >>> cut("小明小明", 6)
    '小明…'
    """
    if cells(text) <= width:
        return text
    kept = []
    room = width - cells(more)
    if room < 0:
        return ""
    for each in text:
        room -= _width(each)
        if room < 0:
            break
        kept.append(each)
    return "".join(kept) + more


def left(text: str, width: int, more: str = "…") -> str:
    """`text` in exactly `width` cells, its beginning at the left."""
    text = cut(text, width, more)
    return text + " " * (width - cells(text))


def right(text: str, width: int, more: str = "…") -> str:
    """`text` in exactly `width` cells, its end at the right."""
    text = cut(text, width, more)
    return " " * (width - cells(text)) + text


def count(number: int) -> str:
    """A number of things, exact while it is short.

    >>> count(0), count(1234), count(9_999_999)
    ('0', '1,234', '9,999,999')
    >>> count(12_345_678), count(2**62)
    ('12.3 M', '4.6 E')
    """
    return f"{number:,}" if number < 10_000_000 else _scaled(number, 1_000_000, "MGTPE")


def size(number: float) -> str:
    """Bytes, in powers of a thousand.

    >>> size(0), size(999), size(1234), size(99_960), size(3_400_000)
    ('0 B', '999 B', '1.2 kB', '100 kB', '3.4 MB')
    """
    return f"{number:.0f} B" if number < 999.5 else _scaled(number, 1000, "kMGTPEZ") + "B"


def _scaled(number: float, unit: float, letters: str) -> str:
    """Three digits and the letter of a unit."""
    place = 0
    while number >= 999.5 * unit and place < len(letters) - 1:
        unit *= 1000
        place += 1
    scaled = number / unit
    return f"{scaled:.{1 if scaled < 99.95 else 0}f} {letters[place]}"


def rate(per_second: float) -> str:
    """How many a second. One in a minute still shows.

    >>> rate(0), rate(0.0167), rate(3.44), rate(99.96), rate(1234.5)
    ('0.0', '0.02', '3.4', '100', '1,234')
    """
    if 0 < per_second < 0.095:
        return f"{max(per_second, 0.01):.2f}"
    return f"{per_second:.1f}" if per_second < 99.95 else count(round(per_second))


def duration(seconds: float) -> str:
    """Two units at most, the smaller one with two digits.

    >>> duration(4.9), duration(65), duration(3 * 3600 + 250), duration(90_000)
    ('4 s', '1 min 05 s', '3 h 04 min', '1 d 01 h')
    """
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{count(whole // 86400)} d {whole % 86400 // 3600:02} h"


def clock(unix_time: float) -> str:
    """The time of day, here; nothing where the time is not known."""
    moment = _local(unix_time)
    return f"{moment:%H:%M:%S}" if moment else ""


def since(unix_time: float, now: float) -> str:
    """A moment in eight cells: the time of day if it was within the last day, else the date.

    Nothing where it is not known.
    """
    moment = _local(unix_time)
    if not moment:
        return ""
    return f"{moment:%H:%M:%S}" if abs(now - unix_time) < 86400 else f"{moment:%d %b}"


def _local(unix_time: float) -> datetime | None:
    if unix_time <= 0:
        return None
    try:
        return datetime.fromtimestamp(unix_time)
    except (OverflowError, OSError, ValueError):  # systems differ in how far their calendar goes
        return None
