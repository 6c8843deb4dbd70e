"""The snapshot of a server's figures: one line of JSON. Phase 4 serves it, the monitor reads it.

A client of the status port receives one line, and the connection closes. A server in any
language can be watched. What is required: `chat_status`, which is 1, and the `name` of each person
in `people` and of each server in `servers`. Every other field may be missing or null: then it is
unknown, and `Snapshot.unknown` says so. Fields that are not known here are ignored. So the format
can grow without a new version, and a server and a monitor of different age understand each other.
"""

import json
import reprlib
from dataclasses import dataclass, field, fields
from typing import Any

from shared.defaults import MAX_STATUS_BYTES

FORMAT_VERSION = 1

MAX_STATUS_PEOPLE = 2000
"""People in one snapshot, those here longest; `people_now` counts all. The longest entry, with a
name whose every character JSON writes as twelve bytes, has some 440 bytes: 2,000 stay below
MAX_STATUS_BYTES."""

MAX_STATUS_SERVERS = 100
"""Servers in one snapshot, which have one room: as many as such a room may have."""

MAX_STATUS_SERVER_CHARACTERS = 60
"""Of a server's name. With them, 100 servers and 2,000 people stay below MAX_STATUS_BYTES."""

MAX_STATUS_SECONDS = 253_402_300_800
"""Times and spans of it stay below: that is the year 10000, where datetime ends."""

_MAX_COUNT = 2**63  # what a counter of 64 bits holds; JSON's numbers have no bound of their own
_MAX_SHOWN_CHARACTERS = 40
_MAX_TEXT_CHARACTERS = 500  # of a name or an address: a monitor keeps a thousand of them


class StatusError(Exception):
    """What was read is not a snapshot; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as the snapshot shows them."""

    name: str
    address: str = ""
    since: float = 0.0  # Unix time, seconds
    messages: int = 0  # sent by this person, public and private
    outbox_bytes: int = 0  # waiting for this person to read
    bytes_in: int = 0  # received from this person
    unknown: frozenset[str] = field(default=frozenset(), compare=False)  # as in Snapshot


@dataclass(frozen=True, slots=True)
class RoomServer:
    """One of several servers that have one room. Its counters count from its own start."""

    name: str
    is_here: bool = False  # this is the one that was asked
    people_now: int = 0  # who are here through this server
    public_messages: int = 0  # sent by its people
    private_messages: int = 0  # sent by its people
    deliveries: int = 0  # lines handed to the system for one of its people
    hub_lag_seconds: float = 0.0  # from the hub's door and back, as in Snapshot
    hub_away_seconds: float = 0.0  # in all
    unknown: frozenset[str] = field(default=frozenset(), compare=False)  # as in Snapshot


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The figures at one moment. Counters count from the server's start and only grow.

    Where several servers have one room, `people_now`, `people_peak`, `joins` and the messages are
    of the whole room, as this server has seen it since its start. All the rest is this server's
    own: `people` lists those who are here through it.
    """

    server: str = ""  # program and version, for people to read
    server_version: str = ""  # the version alone, for programs to compare
    pid: int = 0
    started: float = 0.0  # Unix time, seconds
    # How long it has run, which the system's clock cannot alter; None: look at the two times.
    up_seconds: float | None = None
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
    resident_bytes: int | None = None  # memory in use now; None where the system does not say
    cpu_seconds: float | None = (
        None  # used by the process since its start, with the system's for it
    )
    # The hub is what several servers share, each over a link of its own.
    # What this server said last was so long under way; or what waits already for longer.
    hub_lag_seconds: float | None = None
    hub_away_seconds: float = 0.0  # for so long, in all, it could not reach the hub
    hub_outages: int = 0  # so often it could not
    servers: tuple[RoomServer, ...] = field(default_factory=tuple)  # of one room; none: no hub
    people: tuple[Person, ...] = field(default_factory=tuple)
    # Which of the above the line did not tell: what stands there is a default and no figure. It is
    # how the snapshot was read and no part of it.
    unknown: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def uptime_seconds(self) -> float:
        """Since the server started: by its own count, or else by the difference of its times."""
        return max(0.0, self.time - self.started) if self.up_seconds is None else self.up_seconds

    @property
    def has_uptime(self) -> bool:
        """Whether the server has told how long it has run."""
        return self.up_seconds is not None or (self.started > 0 and self.time > 0)

    @property
    def here(self) -> RoomServer | None:
        """What the row of this server says, where several have one room."""
        return next((each for each in self.servers if each.is_here), None)

    @property
    def people_here(self) -> int:
        """Those who are here through this server: where it is the only one, all."""
        here = self.here
        is_told = here is not None and "people_now" not in here.unknown
        return here.people_now if here is not None and is_told else self.people_now


def format_snapshot(snapshot: Snapshot) -> bytes:
    """The line, with its newline: what is known.

    At most MAX_STATUS_PEOPLE people, and MAX_STATUS_SERVERS servers, whose names are cut.
    """
    values: dict[str, Any] = {"chat_status": FORMAT_VERSION}
    for name in _SNAPSHOT_KINDS:
        if name not in snapshot.unknown:
            values[name] = getattr(snapshot, name)
    if "servers" not in snapshot.unknown:
        values["servers"] = [_as_row(each) for each in snapshot.servers[:MAX_STATUS_SERVERS]]
    if "people" not in snapshot.unknown:
        values["people"] = [_as_object(each) for each in snapshot.people[:MAX_STATUS_PEOPLE]]
    return json.dumps(values, allow_nan=False).encode() + b"\n"


def _as_object(person: Person) -> dict[str, Any]:
    """Written out: dataclasses.asdict() takes four times as long, with a thousand people."""
    values = {
        "name": person.name,
        "address": person.address,
        "since": person.since,
        "messages": person.messages,
        "outbox_bytes": person.outbox_bytes,
        "bytes_in": person.bytes_in,
    }
    for each in person.unknown:
        del values[each]
    return values


def _as_row(server: RoomServer) -> dict[str, Any]:
    known = [name for name in _SERVER_KINDS if name not in server.unknown]
    name = server.name[:MAX_STATUS_SERVER_CHARACTERS]
    return {each: getattr(server, each) for each in known} | {"name": name}


def parse_snapshot(line: bytes) -> Snapshot:
    """The snapshot of a line. Raises StatusError; nothing in it is believed unseen."""
    if len(line) > MAX_STATUS_BYTES:
        raise StatusError(
            f"The answer has over {MAX_STATUS_BYTES:,} bytes: this is not a snapshot."
        )
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StatusError("The answer is not JSON: this is not a status port.") from error
    if not isinstance(values, dict) or "chat_status" not in values:
        raise StatusError("The answer has no chat_status: this is not a status port.")
    version = values["chat_status"]
    if version != FORMAT_VERSION or isinstance(version, bool):  # JSON's true equals 1 in Python
        raise StatusError(_why_not(version))
    known = _checked_values(_SNAPSHOT_KINDS, values)
    if values.get("servers") is not None:
        known["servers"] = _parse_servers(values["servers"])
    if values.get("people") is not None:
        known["people"] = _parse_people(values["people"])
    fields = {*_SNAPSHOT_KINDS, "servers", "people"}
    return Snapshot(**known, unknown=frozenset(fields - known.keys()))


def _why_not(version: Any) -> str:
    """Which of the two is too old, where that can be told."""
    words = f"The server speaks status version {_shown(version)}; this reads {FORMAT_VERSION}."
    if not isinstance(version, int | float) or isinstance(version, bool):
        return words
    return f"{words} {'This program' if version > FORMAT_VERSION else 'The server'} is too old."


def _parse_servers(values: Any) -> tuple[RoomServer, ...]:
    rows = _objects("servers", _SERVER_KINDS, values, MAX_STATUS_SERVERS)
    if not all(0 < len(each.get("name", "")) <= _MAX_TEXT_CHARACTERS for each in rows):
        raise StatusError("A server has no name, or a very long one.")
    if sum(each.get("is_here", False) for each in rows) > 1:
        raise StatusError("Two servers say that they were asked.")
    for each in rows:
        each["name"] = each["name"][:MAX_STATUS_SERVER_CHARACTERS]
    known = _SERVER_KINDS.keys()
    return tuple(RoomServer(**each, unknown=frozenset(known - each.keys())) for each in rows)


def _objects(field: str, kinds: dict[str, Any], values: Any, most: int) -> list[dict[str, Any]]:
    """The objects of a list, the first `most` of them, checked."""
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise StatusError(f"The field {field!r} is not a list of objects.")
    return [_checked_values(kinds, each) for each in values[:most]]


def _parse_people(values: Any) -> tuple[Person, ...]:
    people = _objects("people", _PERSON_KINDS, values, MAX_STATUS_PEOPLE)
    if not all("name" in each for each in people):
        raise StatusError("A person has no name.")
    if any(len(value) > _MAX_TEXT_CHARACTERS for each in people for value in _texts_of(each)):
        raise StatusError(f"A name or an address has over {_MAX_TEXT_CHARACTERS} characters.")
    known = _PERSON_KINDS.keys()
    return tuple(Person(**each, unknown=frozenset(known - each.keys())) for each in people)


def _texts_of(person: dict[str, Any]) -> tuple[str, ...]:
    return person["name"], person.get("address", "")


_PLAIN: dict[Any, Any] = {
    int | None: int,
    float | None: float,
}  # null is looked at before the kind is


def _kinds(of: type[Person] | type[RoomServer] | type[Snapshot]) -> dict[str, Any]:
    """The fields that hold one value each, and its kind."""
    return {
        each.name: _PLAIN.get(each.type, each.type)
        for each in fields(of)
        if each.name not in ("people", "servers", "unknown")
    }


_PERSON_KINDS = _kinds(Person)
_SERVER_KINDS = _kinds(RoomServer)
_SNAPSHOT_KINDS = _kinds(Snapshot)


def _checked_values(kinds: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Those values that are known here and not null, each of the kind that it must have."""
    return {
        name: _checked(name, kind, values[name])
        for name, kind in kinds.items()
        if values.get(name) is not None
    }


def _checked(name: str, kind: Any, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and is_number and 0 <= value < _MAX_COUNT and value == int(value):
        return int(value)
    if kind is float and is_number and 0 <= value < MAX_STATUS_SECONDS:
        return float(value)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    raise StatusError(f"The field {name!r} is {_shown(value)}.")


def _shown(value: Any) -> str:
    """A value in a sentence, cut: the other end may have sent a megabyte of it."""
    text = reprlib.repr(value)  # repr() itself would follow a thousand nested lists
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + "..."
