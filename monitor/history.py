"""What successive readings add up to: figures, charts, events, and when to raise an alarm. Pure.

New here: nothing in it asks for the time. Every reading says when it was taken (a `Moment`), so a
test can play ten minutes in a millisecond. Rates are by this program's monotonic clock: a server's
clock may be set back, or missing.
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from monitor.changes import (
    INCREASES,
    changes_between,
    is_restart,
    levels_of,
    paces_between,
    server_paces_between,
    who_came_and_went,
)
from monitor.events import BAD, WARNING, Event
from monitor.series import EMPTY, GRAINS, Series, Track, Values
from shared.defaults import REPORT_SECONDS
from shared.status import Snapshot

_MAX_EVENTS = 1000

ANSWER = "answer"
"""The figure that no snapshot tells: how many seconds it took to get one."""

_TROUBLES = {
    "too slow": ("disconnected: too slow",) * 2,
    "turned away": ("turned away",) * 2,
    "log errors": ("log error", "log errors"),
    "lines dropped": ("log or console line dropped", "log or console lines dropped"),
    "hub away": ("outage of the hub", "outages of the hub"),
}
"""How each is told where it happened once, and where more often."""

_ALARMING = frozenset({"too slow", "log errors"})
"""What somebody wants to be called for: a person was cut off, or a log fails. Lines that are lost
for that come with errors; and to be turned away is what everybody is who comes too late, for hours.
"""


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
class Alarm:
    """Something that somebody should look at now. `number` counts them, from 1."""

    number: int
    at: Moment
    words: str
    is_over: bool = False  # a server that was gone is back


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known after a reading. `snapshot` is the last that came, however long ago."""

    snapshot: Snapshot | None = None
    at: Moment | None = None  # when `snapshot` came
    values: Values = field(default_factory=dict)  # what `snapshot` and the one before it tell
    paces: Mapping[str, float] = field(default_factory=dict)  # messages a second, by name
    server_paces: Mapping[str, float] = field(default_factory=dict)  # of servers of one room
    tracks: tuple[Track, ...] = EMPTY  # for charts: one for each of GRAINS
    events: tuple[Event, ...] = ()  # oldest first
    problem: str = ""  # why the last reading failed; empty: it did not
    is_unreadable: bool = False  # and that because of what answered, not for want of an answer
    gone_since: Moment | None = None  # the first of the failed readings
    restarted: Moment | None = None  # when a restart was noticed last
    alarm: Alarm | None = None  # the last


class History:
    """Collects readings. One thread uses it; the Figures it gives never change afterwards."""

    def __init__(self) -> None:
        self.figures = Figures()
        self._series = [Series(*each, frozenset(INCREASES)) for each in GRAINS]
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        self._alarm: Alarm | None = None

    def succeed(self, snapshot: Snapshot, at: Moment, answer_seconds: float | None = None) -> None:
        """A reading that brought a snapshot, and how long that took."""
        last = self.figures
        restarted = last.snapshot is not None and is_restart(last.snapshot, snapshot)
        values = levels_of(snapshot)
        paces: Mapping[str, float] = {}
        server_paces: Mapping[str, float] = {}
        if answer_seconds is not None:
            values[ANSWER] = answer_seconds
        if last.snapshot and last.at and not restarted:
            seconds = at.seconds_since(last.at)
            values |= changes_between(last.snapshot, snapshot, seconds)
            paces = paces_between(last.snapshot, snapshot, seconds)
            server_paces = server_paces_between(last.snapshot, snapshot, seconds)
        self._remember(at, values)
        if last.gone_since:
            seconds = at.seconds_since(last.gone_since)
            self._happened(at, f"the server is back after {seconds:.0f} s")
            self._alarm = replace(self._alarm, is_over=True) if self._alarm else None
        if restarted:
            self._happened(at, "the server was restarted", WARNING)
        elif last.snapshot:
            self._compare(last.snapshot, snapshot, values, at)
        self.figures = Figures(
            snapshot=snapshot,
            at=at,
            values=values,
            paces=paces,
            server_paces=server_paces,
            tracks=tuple(each.track() for each in self._series),
            events=tuple(self._events),
            restarted=at if restarted else last.restarted,
            alarm=self._alarm,
        )

    def fail(self, problem: str, at: Moment, *, unreadable: bool = False) -> None:
        """A reading that failed: the last figures stay, and a gap comes into the charts."""
        last = self.figures
        self._remember(at, {}, has_failed=True)
        if not last.gone_since:
            words = "the answer is not a snapshot" if unreadable else "the server is gone"
            self._happened(at, words, BAD)
            if last.snapshot:  # only what was there can be gone
                self._raise_alarm(at, words)
        self.figures = replace(
            last,
            tracks=tuple(each.track() for each in self._series),
            events=tuple(self._events),
            problem=problem,
            is_unreadable=unreadable,
            gone_since=last.gone_since or at,
            alarm=self._alarm,
        )

    def _remember(self, at: Moment, values: Values, *, has_failed: bool = False) -> None:
        for each in self._series:
            each.add(at.monotonic, values, has_failed=has_failed)

    def _happened(self, at: Moment, words: str, weight: int = 0) -> None:
        self._events.append(Event(at.clock, words, weight=weight))

    def _raise_alarm(self, at: Moment, words: str) -> None:
        number = self._alarm.number if self._alarm else 0
        self._alarm = Alarm(number + 1, at, words)

    def _compare(self, old: Snapshot, new: Snapshot, values: Values, at: Moment) -> None:
        self._events.extend(who_came_and_went(old, new, at.clock))
        alarming = []
        for name, (once, often) in _TROUBLES.items():
            if values.get(name):
                told = f"{values[name]:,.0f} {once if values[name] == 1 else often}"
                self._happened(at, told, WARNING)
                alarming += [told] if name in _ALARMING else []
        if alarming:
            self._raise_alarm(at, ", ".join(alarming))


def retry_seconds(interval_seconds: float) -> float:
    """How often a server that is gone is looked for."""
    return min(interval_seconds, REPORT_SECONDS)
