"""What servers offer as names, looked at by all of them alike. No I/O."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

_NO_NAME = re.compile(r"[\x00-,./:-@\[-^`{-\x7f]")
"""No name has these of ASCII: with them it could look like another line. Which letters it may have,
each server decides for its own people, as their tables are of different age."""

_MAX_NAMES_CHARACTERS = 400
"""Of a name, its fold and its look: a name has 20, and no letter becomes more than nine."""


class Name(NamedTuple):
    """A name, and what is the same name, and what looks alike."""

    name: str
    fold: str
    look: str


def names_of(offered: Iterable[Any]) -> Iterator[Name]:
    """Those among them that are names."""
    for each in offered:
        if _is_name(each):
            yield Name(*each)


def _is_name(offered: Any) -> bool:
    is_long_enough = isinstance(offered, list) and len(offered) == len(Name._fields)
    if not (is_long_enough and all(isinstance(part, str) and part for part in offered)):
        return False
    return len("".join(offered)) <= _MAX_NAMES_CHARACTERS and not _NO_NAME.search(offered[0])
