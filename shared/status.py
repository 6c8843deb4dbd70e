"""The snapshot of a server's figures: one line of JSON. Phase 4 serves it, the monitor reads it.

Who connects to the status port receives one line, and the connection closes. A server in any
language can be watched that answers with an object whose `chat_status` is 1; every other field may
be missing, and fields that are not known here are ignored.
"""

import json
import reprlib
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

FORMAT_VERSION = 1

_MAX_COUNT = 2**63  # what a counter of 64 bits holds; JSON's numbers have no bound of their own
_MAX_TIME = 253_402_300_800  # the year 10000, where datetime ends
_MAX_SHOWN_CHARACTERS = 40


class StatusError(Exception):
    """What was read is no snapshot; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as the snapshot shows them."""

    name: str
    address: str = ""
    since: float = 0.0  # Unix time, seconds
    messages: int = 0  # sent by this person, public and private
    outbox_bytes: int = 0  # waiting for this person to read


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The figures at one moment. Counters count from the server's start and only grow."""

    server: str = ""  # program and version
    pid: int = 0
    started: float = 0.0  # Unix time, seconds
    time: float = 0.0  # Unix time of this snapshot, seconds
    people_now: int = 0
    people_peak: int = 0
    max_people: int = 0
    joins: int = 0  # people who came in, ever
    public_messages: int = 0
    private_messages: int = 0
    deliveries: int = 0  # lines handed to the system for a person
    bytes_in: int = 0
    bytes_out: int = 0
    slow_disconnected: int = 0  # people who stopped reading
    refused: int = 0  # connections turned away
    log_errors: int = 0  # writes that failed
    log_lines_waiting: int = 0  # kept in memory until the disk takes them
    log_lines_dropped: int = 0
    console_lines_dropped: int = 0
    threads: int = 0
    people: tuple[Person, ...] = field(default_factory=tuple)

    @property
    def uptime_seconds(self) -> float:
        """Since the server started, by the server's own clock."""
        return max(0.0, self.time - self.started)


def format_snapshot(snapshot: Snapshot) -> bytes:
    """The line, with its newline."""
    values = {"chat_status": FORMAT_VERSION, **asdict(snapshot)}
    return json.dumps(values, allow_nan=False).encode() + b"\n"


def parse_snapshot(line: bytes) -> Snapshot:
    """The snapshot of a line. Raises StatusError; nothing in it is believed unseen."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StatusError("The answer is not JSON: this is not a status port.") from error
    if not isinstance(values, dict) or "chat_status" not in values:
        raise StatusError("The answer has no chat_status: this is not a status port.")
    version = values["chat_status"]
    if version != FORMAT_VERSION or isinstance(version, bool):  # JSON's true equals 1 in Python
        raise StatusError(
            f"The server speaks status version {_shown(version)}; this reads {FORMAT_VERSION}."
        )
    people = values.get("people", [])
    if not isinstance(people, list) or not all(isinstance(each, dict) for each in people):
        raise StatusError("The field 'people' is not a list of objects.")
    values["people"] = tuple(_build(Person, each) for each in people)
    return _build(Snapshot, values)


_Kind = TypeVar("_Kind", Person, Snapshot)


def _build(kind: type[_Kind], values: dict[str, Any]) -> _Kind:
    """A `kind` of those values that it knows, each checked against the type of its default."""
    known: dict[str, Any] = {}
    for each in fields(kind):
        if each.name in values:
            known[each.name] = _checked(each.name, each.type, values[each.name])
    if kind is Person and "name" not in known:
        raise StatusError("A person has no name.")
    return kind(**known)


def _checked(name: str, kind: Any, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and is_number and 0 <= value < _MAX_COUNT and value == int(value):
        return int(value)
    if kind is float and is_number and -_MAX_TIME < value < _MAX_TIME:
        return float(value)
    if kind is str and isinstance(value, str):
        return value
    if name == "people":
        return value
    raise StatusError(f"The field {name!r} is {_shown(value)}.")


def _shown(value: Any) -> str:
    """A value in a sentence, cut: the other end may have sent a megabyte of it."""
    text = reprlib.repr(value)  # repr() itself would follow a thousand nested lists
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + "..."
