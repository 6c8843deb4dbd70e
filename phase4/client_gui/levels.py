"""Which conversation calls a person by which lines, and how that is remembered. No toolkit here."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from phase4.client.mentions import folded

Level = Literal["on", "mentions", "off"]
"""Every message calls, those that say the own name or a word of one's own, or none."""

LEVELS: tuple[Level, ...] = get_args(Level)

MAX_REMEMBERED = 100
"""Conversations with a level of their own. Of more, the one that was set first is forgotten."""

MAX_PLACE_CHARACTERS = 100
"""Of a server's `host:port`. Nobody types a longer one; it is not remembered."""


class Remembered(NamedTuple):
    """The level of one conversation: with this person (folded), or with everybody ("")."""

    place: str
    person: str
    level: Level


def usual_level(person: str) -> Level:
    """What holds where nobody has chosen: a private message calls, the talk of all does not."""
    return "on" if person else "mentions"


def level_of(levels: Iterable[Remembered], place: str, person: str) -> Level:
    """How the conversation with this person, on the server at `place`, calls."""
    key = (place, folded(person))
    found = (each.level for each in levels if (each.place, each.person) == key)
    return next(found, usual_level(person))


def with_level(
    levels: Iterable[Remembered], place: str, person: str, level: Level
) -> tuple[Remembered, ...]:
    """The levels, with this one in place of the conversation's old one."""
    new = Remembered(place, folded(person), level)
    others = tuple(each for each in levels if (each.place, each.person) != new[:2])
    if level == usual_level(person) or len(place) > MAX_PLACE_CHARACTERS:
        return others
    return (*others, new)[-MAX_REMEMBERED:]
