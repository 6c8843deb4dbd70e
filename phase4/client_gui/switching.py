"""With whom one can go on talking: the conversations and the people, filtered. No toolkit here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phase4.client.mentions import folded

MOST_CHOICES = 200
"""Shown at once. Nobody reads more; a letter or two finds anybody."""

_BETWEEN_WORDS = "-_ "


@dataclass(frozen=True, slots=True)
class Choice:
    """A conversation, or somebody to begin one with; `person` is empty for everybody's."""

    person: str
    name: str
    unread: int = 0
    is_here: bool = True
    is_open: bool = False
    """Whether it is in the row of tabs."""
    is_front: bool = False


def choices(conversations: Iterable[Choice], people: Iterable[str], sought: str) -> list[Choice]:
    """What to offer where `sought` was typed, the best first.

    What is unread comes first, then the other tabs in their order, then whoever is online, then
    conversations that were closed. The one in front is last of the tabs: one is there already.

    >>> talks = [Choice("", "Everybody", is_open=True), Choice("Bob", "Bob", 2, is_open=True)]
    >>> [each.name for each in choices(talks, ["Ann", "Bob"], "")]
    ['Bob', 'Everybody', 'Ann']
    >>> [each.name for each in choices(talks, ["Ann", "student-bo"], "BO")]
    ['Bob', 'student-bo', 'Everybody']
    """
    known = [*conversations]
    have = {folded(each.person) for each in known}
    new = [Choice(name, name) for name in people if folded(name) not in have]
    ranked = [
        (fit, _order(each), each)
        for each in [*known, *new]
        if (fit := _fit(folded(each.name), folded(sought.strip()))) is not None
    ]
    return [each for *_, each in sorted(ranked, key=lambda one: one[:2])]


def _order(choice: Choice) -> int:
    if choice.unread:
        return 0
    if choice.is_open:
        return 2 if choice.is_front else 1
    return 3 if choice.is_here else 4


def _fit(name: str, sought: str) -> int | None:
    """How well a name fits, 0 the best; None: not at all."""
    at = name.find(sought)
    if at <= 0:
        return None if at else 0
    begins_word = any(f"{sign}{sought}" in name for sign in _BETWEEN_WORDS)
    return 1 if begins_word else 2


def step(names: Sequence[str], now: str, by: int) -> str:
    """The name that stands `by` after this one; the first or the last, where there is no more."""
    if not names:
        return ""
    at = names.index(now) + by if now in names else 0
    return names[min(max(at, 0), len(names) - 1)]
