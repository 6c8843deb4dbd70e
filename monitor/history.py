"""What successive snapshots tell: rates, a restart, who came and went. Pure: no clock, no socket.

New here: a counter tells little, the difference of two counters tells how busy it is. Every reading
says when it was taken (a `Moment`), so nothing here asks for the time, and a test can play ten
minutes in a millisecond. Rates are by this program's monotonic clock: a server's clock may be set
back, or missing.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shared.defaults import REPORT_SECONDS
from shared.status import Person, Snapshot

WINDOW_SAMPLES = 120
"""Readings that a chart shows even where it is narrow: ten minutes at one in five seconds."""

_MAX_SAMPLES = 720  # an hour at one in five seconds; for charts with room for them
_MAX_EVENTS = 200
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

_TROUBLES = (
    ("slow_disconnected", "disconnected: too slow"),
    ("refused", "turned away"),
    ("log_errors", "log errors"),
    ("log_lines_dropped", "log lines dropped"),
    ("console_lines_dropped", "console lines dropped"),
)


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


@dataclass(frozen=True, slots=True)
class Rates:
    """How much a second, between the last two readings."""

    public: float
    private: float
    deliveries: float
    bytes_in: float
    bytes_out: float

    @property
    def messages(self) -> float:
        """Public and private together."""
        return self.public + self.private


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading in a chart. None: there is no figure (the server was gone, or just came)."""

    number: int  # counts readings, the failed ones included
    at: Moment
    people: float | None = None
    messages: float | None = None  # a second


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
    rates: Rates | None = None  # None after the first reading of a server
    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()  # oldest first
    problem: str = ""  # why the last reading failed; empty: it did not
    is_unreadable: bool = False  # and that because of what answered, not for want of an answer
    gone_since: Moment | None = None  # the first of the failed readings
    restarted: Moment | None = None  # when a restart was noticed last


class History:
    """Collects readings. One thread uses it; the Figures it gives never change afterwards."""

    def __init__(self) -> None:
        self.figures = Figures()
        self._samples: deque[Sample] = deque(maxlen=_MAX_SAMPLES)
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        self._count = 0

    def succeed(self, snapshot: Snapshot, at: Moment) -> None:
        """A reading that brought a snapshot."""
        last = self.figures
        restarted = last.snapshot is not None and is_restart(last.snapshot, snapshot)
        rates = None
        if last.snapshot and last.at and not restarted:
            rates = rates_between(last.snapshot, snapshot, at.seconds_since(last.at))
        self._remember(at, snapshot.people_now, rates.messages if rates else None)
        if last.gone_since:
            self._happened(
                at, f"the server is back after {at.seconds_since(last.gone_since):.0f} s"
            )
        if restarted:
            self._happened(at, "the server was restarted", 1)
        elif last.snapshot:
            self._compare(last.snapshot, snapshot, at)
        self.figures = Figures(
            snapshot=snapshot,
            at=at,
            rates=rates,
            samples=tuple(self._samples),
            events=tuple(self._events),
            restarted=at if restarted else last.restarted,
        )

    def fail(self, problem: str, at: Moment, *, unreadable: bool = False) -> None:
        """A reading that failed: the last figures stay, and a gap comes into the charts."""
        last = self.figures
        self._remember(at, None, None)
        if not last.gone_since:
            words = "the answer is no snapshot" if unreadable else "the server is gone"
            self._happened(at, words, 2)
        self.figures = replace(
            last,
            samples=tuple(self._samples),
            events=tuple(self._events),
            problem=problem,
            is_unreadable=unreadable,
            gone_since=last.gone_since or at,
        )

    def _remember(self, at: Moment, people: float | None, messages: float | None) -> None:
        self._samples.append(Sample(self._count, at, people, messages))
        self._count += 1

    def _happened(self, at: Moment, text: str, weight: int = 0) -> None:
        self._events.append(Event(at.clock, text, weight))

    def _compare(self, old: Snapshot, new: Snapshot, at: Moment) -> None:
        for text in comings_and_goings(old.people, new.people):
            self._happened(at, text)
        for name, words in _TROUBLES:
            more = getattr(new, name) - getattr(old, name)
            if more:
                self._happened(at, f"{more:,} {words}", 1)


def is_restart(old: Snapshot, new: Snapshot) -> bool:
    """Whether `new` comes from another run of the server than `old`.

    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=7, joins=6))
    False
    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=8, joins=6))
    True
    >>> is_restart(Snapshot(joins=5), Snapshot(joins=4))
    True
    """
    return (
        old.pid != new.pid
        or abs(old.started - new.started) > _CLOCK_SLACK_SECONDS
        or any(getattr(new, name) < getattr(old, name) for name in COUNTERS)
    )


def rates_between(old: Snapshot, new: Snapshot, seconds: float) -> Rates | None:
    """The rates of one server over `seconds`; None where no time went by.

    >>> rates_between(Snapshot(public_messages=10), Snapshot(public_messages=20), 5.0).messages
    2.0
    """
    if seconds <= 0:
        return None

    def a_second(name: str) -> float:
        more: int = getattr(new, name) - getattr(old, name)
        return more / seconds

    return Rates(
        public=a_second("public_messages"),
        private=a_second("private_messages"),
        deliveries=a_second("deliveries"),
        bytes_in=a_second("bytes_in"),
        bytes_out=a_second("bytes_out"),
    )


def comings_and_goings(old: Sequence[Person], new: Sequence[Person]) -> list[str]:
    """Who left, who has a new name, who joined. Who did both between two readings is not seen.

    >>> comings_and_goings([Person("Ann"), Person("Bob")], [Person("Bob"), Person("Cy")])
    ['Ann left', 'Cy joined']
    >>> comings_and_goings([Person("Bob", "::1", 7.0)], [Person("Robert", "::1", 7.0)])
    ['Bob is now Robert']
    """
    old_names = {each.name for each in old}
    new_names = {each.name for each in new}
    arrived = [each for each in new if each.name not in old_names]
    by_connection = {_connection(each): each for each in arrived if each.since}
    renamed = set()
    events = []
    for each in old:
        if each.name in new_names:
            continue
        person = by_connection.pop(_connection(each), None)
        if person:
            renamed.add(person.name)
        events.append(f"{each.name} is now {person.name}" if person else f"{each.name} left")
    return events + [f"{each.name} joined" for each in arrived if each.name not in renamed]


def _connection(person: Person) -> tuple[str, float]:
    """What stays the same when a person takes another name, where the server tells it."""
    return person.address, person.since


def columns(
    samples: Sequence[Sample], figure: Callable[[Sample], float | None], width: int
) -> list[float | None]:
    """What a chart of `width` columns shows of `samples`: the newest last.

    Where the window does not fit, a column holds several readings and shows their highest, so a
    short peak is never lost. Which readings share a column depends on their number alone; else
    the whole picture would change with every reading.

    >>> at = Moment(0, 0)
    >>> columns([Sample(0, at, 4), Sample(1, at, None), Sample(2, at, 6)], lambda s: s.people, 9)
    [4, None, 6]
    """
    if not samples or width < 1:
        return []
    group = _readings_a_column(samples, width)
    newest = samples[-1].number // group
    first = max(newest - width + 1, samples[0].number // group)
    highest: dict[int, float] = {}
    for each in samples:
        value = figure(each)
        if value is not None:
            place = each.number // group
            highest[place] = max(value, highest.get(place, value))
    return [highest.get(place) for place in range(first, newest + 1)]


def span_seconds(samples: Sequence[Sample], width: int) -> float:
    """How much time a chart of `width` columns shows of `samples`."""
    if not samples or width < 1:
        return 0.0
    group = _readings_a_column(samples, width)
    first = (samples[-1].number // group - width + 1) * group
    oldest = next(each for each in samples if each.number >= first)
    return samples[-1].at.seconds_since(oldest.at)


def _readings_a_column(samples: Sequence[Sample], width: int) -> int:
    """One, as long as they all fit; then as many as it takes to show the window."""
    return -(-min(len(samples), WINDOW_SAMPLES) // width)  # rounded up


def retry_seconds(interval_seconds: float) -> float:
    """How often a server that is gone is looked for."""
    return min(interval_seconds, REPORT_SECONDS)
