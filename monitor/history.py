"""What successive snapshots tell: rates, a restart, people who came and went. No clock, no socket.

New here: a counter tells little, the difference of two counters tells how busy it is. Every reading
says when it was taken (a `Moment`), so nothing here asks for the time, and a test can play ten
minutes in a millisecond. Rates are by this program's monotonic clock: a server's clock may be set
back, or missing.
"""

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.defaults import REPORT_SECONDS
from shared.status import Person, Snapshot

SLOT_SECONDS = 5
"""What is remembered of so much time is one value for each figure, however often it was read."""

WINDOW_SECONDS = 600
"""The time that a chart shows, however narrow it is."""

_WINDOW_SLOTS = WINDOW_SECONDS // SLOT_SECONDS
_MAX_SLOTS = 720  # an hour; for charts with room for more than the window
_MAX_EVENTS = 1000
_MAX_NAMED = 8  # if more come or leave between two readings, three are named and all counted
_CLOCK_SLACK_SECONDS = 1.0  # a server may work out `started` anew each time, and round it

COUNTERS = (
    "joins",
    "public_messages",
    "private_messages",
    "deliveries",
    "bytes_in",
    "bytes_out",
    "slow_disconnected",
    "refused",
    "log_errors",
    "log_lines_dropped",
    "console_lines_dropped",
)
"""The fields of a snapshot that only grow, as long as it is the same server."""

LEVELS = {
    "people": ("people_now",),
    "threads": ("threads",),
    "memory": ("resident_bytes",),
    "log waiting": ("log_lines_waiting",),
}
"""Figures that a snapshot tells as they are, each with the fields it is the sum of."""

RATES = {
    "messages": ("public_messages", "private_messages"),
    "public": ("public_messages",),
    "private": ("private_messages",),
    "delivered": ("deliveries",),
    "in": ("bytes_in",),
    "out": ("bytes_out",),
    "cpu": ("cpu_seconds",),  # seconds a second: 1.0 is one processor, wholly used
}
"""Figures that are by how much their fields grew since the reading before, a second."""

INCREASES = {
    "joined": ("joins",),
    "too slow": ("slow_disconnected",),
    "turned away": ("refused",),
    "log errors": ("log_errors",),
    "lines dropped": ("log_lines_dropped", "console_lines_dropped"),
}
"""Figures that are by how much their fields grew: too rare for a rate."""

_FIELDS = LEVELS | RATES | INCREASES

_TROUBLES = {
    "too slow": "disconnected: too slow",
    "turned away": "turned away",
    "log errors": "log errors",
    "lines dropped": "log or console lines dropped",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time by both clocks: one to measure with, one to show (Unix time)."""

    monotonic: float
    clock: float

    @classmethod
    def now(cls) -> "Moment":
        """The moment of the call."""
        return cls(time.monotonic(), time.time())

    def seconds_since(self, earlier: "Moment") -> float:
        """How much later than `earlier` this is."""
        return max(0.0, self.monotonic - earlier.monotonic)


Values = Mapping[str, float]
"""Figures by their names above. What is not in it is not known: the first reading of a server has
no rates, one that failed has nothing, and not every server tells everything."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What the readings of SLOT_SECONDS brought: highest levels and rates, the sum of increases.

    `after` is the number of the slot before; those between the two had no reading of their own.
    """

    number: int
    after: int
    values: Values = field(default_factory=dict)
    has_failed: bool = False  # one of its readings did


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between two readings. `weight`: 0 ordinary, 1 warning, 2 bad."""

    clock: float
    text: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known after a reading. `snapshot` is the last that came, however long ago."""

    snapshot: Snapshot | None = None
    at: Moment | None = None  # when `snapshot` came
    values: Values = field(default_factory=dict)  # what `snapshot` and the one before it tell
    slots: tuple[Slot, ...] = ()  # oldest first
    events: tuple[Event, ...] = ()  # oldest first
    problem: str = ""  # why the last reading failed; empty: it did not
    is_unreadable: bool = False  # and that because of what answered, not for want of an answer
    gone_since: Moment | None = None  # the first of the failed readings
    restarted: Moment | None = None  # when a restart was noticed last


class History:
    """Collects readings. One thread uses it; the Figures it gives never change afterwards."""

    def __init__(self) -> None:
        self.figures = Figures()
        self._slots: deque[Slot] = deque(maxlen=_MAX_SLOTS)
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)

    def succeed(self, snapshot: Snapshot, at: Moment) -> None:
        """A reading that brought a snapshot."""
        last = self.figures
        restarted = last.snapshot is not None and is_restart(last.snapshot, snapshot)
        values = levels_of(snapshot)
        if last.snapshot and last.at and not restarted:
            values |= changes_between(last.snapshot, snapshot, at.seconds_since(last.at))
        self._remember(at, values)
        if last.gone_since:
            seconds = at.seconds_since(last.gone_since)
            self._happened(at, f"the server is back after {seconds:.0f} s")
        if restarted:
            self._happened(at, "the server was restarted", 1)
        elif last.snapshot:
            self._compare(last.snapshot, snapshot, values, at)
        self.figures = Figures(
            snapshot=snapshot,
            at=at,
            values=values,
            slots=tuple(self._slots),
            events=tuple(self._events),
            restarted=at if restarted else last.restarted,
        )

    def fail(self, problem: str, at: Moment, *, unreadable: bool = False) -> None:
        """A reading that failed: the last figures stay, and a gap comes into the charts."""
        last = self.figures
        self._remember(at, {}, has_failed=True)
        if not last.gone_since:
            words = "the answer is not a snapshot" if unreadable else "the server is gone"
            self._happened(at, words, 2)
        self.figures = replace(
            last,
            slots=tuple(self._slots),
            events=tuple(self._events),
            problem=problem,
            is_unreadable=unreadable,
            gone_since=last.gone_since or at,
        )

    def _remember(self, at: Moment, values: Values, *, has_failed: bool = False) -> None:
        number = int(at.monotonic // SLOT_SECONDS)
        last = self._slots[-1] if self._slots else None
        if last is None or last.number < number:
            after = last.number if last else number - 1
            self._slots.append(Slot(number, after, values, has_failed))
        else:
            both = _together(last.values, values)
            has_failed = has_failed or last.has_failed
            self._slots[-1] = replace(last, values=both, has_failed=has_failed)

    def _happened(self, at: Moment, text: str, weight: int = 0) -> None:
        self._events.append(Event(at.clock, text, weight))

    def _compare(self, old: Snapshot, new: Snapshot, values: Values, at: Moment) -> None:
        for text in who_came_and_went(old, new):
            self._happened(at, text)
        for name, words in _TROUBLES.items():
            if values.get(name):
                self._happened(at, f"{values[name]:,.0f} {words}", 1)


def _together(first: Values, second: Values) -> Values:
    """Two readings of one slot."""
    both = {**first, **second}
    for name in first.keys() & second.keys():
        one, other = first[name], second[name]
        both[name] = one + other if name in INCREASES else max(one, other)
    return both


# --- two snapshots -------------------------------------------------------------------------------


def is_restart(old: Snapshot, new: Snapshot) -> bool:
    """Whether `new` comes from another run of the server than `old`.

    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=7, joins=6))
    False
    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=8, joins=6))
    True
    >>> is_restart(Snapshot(joins=5), Snapshot(joins=4))
    True
    """
    unknown = old.unknown | new.unknown  # a figure that is told no more has not gone back
    return (
        ("pid" not in unknown and old.pid != new.pid)
        or ("started" not in unknown and abs(old.started - new.started) > _CLOCK_SLACK_SECONDS)
        or any(getattr(new, each) < getattr(old, each) for each in COUNTERS if each not in unknown)
    )


def levels_of(snapshot: Snapshot) -> dict[str, float]:
    """The figures that one snapshot tells by itself.

    >>> levels_of(Snapshot(people_now=3, threads=7, unknown=frozenset({"log_lines_waiting"})))
    {'people': 3, 'threads': 7}
    """
    return {name: told for name in LEVELS if (told := total(snapshot, name)) is not None}


def changes_between(old: Snapshot, new: Snapshot, seconds: float) -> dict[str, float]:
    """The rates and increases of one server over `seconds`; none where no time went by.

    >>> changes_between(Snapshot(joins=10), Snapshot(joins=20), 5.0)["joined"]
    10
    """
    changes: dict[str, float] = {}
    for name in (*RATES, *INCREASES) if seconds > 0 else ():
        before, after = total(old, name), total(new, name)
        if before is not None and after is not None:
            more = max(0, after - before)  # CPU time is not a counter of ours, and may be rounded
            changes[name] = more / seconds if name in RATES else more
    return changes


def total(snapshot: Snapshot, name: str) -> float | None:
    """What the fields of a figure add up to; None where the server tells none of them."""
    known = [getattr(snapshot, each) for each in _FIELDS[name] if each not in snapshot.unknown]
    told: list[float] = [each for each in known if each is not None]
    return sum(told) if told else None


class Moves(NamedTuple):
    """What became of the people of one snapshot in the next."""

    left: list[str]
    renamed: list[tuple[str, str]]
    joined: list[str]


def who_came_and_went(old: Snapshot, new: Snapshot) -> list[str]:
    """Sentences: with names where both lists of people are whole, else with numbers.

    >>> who_came_and_went(Snapshot(people_now=4, joins=9), Snapshot(people_now=5, joins=12))
    ['2 left', '3 joined']
    """
    if len(old.people) < old.people_now or len(new.people) < new.people_now:
        more = new.people_now - old.people_now
        is_told = "joins" not in old.unknown | new.unknown
        joined = new.joins - old.joins if is_told else max(0, more)
        return [f"{n:,} {did}" for n, did in ((joined - more, "left"), (joined, "joined")) if n > 0]
    moves = moves_between(old.people, new.people)
    renamed = [f"{each} is now {name}" for each, name in moves.renamed]
    return [*_told(moves.left, "left"), *renamed, *_told(moves.joined, "joined")]


def _told(names: Sequence[str], did: str) -> Iterable[str]:
    if len(names) <= _MAX_NAMED:
        return [f"{each} {did}" for each in names]
    return [f"{', '.join(names[:3])} and {len(names) - 3:,} more {did}"]


def moves_between(old: Sequence[Person], new: Sequence[Person]) -> Moves:
    """People who left, who have a new name, who joined. Both between two readings is not seen.

    >>> moves_between([Person("Ann"), Person("Bob")], [Person("Bob"), Person("Cy")])
    Moves(left=['Ann'], renamed=[], joined=['Cy'])
    >>> moves_between([Person("Bob", "::1", 7.0)], [Person("Robert", "::1", 7.0)])
    Moves(left=[], renamed=[('Bob', 'Robert')], joined=[])
    """
    old_names = {each.name for each in old}
    new_names = {each.name for each in new}
    arrived = [each for each in new if each.name not in old_names]
    by_connection = {_connection(each): each for each in arrived if each.since}
    moves = Moves([], [], [])
    for each in old:
        if each.name in new_names:
            continue
        person = by_connection.pop(_connection(each), None)
        if person:
            moves.renamed.append((each.name, person.name))
        else:
            moves.left.append(each.name)
    renamed = {name for _, name in moves.renamed}
    moves.joined.extend(each.name for each in arrived if each.name not in renamed)
    return moves


def _connection(person: Person) -> tuple[str, float]:
    """What stays the same when a person takes another name, where the server tells it."""
    return person.address, person.since


# --- charts --------------------------------------------------------------------------------------


def columns(slots: Sequence[Slot], name: str, width: int) -> list[float | None]:
    """What a chart of `width` columns shows of a figure: the newest last, at most `width` of them.

    Where the window does not fit, a column holds several slots: their highest, so that a short peak
    is never lost (of increases the sum, so that none is). Which slots share a column depends on
    their number alone; else the whole picture would change with every reading. A slot without a
    reading of its own has the level or rate of the next that has one, which covers it. A column in
    which a reading failed has no value: that the server was gone is never lost either.

    >>> slots = [Slot(5, 4, {"people": 4}), Slot(6, 5, {}, True), Slot(8, 6, {"people": 6})]
    >>> columns(slots, "people", 200)
    [4, None, 6, 6]
    """
    if not slots or width < 1:
        return []
    group = _slots_a_column(width)
    newest = slots[-1].number // group
    first = max(newest - min(width, _columns_of_window(width)) + 1, slots[0].number // group)
    is_increase = name in INCREASES
    found: dict[int, float] = {}
    failed: set[int] = set()
    for number, slot in _since(slots, first * group):
        place = number // group
        if slot.has_failed:
            failed.add(place)
        value = slot.values.get(name)
        if value is None:
            continue
        if is_increase:
            value = value if number == slot.number else 0
        before = found.get(place, 0)
        found[place] = before + value if is_increase else max(before, value)
    places = range(first, newest + 1)
    return [None if place in failed else found.get(place) for place in places]


def _since(slots: Sequence[Slot], first: int) -> Iterable[tuple[int, Slot]]:
    """Every number from `first` on that a slot covers, with that slot."""
    for slot in slots[-(slots[-1].number - first + 1) :]:
        for number in range(max(first, slot.after + 1), slot.number + 1):
            yield number, slot


def _slots_a_column(width: int) -> int:
    """One where the whole window fits. Else as many as it takes with one column less, because the
    newest column is only begun, and the whole window is to be seen all the same.
    """
    return 1 if width >= _WINDOW_SLOTS else -(-_WINDOW_SLOTS // max(1, width - 1))  # rounded up


def _columns_of_window(width: int) -> int:
    """All of the width where it shows more than the window; a narrow chart shows the window."""
    return width if width >= _WINDOW_SLOTS else 1 + -(-_WINDOW_SLOTS // _slots_a_column(width))


def span_seconds(width: int) -> int:
    """How much time a chart of `width` columns shows.

    >>> span_seconds(40), span_seconds(276)
    (600, 1380)
    """
    return min(max(width, _WINDOW_SLOTS), _MAX_SLOTS) * SLOT_SECONDS


def retry_seconds(interval_seconds: float) -> float:
    """How often a server that is gone is looked for."""
    return min(interval_seconds, REPORT_SECONDS)
