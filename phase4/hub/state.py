"""What all servers of a room agree on: who is here, where, and how much was said. No I/O.

New here: a *replicated state machine* (Lamport 1978; Schneider, "Implementing Fault-Tolerant
Services Using the State Machine Approach", 1990). Every server applies the same batches in the
same order, the engine's, to the same state. So all come to the same result, and need not ask each
other: who got a name that two wanted, where a message goes, which server is dead.

For that, `apply` may depend on nothing but the state and the batch: on no clock, no random number,
no setting. And it never raises: a batch that one server cannot bear would end all of them. What
makes no sense is skipped, by all alike.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from phase4.hub.operations import (
    Batch,
    Beat,
    Begin,
    Bury,
    End,
    Enter,
    Leave,
    Operation,
    Order,
    Rename,
    Say,
    Whisper,
)

MAX_DEAD = 1_000
"""Dead servers that are remembered: their batches may come late. The oldest are forgotten."""

MAX_SERVERS = 100
"""That live at a time. Of more, nothing counts."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is here, at one of the servers."""

    name: str
    fold: str
    look: str
    server: str
    host: str
    """The address, without a port."""

    since: float
    """Unix time in seconds, by the engine's clock."""

    proof: str = ""

    account: str = ""
    """The registered name as which they are logged in; empty: they are not."""


@dataclass(slots=True)
class Server:
    """A server that lives."""

    number: int
    """Of its last batch."""

    figures: dict[str, Any] = field(default_factory=dict)


# --- what has happened ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody has said something to all: the message of this number."""

    person: Person
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Whispered:
    """Somebody has said something to one person."""

    person: Person
    to: Person
    text: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Somebody wanted to say something who is not here under that name, at that server."""


@dataclass(frozen=True, slots=True)
class NotHere:
    """Somebody wanted to say something to a person who is not here."""

    person: Person
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody has come in. `replaced`: they have shown that this was their lost connection."""

    person: Person
    wanted: str
    replaced: Person | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody was not let in: all names that were offered are others'."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody has another name."""

    old: Person
    new: Person


@dataclass(frozen=True, slots=True)
class NotRenamed:
    """Somebody keeps their name. `holder` has the one they wanted; None: they are not here."""

    holder: Person | None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody has left."""

    person: Person
    reason: str


@dataclass(frozen=True, slots=True)
class Began:
    """A server has begun."""

    server: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A server is gone, with its people. `is_lost`: it did not say so."""

    server: str
    people: tuple[Person, ...]
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """An operator has given an order."""

    by: str
    order: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """So many batches of a server are missing: the engine has lost them."""

    server: str
    count: int


Event = (
    Said | Whispered | Unsaid | NotHere | Entered | Taken | Renamed | NotRenamed | Left
    | Began | Ended | Ordered | Missing
)  # fmt: skip

Happened = tuple[int, Event]
"""An event, and the place in the batch of the operation that made it; -1: the batch itself."""


# --- the state ------------------------------------------------------------------------------------


class BadSnapshot(ValueError):
    """Something is not the snapshot of a state."""


class State:
    """Not for two threads at once: whoever holds it has a lock."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}  # by fold
        self.servers: dict[str, Server] = {}
        self.said = 0
        """Messages to all since the room began; the number of the last one."""
        self.time = 0.0
        """Of the last batch: Unix time in seconds, by the engine's clock. It never goes back."""
        self.skipped = 0
        """Operations and batches that made no sense, or came late."""
        self._looks: dict[str, str] = {}  # the fold, by look
        self._dead: dict[str, None] = {}  # the oldest first

    # --- questions ------------------------------------------------------------------------------

    def holder(self, fold: str, look: str) -> Person | None:
        """Whoever has this name, or one that looks like it."""
        return self.people.get(fold) or self.people.get(self._looks.get(look, ""))

    def is_dead(self, server: str) -> bool:
        """Whether nothing of this server counts any more."""
        return server in self._dead

    def people_of(self, server: str) -> tuple[Person, ...]:
        """Those who are here through one server."""
        return tuple(each for each in self.people.values() if each.server == server)

    # --- one batch after the other --------------------------------------------------------------

    def apply(self, batch: Batch, time: float) -> list[Happened]:
        """What has happened by a batch that the engine took at this time. Never raises."""
        self.time = max(self.time, time)
        known = self.servers.get(batch.server)
        if self.is_dead(batch.server) or (known is not None and batch.number <= known.number):
            self.skipped += 1
            return []
        if known is None:
            if len(self.servers) >= MAX_SERVERS:
                self.skipped += 1
                return []
            known = self.servers[batch.server] = Server(batch.number - 1)
        happened = list(self._missing(batch, known))
        known.number = batch.number
        for place, operation in enumerate(batch.operations):
            if batch.server not in self.servers:  # it has ended, by an operation before
                self.skipped += 1
                break
            events = list(self._do(batch.server, operation))
            self.skipped += not events and not isinstance(operation, Beat)
            happened += [(place, each) for each in events]
        return happened

    @staticmethod
    def _missing(batch: Batch, known: Server) -> Iterator[Happened]:
        if count := batch.number - known.number - 1:
            yield -1, Missing(batch.server, count)

    def _do(self, server: str, operation: Operation | None) -> Iterable[Event]:
        match operation:
            case Say(speaker, text):
                return self._say(server, speaker, text)
            case Whisper():
                return self._whisper(server, operation)
            case Enter():
                return self._enter(server, operation)
            case Rename():
                return self._rename(server, operation)
            case Leave(speaker, reason):
                return self._leave(server, speaker, reason)
            case Beat(figures):
                self.servers[server].figures = figures
            case Begin(said):
                self.said = max(self.said, said)
                return (Began(server),)
            case End():
                return self._gone(server, is_lost=False)
            case Bury(other) if other in self.servers:
                return self._gone(other, is_lost=True)
            case Order(by, order):
                return (Ordered(by, order),)
        return ()

    def _at(self, server: str, speaker: str) -> Person | None:
        """Somebody who is here through this server."""
        person = self.people.get(speaker)
        return person if person is not None and person.server == server else None

    def _say(self, server: str, speaker: str, text: str) -> Iterable[Event]:
        person = self._at(server, speaker)
        if person is not None:
            self.said += 1
            yield Said(person, text, self.said)
        else:
            yield Unsaid()

    def _whisper(self, server: str, asked: Whisper) -> Iterable[Event]:
        person = self._at(server, asked.speaker)
        to = self.people.get(asked.to_fold)
        if person is None:
            yield Unsaid()
        elif to is None:
            yield NotHere(person, asked.to, asked.text)
        else:
            yield Whispered(person, to, asked.text)

    def _enter(self, server: str, asked: Enter) -> Iterable[Event]:
        for each in asked.names:
            if not _is_name(each):
                continue
            name, fold, look = each
            holder = self.holder(fold, look)
            is_theirs = holder is not None and bool(asked.proof) and holder.proof == asked.proof
            if holder is None or is_theirs:
                replaced = self._drop(holder) if holder is not None else None
                if replaced is not None:
                    name, fold, look = replaced.name, replaced.fold, replaced.look
                person = Person(name, fold, look, server, asked.host, self.time, asked.proof)
                self._put(person)
                yield Entered(person, asked.wanted, replaced)
                return
        yield Taken()

    def _rename(self, server: str, asked: Rename) -> Iterable[Event]:
        old = self._at(server, asked.speaker)
        holder = self.holder(asked.fold, asked.look)
        if old is None:
            yield NotRenamed(None)
        elif holder is not None and holder is not old:
            yield NotRenamed(holder)
        elif asked.name:
            self._drop(old)
            new = replace(old, name=asked.name, fold=asked.fold, look=asked.look)
            self._put(new)
            yield Renamed(old, new)

    def _leave(self, server: str, speaker: str, reason: str) -> Iterable[Event]:
        person = self._at(server, speaker)
        if person is not None:
            yield Left(self._drop(person), reason)

    def _gone(self, server: str, *, is_lost: bool) -> Iterable[Event]:
        people = self.people_of(server)
        for each in people:
            self._drop(each)
        self.servers.pop(server, None)
        self._dead[server] = None
        if len(self._dead) > MAX_DEAD:
            del self._dead[next(iter(self._dead))]
        yield Ended(server, people, is_lost)

    def _put(self, person: Person) -> None:
        self.people[person.fold] = person
        self._looks[person.look] = person.fold

    def _drop(self, person: Person) -> Person:
        del self.people[person.fold]
        self._looks.pop(person.look, None)
        return person

    # --- snapshots ------------------------------------------------------------------------------

    def copy(self) -> "State":
        """One that stays as it is. Takes a moment, however many people are here."""
        other = State()
        other.said, other.time = self.said, self.time
        other.people, other._looks = dict(self.people), dict(self._looks)
        other.servers = {
            name: Server(each.number, each.figures) for name, each in self.servers.items()
        }
        other._dead = dict(self._dead)
        return other

    def to_json(self) -> dict[str, Any]:
        """All of it. Two states are the same where this is."""
        return {
            "said": self.said,
            "time": self.time,
            "people": [asdict(each) for each in self.people.values()],
            "servers": {name: asdict(each) for name, each in self.servers.items()},
            "dead": [*self._dead],
        }

    @classmethod
    def from_json(cls, values: Any) -> "State":
        """The state of a snapshot. Raises BadSnapshot."""
        state = cls()
        try:
            state.said, state.time = int(values["said"]), float(values["time"])
            for each in values["people"]:
                state._put(Person(**each))
            state.servers = {name: Server(**each) for name, each in values["servers"].items()}
            state._dead = dict.fromkeys(values["dead"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadSnapshot("This is not the snapshot of a room.") from error
        return state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]


def _is_name(value: Any) -> bool:
    """Whether this is a name, its fold and its look."""
    return (
        isinstance(value, list)
        and len(value) == len(("name", "fold", "look"))
        and all(isinstance(each, str) and each for each in value)
    )


def to_bytes(state: State, position: str, more: dict[str, Any]) -> bytes:
    """A snapshot: the state behind this position, and what the servers keep beside it."""
    return json.dumps(
        {"v": 1, "position": position, "state": state.to_json(), "more": more}
    ).encode()


def from_bytes(data: bytes) -> tuple[State, str, dict[str, Any]]:
    """What `to_bytes` was given. Raises BadSnapshot."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadSnapshot("This is not JSON.") from error
    if not isinstance(values, dict) or values.get("v") != 1:
        raise BadSnapshot("This is not a snapshot of this version.")
    position, more = values.get("position"), values.get("more")
    if not isinstance(position, str) or not isinstance(more, dict):
        raise BadSnapshot("This snapshot has no position.")
    return State.from_json(values.get("state")), position, more
