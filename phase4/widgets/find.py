"""Finding text in the conversation: where it is said, and which hit is shown. No toolkit.

`find_bar` is what the text is typed into, and `conversation` marks what was found.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

MAX_HITS = 10_000
"""The newest are kept. Nobody steps through more, and the letter "e" is in every line."""

MAX_NEEDLE_CHARACTERS = 200


class Hit(NamedTuple):
    """A place where it was found: the line's number, and the characters of that line."""

    line: int
    start: int
    end: int


class Finder:
    """Keeps the hits for one text while lines come and go. Line numbers only ever grow."""

    def __init__(self) -> None:
        # The hits that are kept, oldest first; and whether there are older ones.
        self.hits: list[Hit] = []
        self.is_cut = False
        self._needle = ""
        # Which of the hits is shown, if there is any.
        self._at = 0

    def search(self, needle: str, lines: Sequence[tuple[int, str]], near: int) -> None:
        """Look for `needle` in the lines; the last hit in line `near` or before it is shown then.

        Upper and lower case are one. Where there is no hit before `near`, it is the first.
        """
        self._needle = fold(needle[:MAX_NEEDLE_CHARACTERS])
        self.hits, self.is_cut = [], False
        self.add(lines)
        self._at = max(0, bisect_left(self.hits, (near + 1,)) - 1)

    def add(self, lines: Sequence[tuple[int, str]]) -> None:
        """Look in new lines, below all others. The same hit stays shown."""
        new: list[Hit] = []
        for number, text in reversed(lines):  # the newest hits are those that are kept
            new += reversed(self._hits_in(number, text))
            if len(new) > MAX_HITS:
                break
        self.hits += reversed(new)
        if len(self.hits) > MAX_HITS:
            self._drop_first(len(self.hits) - MAX_HITS)
            self.is_cut = True

    def forget_before(self, number: int) -> None:
        """The lines before `number` are no longer there."""
        self._drop_first(bisect_left(self.hits, (number,)))

    def step(self, step: int) -> None:
        """Go to the next hit (1) or the one before (-1); after the last comes the first."""
        if self.hits:
            self._at = (self._at + step) % len(self.hits)

    @property
    def now(self) -> Hit | None:
        """The hit that is shown."""
        return self.hits[self._at] if self.hits else None

    @property
    def summary(self) -> str:
        """Which of the hits is shown, as the bar says it: "3 of 17"."""
        if not self._needle:
            return ""
        if not self.hits:
            return "Not found"
        return f"{self._at + 1:,} of {len(self.hits):,}{'+' if self.is_cut else ''}"

    def hits_between(self, first: int, last: int) -> Sequence[Hit]:
        """The hits in the lines from `first` to `last`, both included."""
        return self.hits[bisect_left(self.hits, (first,)) : bisect_left(self.hits, (last + 1,))]

    def _hits_in(self, number: int, text: str) -> list[Hit]:
        if not self._needle:
            return []
        hits: list[Hit] = []
        text, length = fold(text), len(self._needle)
        at = text.find(self._needle)
        while at >= 0:
            hits.append(Hit(number, at, at + length))
            at = text.find(self._needle, at + length)
        return hits

    def _drop_first(self, count: int) -> None:
        del self.hits[:count]
        self._at = max(0, self._at - count)


# Two letters of Arabic that a Persian keyboard writes in another way.
_SAME = str.maketrans("يىك", "ییک")


def fold(text: str) -> str:
    """`text` for comparing, as long as it was: a place in the one is the place in the other.

    >>> fold("Straße İZMİR")
    'straße İzmİr'
    """
    lower = text.lower()
    if len(lower) != len(text):  # İ becomes two
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lower if lower.isascii() else lower.translate(_SAME)
