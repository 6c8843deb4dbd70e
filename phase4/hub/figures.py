"""What each server tells the others about itself, with each sign of life; and the rows of all.

So every server knows the figures of all of them, and whoever asks one of them sees the whole room
(shared/status.py). They decide nothing: a figure that is wrong or missing is unknown, and no more.
"""

import math
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from phase4.hub.state import State
from shared.status import MAX_STATUS_SECONDS, MAX_STATUS_SERVERS, RoomServer

_MAX_FIGURE = 2**62
"""Beyond it, no program that reads the status would take the number."""


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """What one server counts by itself, since its own start. None: unknown.

    Through which server somebody is here is a part of the state, so nobody has to tell it.
    """

    public_messages: int | None = None
    private_messages: int | None = None
    """Sent by its own people."""

    deliveries: int | None = None
    """Lines handed to the system for one of its own people."""

    hub_lag_seconds: float | None = None
    """From the hub's door and back, for what was said last."""

    hub_away_seconds: float | None = None
    """How long it could not reach the hub, in all."""

    def to_json(self) -> dict[str, object]:
        """What is known, for a Beat. Each is a number that JSON can hold."""
        known = {each.name: _number(getattr(self, each.name)) for each in fields(self)}
        return {name: value for name, value in known.items() if value is not None}

    @classmethod
    def from_json(cls, values: Any) -> "ServerFigures":
        """The figures of a Beat, whatever another server has put there. Raises nothing."""
        if not isinstance(values, dict):
            return cls()
        known = {each.name: _number(values.get(each.name)) for each in fields(cls)}
        return cls(**{name: _as(name, value) for name, value in known.items()})


def _number(value: Any) -> float | int | None:
    """A number from zero on; None for all else."""
    if type(value) is int:
        return value if 0 <= value < _MAX_FIGURE else None
    if type(value) is not float or not math.isfinite(value):
        return None
    return value if 0 <= value < _MAX_FIGURE else None


def _as(name: str, value: float | int | None) -> Any:
    """Seconds as they are; of counts, whole ones."""
    if value is None:
        return None
    if name.endswith("_seconds"):
        return float(value) if value < MAX_STATUS_SECONDS else None
    return int(value) if value == int(value) else None


def rows(state: State, here: str, figures: ServerFigures) -> tuple[RoomServer, ...]:
    """A row for each server that lives, the first of them this one, `here`, as it is now.

    The caller holds the lock of the state. It takes a moment, however many people are here.
    """
    people = Counter(each.server for each in state.people.values())
    others = sorted(name for name in state.servers if name != here)
    shown = _shown([here, *others])
    told = {each: ServerFigures.from_json(state.servers[each].figures) for each in others}
    told[here] = figures
    return tuple(
        _row(shown[each], told[each], people[each], is_here=each == here)
        for each in [here, *others][:MAX_STATUS_SERVERS]
    )


def _row(name: str, figures: ServerFigures, people: int, *, is_here: bool) -> RoomServer:
    known = {each.name: getattr(figures, each.name) for each in fields(figures)}
    told = {field: value for field, value in known.items() if value is not None}
    unknown = frozenset(known.keys() - told.keys())
    return RoomServer(name, is_here=is_here, people_now=people, **told, unknown=unknown)


def _shown(servers: list[str]) -> dict[str, str]:
    """Names for people to read: without what tells a process from the one before it.

    Where two of a room would have the same (one was killed, and has begun again), it stays.

    >>> _shown(["a:1-5f3c2d.1", "b:1-77aa10.2", "b:1-0c91fe.1"])["a:1-5f3c2d.1"]
    'a:1'
    """
    short = {each: each.rpartition("-")[0] or each for each in servers}
    times = Counter(short.values())
    return {each: name if times[name] == 1 else each for each, name in short.items()}
