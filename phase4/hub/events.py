"""What happens in a room that several servers share. No I/O.

State.apply gives these; the room of each server does what is to be done there.
"""

from dataclasses import dataclass
from typing import Any


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
    """When they came in or logged in: Unix time in seconds, by the engine's clock."""

    proof: str = ""

    account: str = ""
    """The registered name as which they are logged in; empty: they are not."""

    entry: str = ""
    """By which operation they came in: a name may have another holder before and after. Whoever
    comes back in the place of their lost connection keeps it."""

    arrival: str = ""
    """The same of this connection: whoever comes back has another one. Under it they speak."""

    @property
    def shown(self) -> list[str]:
        """By what they are known again: their proof, and their account behind a slash."""
        return [each for each in (self.proof, self.account and f"/{self.account}") if each]


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
class Elsewhere:
    """Somebody does not get their name again here: they came back as `person` meanwhile."""

    person: Person


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody has another name."""

    old: Person
    new: Person


@dataclass(frozen=True, slots=True)
class MadeWay:
    """Somebody has another name: the owner of the one that they had has come."""

    old: Person
    new: Person


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody is logged in now, perhaps under another name; or logged out, under theirs."""

    old: Person
    new: Person


@dataclass(frozen=True, slots=True)
class Ousted:
    """Somebody is not here any more: they have logged in from elsewhere."""

    person: Person


@dataclass(frozen=True, slots=True)
class Resumed:
    """Whoever comes in next at this server with this proof was shown so many private lines."""

    server: str
    proof: str
    seen: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A server has handed over private lines that a lost connection may not have shown.

    They are for `to` alone. None: for somebody who has left meanwhile, and may come back.
    """

    server: str
    to: Person | None
    fold: str
    proof: str
    lost: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nudged:
    """Something waits for whoever is logged in as this account."""

    account: str


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
    """A server has begun. `more`: so many messages more were said before than was known."""

    server: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class BeganAnew:
    """The room has begun anew, and numbers what is said from 1 on. It had numbered so many."""

    said: int


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
    Said | Whispered | Unsaid | NotHere | Entered | Taken | Renamed | MadeWay | LoggedIn | Ousted
    | NotRenamed | Resumed | HandedOver | Nudged | Left | Began | Ended | Ordered | Missing
    | BeganAnew | Elsewhere
)  # fmt: skip

Happened = tuple[int, Event]
"""An event, and the place in the batch of the operation that made it; -1: the batch itself."""
