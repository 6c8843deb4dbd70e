"""What somebody looks for, as they type it.

    meeting friday              messages with both words, anywhere in them
    "on friday"                 with these words, one after the other
    from:Alice                  that Alice said
    since:2026-11-20 until:2026-11-21

Words are parts of words: `meet` finds "meeting", as languages that write without blanks need it.
Capitals, accents and the like do not count (folding.py). No I/O.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from phase4.archive.errors import QueryError
from phase4.archive.folding import JOINTS, fold
from phase4.archive.record import Record

MAX_QUERY_CHARACTERS = 200
MAX_TERMS = 12
"""Nobody types more by hand, and each costs a look into the index."""

_QUOTES = '"“”„«»'
_WORD = (
    rf"(?i:(?P<key>from|since|until):(?P<value>\S*)|[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]|"
    rf"(?P<open>[{_QUOTES}])|(?P<word>\S+))"
)
_MOMENT = r"(?a)\d{4}-\d\d-\d\d(T\d\d(:\d\d){0,2})?"


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; "" where nothing is. All `terms` must occur. All of it is folded."""

    terms: tuple[str, ...] = ()
    sender: str = ""
    since: str = ""
    until: str = ""
    """The first and the last day, or moment, in the log's own time: `2026-11-20T14:05`."""

    def matches(self, record: Record) -> bool:
        """Whether this is what was looked for."""
        if self.since and record.at < self.since:
            return False
        if self.until and record.at[: len(self.until)] > self.until:
            return False
        if self.sender and fold(record.sender) != self.sender:
            return False
        text = fold(record.text)
        return all(term in text for term in self.terms)


def parse(text: str) -> Query:
    """What a line asks for. Raises QueryError.

    >>> parse('meeting "on Friday" from:Alice since:2026-11-20')
    Query(terms=('meeting', 'on friday'), sender='alice', since='2026-11-20', until='')
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise QueryError(
            f"That is too long to look for: {MAX_QUERY_CHARACTERS} characters at most."
        )
    text = text.encode(errors="replace").decode()  # what a terminal sent may not be UTF-8
    terms: list[str] = []
    asked: dict[str, str] = {}
    for found in re.finditer(_WORD, text):
        if found["open"]:
            raise QueryError("A quotation mark is not closed.", found["open"])
        if found["key"]:
            key = found["key"].lower()
            if key in asked:
                raise QueryError(f"{key}: can be asked for once.", found[0])
            asked[key] = _value(key, found["value"])
        else:
            terms += _terms(found["word"] or found["phrase"])
    if len(terms) > MAX_TERMS:
        raise QueryError(f"These are too many words: {MAX_TERMS} at most.")
    if not terms and not asked:
        raise QueryError('Say what to look for: words, a "phrase", from:NAME, since:2026-11-20.')
    return Query(tuple(dict.fromkeys(terms)), *(asked.get(key, "") for key in _KEYS))


_KEYS = ("from", "since", "until")


def _terms(text: str) -> list[str]:
    """A word folded, in two where it has a joint that others type as a blank."""
    return [each for each in map(fold, JOINTS.split(text)) if each.strip()]


def _value(key: str, value: str) -> str:
    if key == "from":
        name = value.strip(_QUOTES).removeprefix("@")
        if not name:
            raise QueryError("from: takes a name, such as from:Alice.", "from:")
        return fold(name)
    try:
        if not re.fullmatch(_MOMENT, value):
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError:
        day = "2026-11-20"
        raise QueryError(f"{key}: takes a day, such as {key}:{day}.", f"{key}:{value}") from None
    return value
