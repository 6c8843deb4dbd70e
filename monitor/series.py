"""What is remembered for the charts: ten minutes, an hour and a day, each in slots. Pure.

New here: a bound on memory that does not depend on how long the program runs. Each span of time has
a ring buffer of its own, with slots that are longer where the span is longer (as RRDtool has it):
650 slots hold a day as well as ten minutes.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SLOT_SECONDS = 5
"""What is remembered of so much time is one value for each figure, however often it was read."""

WINDOW_SECONDS = 600
"""The time that a chart shows, until another is asked for."""

GRAINS = ((WINDOW_SECONDS, SLOT_SECONDS), (3600, 15), (86_400, 300))
"""The spans to choose from, and how long a slot of each is, in seconds: some 290 slots at most,
about as many as the widest terminal has columns."""

_BEGINNINGS = (30, 60, 90, 120, 180, 240, 300, 360, 420, 480)
"""Until there is more, a chart of ten minutes shows only so much time: what there is. In steps, so
that the whole picture does not change with every reading."""

Values = Mapping[str, float]
"""Figures by their names. What is not in it is not known: the first reading of a server has no
rates, one that failed has nothing, and not every server tells everything."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What the readings of one slot brought: highest levels and rates, the sum of increases.

    `after` is the number of the slot before; those between the two had no reading of their own.
    """

    number: int
    after: int
    values: Values = field(default_factory=dict)
    has_failed: bool = False  # one of its readings did


@dataclass(frozen=True, slots=True)
class Track:
    """What a chart is made from."""

    slots: tuple[Slot, ...] = ()  # oldest first
    slot_seconds: int = SLOT_SECONDS
    span_seconds: int = WINDOW_SECONDS  # that the chart shows

    # What was drawn of it already: a track never changes, and a picture is made every second. It
    # belongs to the thread that draws.
    drawn: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)


EMPTY = tuple(Track((), slot, span) for span, slot in GRAINS)


class Series:
    """Collects the readings of one span. One thread uses it; its tracks never change afterwards."""

    def __init__(self, span_seconds: int, slot_seconds: int, sums: frozenset[str]) -> None:
        """`sums`: the figures that are added up where slots have several readings."""
        self._span_seconds = span_seconds
        self._slot_seconds = slot_seconds
        self._sums = sums
        # One more than the span: the newest is only begun.
        self._slots: deque[Slot] = deque(maxlen=span_seconds // slot_seconds + 1)

    def add(self, monotonic: float, values: Values, *, has_failed: bool) -> None:
        """A reading, by the monotonic clock."""
        number = int(monotonic // self._slot_seconds)
        last = self._slots[-1] if self._slots else None
        if last is None or last.number < number:
            after = last.number if last else number - 1
            self._slots.append(Slot(number, after, values, has_failed))
        else:
            both = self._together(last.values, values)
            has_failed = has_failed or last.has_failed
            self._slots[-1] = replace(last, values=both, has_failed=has_failed)

    def _together(self, first: Values, second: Values) -> Values:
        both = {**first, **second}
        for name in first.keys() & second.keys():
            one, other = first[name], second[name]
            both[name] = one + other if name in self._sums else max(one, other)
        return both

    def track(self) -> Track:
        """What a chart is made from now."""
        return Track(tuple(self._slots), self._slot_seconds, self._shown_seconds())

    def _shown_seconds(self) -> int:
        """All of the span; of ten minutes only what there is, in steps."""
        if self._span_seconds != WINDOW_SECONDS or not self._slots:
            return self._span_seconds
        slots = self._slots[-1].number - self._slots[0].number + 1
        seconds = slots * self._slot_seconds
        return next((each for each in _BEGINNINGS if each >= seconds), self._span_seconds)


def columns(track: Track, name: str, width: int, *, is_sum: bool = False) -> list[float | None]:
    """What a chart of `width` columns shows of a figure: the newest last, at most `width` of them.

    Where a column holds several slots it shows their highest, so that a short peak is never lost
    (of sums the sum, so that none is). Where a slot has several columns, each shows it. Which of
    them belong together depends on the time alone; else the whole picture would change with every
    reading. A slot without a reading of its own has the value of the next that has one, which
    covers it. A column in which a reading failed has no value: that the server was gone is never
    lost either.

    >>> slots = (Slot(5, 4, {"people": 4}), Slot(6, 5, {}, True), Slot(8, 6, {"people": 6}))
    >>> columns(Track(slots), "people", 120)
    [4, None, 6, 6]
    """
    if not track.slots or width < 1:
        return []
    newest = _columns_of(track, track.slots[-1].number, width)[-1]
    oldest = _columns_of(track, track.slots[0].number, width)[0]
    first = max(newest - width + 1, oldest)
    found: dict[int, float] = {}
    failed: set[int] = set()
    for number, slot in _numbers(track, first, width):
        places = _columns_of(track, number, width)
        if slot.has_failed:
            failed.update(places)
        value = slot.values.get(name)
        if value is None:
            continue
        if is_sum and number != slot.number:
            value = 0  # counted once, in its own slot
        for place in places:
            before = found.get(place, 0)
            found[place] = before + value if is_sum else max(before, value)
    return [None if each in failed else found.get(each) for each in range(first, newest + 1)]


def _columns_of(track: Track, number: int, width: int) -> range:
    """The columns of a slot: those that begin in it, or else the one in which it begins.

    Columns are counted from the zero of the clock, in whole numbers: none drifts.
    """
    span, slot = track.span_seconds, track.slot_seconds
    begin = number * slot * width
    if slot * width < span:
        place = begin // span
        return range(place, place + 1)
    return range(-(-begin // span), -(-(begin + slot * width) // span))  # rounded up


def _numbers(track: Track, first: int, width: int) -> Iterator[tuple[int, Slot]]:
    """Every slot from the column `first` on, also those that a later reading covers."""
    oldest = first * track.span_seconds // (width * track.slot_seconds) - 1
    slots = track.slots
    for slot in slots[-(slots[-1].number - oldest + 1) :]:
        for number in range(max(oldest, slot.after + 1), slot.number + 1):
            if _columns_of(track, number, width)[-1] >= first:
                yield number, slot
