r"""What servers tell each other: operations, and batches of them. No I/O.

A batch is one entry of the engine's stream: a line of JSON that people can read as well.

    {"v": 1, "server": "a:12345", "number": 7, "ops": [["say", "alice", "hello"]]}

Its server counts its batches, so that one that comes twice is known, and one that is missing, too.
Servers of different age may share a room. So whoever reads takes what it understands: an operation
of a kind that it does not know, or with other fields, is skipped by every server of that age.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args, get_type_hints

FORMAT_VERSION = 1

MAX_NUMBER = 2**53
"""Of a batch: what every reader of JSON has exactly."""


class Say(NamedTuple):
    """Somebody says something to all. `speaker` is the folded name, here and below."""

    speaker: str
    text: str


class Whisper(NamedTuple):
    """Somebody says something to one person: `to`, as it was typed, and `to_fold`."""

    speaker: str
    to_fold: str
    to: str
    text: str


class Enter(NamedTuple):
    """Somebody wants to come in, under the first of these names that nobody has.

    Each is [name, fold, look]: what is the same name, and what looks alike, its server has found
    out, as servers may have different tables. `wanted` is the name that was asked for. Whoever
    shows the same `proof` as the holder of a name has its place; empty: nothing is shown. So has
    whoever has logged in as `account`. Anybody else who has that name gets one of `others`.
    """

    names: list[list[str]]
    host: str
    wanted: str
    proof: str
    account: str
    others: list[list[str]]


class Rename(NamedTuple):
    """Somebody wants another name: the first of these that nobody else has."""

    speaker: str
    names: list[list[str]]


class Login(NamedTuple):
    """Somebody has shown that an account is theirs, and gets its name, as in Enter.

    An empty account: they are logged out, and keep their name.
    """

    speaker: str
    account: str
    names: list[list[str]]
    others: list[list[str]]


class Nudge(NamedTuple):
    """Something waits for whoever is logged in as this account."""

    account: str


class Leave(NamedTuple):
    """Somebody has left, for a reason; empty: of their own will."""

    speaker: str
    reason: str


class Begin(NamedTuple):
    """A server begins. Its log knows of so many messages."""

    said: int


class Beat(NamedTuple):
    """A server lives, and these are its figures, by name."""

    figures: dict[str, Any]


class End(NamedTuple):
    """A server stops in order, and its people are gone."""


class Bury(NamedTuple):
    """A server was not heard for longer than its lease: nothing of it counts from here on."""

    server: str


class Order(NamedTuple):
    """An operator's order, as its server has written it; `by` whom."""

    by: str
    order: dict[str, Any]


Operation = (
    Say | Whisper | Enter | Rename | Login | Leave | Nudge | Begin | Beat | End | Bury | Order
)

KINDS: dict[str, type[Operation]] = {each.__name__.lower(): each for each in get_args(Operation)}
_IS_CLEAN = re.compile(rb'(?:[^\\]|\\["\\])*+')
"""JSON escapes quotes, backslashes, and what no text of ours has: control characters, which would
be other lines, and halves of characters, which no socket takes."""

_NAMES = {kind: name for name, kind in KINDS.items()}
_TYPES = {
    name: tuple(getattr(hint, "__origin__", hint) for hint in get_type_hints(kind).values())
    for name, kind in KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What one server appends at once. Places in `operations` are the same for every reader."""

    server: str
    number: int
    operations: Sequence[Operation | None]
    """None: one that is not understood."""


class BadBatch(ValueError):
    """An entry is no batch, or one that was written for newer servers."""


def encode(server: str, number: int, operations: Iterable[Operation]) -> bytes:
    """The entry of a batch."""
    written = [[_NAMES[type(each)], *each] for each in operations]
    values = {"v": FORMAT_VERSION, "server": server, "number": number, "ops": written}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Batch:
    """The batch of an entry. Raises BadBatch, and nothing else."""
    if b"\\" in data and not _IS_CLEAN.fullmatch(data):
        raise BadBatch("This has control characters, or half of a character.")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadBatch("This is not JSON.") from error
    if not isinstance(values, dict) or values.get("v") != FORMAT_VERSION:
        raise BadBatch("This is not a batch of this version.")
    server, number, written = values.get("server"), values.get("number"), values.get("ops")
    if not (isinstance(server, str) and server and isinstance(written, list)):
        raise BadBatch("This batch lacks its server or its operations.")
    if type(number) is not int or not 0 < number < MAX_NUMBER:
        raise BadBatch("This batch lacks its number.")
    return Batch(server, number, [_operation(each) for each in written])


def _operation(written: Any) -> Operation | None:
    """One operation, or None where it cannot be understood."""
    if not (isinstance(written, list) and written and isinstance(written[0], str)):
        return None
    name, *fields = written
    types = _TYPES.get(name)
    if types is None or len(fields) != len(types):
        return None
    if any(type(value) is not kind for value, kind in zip(fields, types, strict=True)):
        return None
    return KINDS[name](*fields)
