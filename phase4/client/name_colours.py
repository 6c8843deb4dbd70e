"""Which colour a person has, in every client. No terminal and no window here.

A colour that is computed from the name alone would be the same tomorrow and on every screen. But of
five people two share one of twelve colours in 62 of 100 rooms: 1 - 12·11·10·9·8 / 12⁵. So the name
gives the first choice, and where somebody who is here has that colour, another is taken.
"""

import zlib
from collections import Counter
from collections.abc import Iterable

NAME_COLOURS = 12
"""More cannot be told apart, and read on any background."""

MAX_REMEMBERED = 1_000
"""People whose colours are kept apart. With more, colours repeat so often that it does not help."""


class NameColours:
    """Gives each person the number of a colour, and stays with it.

    One that comes again has it still, unless somebody else has it by now and there is another.

    >>> colours = NameColours()
    >>> colours.number("Ann") == colours.number("ANN") != colours.number("Bob")
    True
    """

    def __init__(self, count: int = NAME_COLOURS) -> None:
        """The numbers are less than `count`."""
        self._count = count
        # By name, case folded: of everybody who was shown; and who is here now.
        self._numbers: dict[str, int] = {}
        self._here: frozenset[str] = frozenset()

    def number(self, name: str) -> int:
        """The number for `name`; upper and lower case are one."""
        key = name.casefold()
        if key not in self._numbers:
            if len(self._numbers) >= MAX_REMEMBERED:
                return self._wanted(key)
            self._numbers[key] = self._choose(key)
        return self._numbers[key]

    def show_people(self, names: Iterable[str]) -> None:
        """These are here now: their colours are to be different, as long as there are enough."""
        before, self._here = self._here, frozenset(name.casefold() for name in names)
        for key in sorted((self._here - before) & self._numbers.keys()):
            number = self._numbers.pop(key)
            is_taken = self._uses_here()[number] > 0
            self._numbers[key] = self._choose(key) if is_taken else number

    def rename(self, old: str, new: str) -> None:
        """`old` goes by `new` now, and keeps the colour."""
        if old.casefold() in self._numbers:
            self._numbers[new.casefold()] = self._numbers.pop(old.casefold())
            self._here = self._here - {old.casefold()} | {new.casefold()}

    def _wanted(self, key: str) -> int:
        """Computed, and not by Python's own hash(), which differs from run to run."""
        return zlib.crc32(key.encode("utf-8", "replace")) % self._count

    def _choose(self, key: str) -> int:
        """The colour that the fewest have: of those who are here, and then of all."""
        wanted, here, ever = self._wanted(key), self._uses_here(), Counter(self._numbers.values())
        in_turn = [(wanted + step) % self._count for step in range(self._count)]
        return min(in_turn, key=lambda number: (here[number], ever[number]))

    def _uses_here(self) -> Counter[int]:
        return Counter(number for key, number in self._numbers.items() if key in self._here)
