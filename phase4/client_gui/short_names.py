"""Names cut so that any two can still be told apart. No toolkit here.

In a class, names differ at their end (student-of-maths-17), or in the middle. So what is kept is
what differs, and not the beginning alone.
"""

import functools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from shared.defaults import MAX_NAME_CHARACTERS

CUT = "…"


def short_name(name: str) -> str:
    """A name as it fits into a menu or a question; no honest server sends a longer one."""
    longest = 2 * MAX_NAME_CHARACTERS
    return name if len(name) <= longest else f"{name[:longest]}{CUT}"


@functools.lru_cache(maxsize=256)
def told_apart(names: tuple[str, ...], characters: int) -> tuple[str, ...]:
    """Each of the names with at most so many characters; with more, where two would be the same.

    >>> told_apart(("student-of-maths-17", "student-of-maths-18", "Ann"), 8)
    ('stud…-17', 'stud…-18', 'Ann')
    >>> told_apart(("Maximilian", "Bartholomew"), 6)
    ('Maxim…', 'Barth…')
    """
    letters = {name: _letters(name) for name in names}
    longest = max(map(len, letters.values()), default=0)
    short: dict[str, str] = {}
    for count in range(max(characters, 2), longest + 1):
        for start, end in _ways(count, longest):
            left = [name for name in letters if name not in short]
            cut = {name: _cut(letters[name], count, start, end) for name in left}
            taken = Counter([*cut.values(), *short.values()])
            short.update({name: text for name, text in cut.items() if taken[text] == 1})
    return tuple(short.get(name, name) for name in names)


def fitting(name: str, others: Sequence[str], fits: Callable[[str], bool]) -> str:
    """`name`, told apart from the others, in the longest form of which `fits` says yes."""
    names = tuple(dict.fromkeys((name, *others)))
    for characters in range(len(name), 1, -1):
        if fits(short := told_apart(names, characters)[0]):
            return short
    return told_apart(names, 2)[0]


def both_ends(name: str, fits: Callable[[str], bool]) -> str:
    """`name`, or as much of its beginning and its end as fits.

    >>> both_ends("student-of-maths-17", lambda text: len(text) <= 8)
    'stud…-17'
    """
    letters = _letters(name)
    counts = range(len(letters), 1, -1)
    forms = (_cut(letters, count, count // 2, (count - 1) // 2) for count in counts)
    return next(filter(fits, forms), CUT)


def _ways(count: int, longest: int) -> Iterator[tuple[int, int]]:
    """What to keep of a name that is too long: so many letters, from where to where.

    First its beginning, then both ends, then what stands further in, with the first letter.
    """
    yield count - 1, 0
    yield count // 2, (count - 1) // 2
    if count > 3:
        for start in range(1, longest - 1):
            yield 1, -start


def _cut(letters: Sequence[str], count: int, head: int, tail: int) -> str:
    """`letters` with its first `head` and last `tail` ones; -tail: those from there on."""
    if len(letters) <= count:
        return "".join(letters)
    end = letters[len(letters) - tail :] if tail >= 0 else letters[-tail : -tail + count - 3]
    is_to_the_end = tail >= 0 or -tail + count - 3 >= len(letters)
    return "".join([*letters[:head], CUT, *end, "" if is_to_the_end else CUT])


def _letters(name: str) -> list[str]:
    """Its characters, each together with the marks that stand on it."""
    letters: list[str] = []
    for character in name:
        if letters and unicodedata.category(character).startswith("M"):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
