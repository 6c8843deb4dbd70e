r"""What servers tell each other: operations, and batches of them. No I/O.

A batch is one entry of the engine's stream: a line of JSON that people can read as well.

    {"v": 1, "server": "a:12345", "number": 7, "ops": [["say", "a:12345#2.0", "hello"]]}

Its server counts its batches, so that one that comes twice is known, and one that is missing, too.
A batch also says in which *era* of the room it was written: `"era": "b:12345"`. A server that does
not know what was before begins another one, by the first of its batches: its era is that server.
Servers of different age may share a room. So whoever reads takes what it understands: an operation
of a kind that it does not know, or with other fields, is skipped by every server of that age.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args, get_type_hints

from shared.safe_text import clean

FORMAT_VERSION = 1

MAX_NUMBER = 2**53
"""Of a batch or a message: what every reader of JSON has exactly."""

MAX_SERVER_CHARACTERS = 200
"""The name of a host has 253 at most, and is mostly short; a process number comes to it."""

MAX_DEPTH = 8
"""Of lists and objects in each other. Thousands would end whoever copies or writes them."""

_MAX_INTEGER = 2**63  # what a counter of 64 bits holds; JSON's numbers have no bound of their own


class Say(NamedTuple):
    """Somebody says something to all.

    `speaker`, here and below, is their arrival: while this is under way they may get another name,
    and somebody else theirs. Where their server does not know it: the folded name.
    """

    speaker: str
    text: str


class Whisper(NamedTuple):
    """Somebody says something to one person: `to`, as it was typed, and `to_fold`.

    It may wait while the engine is away, and another may have the name by then. So `to_entry` is
    that of the person who is meant.
    """

    speaker: str
    to_fold: str
    to_entry: str
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


class Reenter(NamedTuple):
    """Somebody whose server was taken for dead wants their name again, as in Enter; or another.

    `since`: when this connection of theirs came in, Unix time in seconds. If they have come in at
    another server since then, this one is over, and gets no name.
    """

    names: list[list[str]]
    host: str
    wanted: str
    proof: str
    account: str
    since: float


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


class Resume(NamedTuple):
    """Somebody who shows this proof is about to enter; their page has shown so many private lines.

    It shows no more of what was sent to it before. So once they have entered, whoever keeps more of
    these lines hands them over.
    """

    proof: str
    seen: int


class HandOver(NamedTuple):
    """What a lost connection of somebody has not shown: private lines, as they are on the wire.

    They are for whoever shows this `proof`, and has this name or this entry: they may have another
    name by the time that this is read. `lost` is how many more there were, which nobody keeps.
    """

    to_fold: str
    to_entry: str
    proof: str
    lost: int
    lines: list[str]


class Leave(NamedTuple):
    """Somebody has left, for a reason; empty: of their own will."""

    speaker: str
    reason: str


class Begin(NamedTuple):
    """A server begins. Its log knows of so many messages from before this era of the room."""

    before: int


class Beat(NamedTuple):
    """A server lives, and these are its figures, by name."""

    figures: dict[str, Any]


class End(NamedTuple):
    """A server stops in order, and its people are gone."""


class Bury(NamedTuple):
    """A server was not heard for longer than its lease: nothing of it counts from here on."""

    server: str


class Nothing(NamedTuple):
    """What stood here was withdrawn: whoever asked for it was told that it is refused."""


class Order(NamedTuple):
    """An operator's order, as its server has written it; `by` whom."""

    by: str
    order: dict[str, Any]


Operation = (
    Say
    | Whisper
    | Enter
    | Reenter
    | Rename
    | Login
    | Resume
    | HandOver
    | Leave
    | Nudge
    | Begin
    | Beat
    | End
    | Bury
    | Order
    | Nothing
)

KINDS: dict[str, type[Operation]] = {each.__name__.lower(): each for each in get_args(Operation)}
_NAMES = {kind: name for name, kind in KINDS.items()}
_TYPES = {
    name: [getattr(hint, "__origin__", hint) for hint in get_type_hints(kind).values()]
    for name, kind in KINDS.items()
}
_HAS_OBJECT = {name for name, types in _TYPES.items() if dict in types}


@dataclass(frozen=True, slots=True)
class Batch:
    """What one server appends at once. Places in `operations` are the same for every reader."""

    server: str
    number: int
    operations: Sequence[Operation | None]
    """None: one that is not understood."""

    time: float | None = None
    """When the engine took it first, where it was given again: Unix time in seconds."""

    era: str = ""
    """In which it counts: the name of the server with which the room began, or began anew."""

    @property
    def begins_era(self) -> bool:
        """Whether the room begins with it, as its server knows nothing of what was before."""
        return self.number == 1 and self.era == self.server


class BadBatch(ValueError):
    """An entry is not a batch, or one that was written for newer servers."""


def end_of(batch: Batch) -> int:
    """Where in a batch its server has ended; behind all, where it has not."""
    ends = (at for at, each in enumerate(batch.operations) if isinstance(each, End))
    return next(ends, len(batch.operations))


# --- JSON, strictly -------------------------------------------------------------------------------


def _no_constant(written: str) -> Any:
    raise ValueError(f"{written} is not JSON, though Python reads it.")


def _finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError("A number is too large.")
    return value


def _bounded(written: str) -> int:
    value = int(written)
    if not -_MAX_INTEGER < value < _MAX_INTEGER:
        raise ValueError("A number is too large.")
    return value


_READER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded)
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_json(data: bytes) -> Any:
    """What JSON in UTF-8 says. Raises ValueError: for numbers that are not finite, as well.

    (`json.loads` also takes UTF-16, and halves of characters, which no socket takes.)
    """
    try:
        return _READER.decode(data.decode())
    except RecursionError as error:
        raise ValueError("Its lists are too deep.") from error


def write_json(values: Any) -> bytes:
    """One line of JSON. Raises ValueError for what `read_json` would not read."""
    return _WRITER.encode(values).encode()


def is_shallow(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether a value of JSON has at most so many lists and objects in each other."""
    if not isinstance(value, list | dict):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_shallow(each, depth - 1) for each in inner)


# --- batches --------------------------------------------------------------------------------------


def encode(server: str, number: int, operations: Iterable[Operation], era: str = "") -> bytes:
    """The entry of a batch. Raises ValueError for a number that is not finite."""
    head = {"v": FORMAT_VERSION, "server": server, "number": number} | ({"era": era} if era else {})
    written = [[_NAMES[type(each)], *each] for each in operations]
    return write_json(head | {"ops": written})


def given_again(data: bytes, time: float) -> bytes:
    """The entry of a batch that the engine took at this time, and has lost.

    >>> given_again(given_again(b'{"v": 1}', 2.5), 7.0)
    b'{"time":2.5,"v": 1}'
    """
    if is_given_again(data) or not data.startswith(b"{"):
        return data
    return b'{"time":%b,' % repr(time).encode() + data[1:]


def is_given_again(data: bytes) -> bool:
    """Whether this entry was given again."""
    return data.startswith(b'{"time":')


def decode(data: bytes) -> Batch:
    """The batch of an entry. Raises BadBatch, and nothing else."""
    # JSON escapes quotes, backslashes, and what no text of ours has: control characters, which
    # would be other lines, and halves of characters.
    if b"\\" in data and b"\\" in data.replace(b"\\\\", b"").replace(b'\\"', b""):
        raise BadBatch("This has control characters, or half of a character.")
    try:
        values = read_json(data)
    except ValueError as error:
        raise BadBatch("This is not JSON.") from error
    text = data.decode()
    if clean(text) != text:  # those that JSON takes as they are
        raise BadBatch("This has control characters.")
    if not isinstance(values, dict):
        raise BadBatch("This is not an object.")
    version, server = values.get("v"), values.get("server")
    number, written = values.get("number"), values.get("ops")
    if type(version) is not int or version != FORMAT_VERSION:  # JSON's true equals 1 in Python
        raise BadBatch("This is not a batch of this version.")
    if not (isinstance(server, str) and 0 < len(server) <= MAX_SERVER_CHARACTERS):
        raise BadBatch("This batch lacks its server.")
    if type(number) is not int or not 0 < number < MAX_NUMBER:
        raise BadBatch("This batch lacks its number.")
    if not isinstance(written, list):
        raise BadBatch("This batch lacks its operations.")
    era = values.get("era", "")
    if not (isinstance(era, str) and len(era) <= MAX_SERVER_CHARACTERS):
        raise BadBatch("This batch is of no era.")
    time = values.get("time")
    was_at = time if type(time) is float and time > 0 else None
    return Batch(server, number, [_operation(each) for each in written], was_at, era)


def _operation(written: Any) -> Operation | None:
    """One operation, or None where it cannot be understood."""
    if not (isinstance(written, list) and written and isinstance(written[0], str)):
        return None
    name, *fields = written
    if [type(each) for each in fields] != _TYPES.get(name):
        return None
    if name in _HAS_OBJECT and not is_shallow(fields):
        return None
    return KINDS[name](*fields)
