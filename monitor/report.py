"""What the page in the browser shows, as JSON: sums, servers, graphs, and what happened. Pure.

It is made to be projected, so it holds no name and no address of anybody unless names are asked
for: they are left out here, at the source, and not hidden by the page. A browser draws what a
terminal cannot, such as flags; so names are as they are, without control characters alone.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from monitor.changes import INCREASES, OF_A_SHARED_ROOM, own, total
from monitor.events import Event
from monitor.figures import milliseconds, percent
from monitor.history import ANSWER, Figures, Moment
from monitor.series import columns
from monitor.servers import COLUMNS as SERVER_COLUMNS
from monitor.servers import cell
from shared import text
from shared.safe_text import clean
from shared.status import RoomServer, Snapshot

COLUMNS = 120
"""Of each graph: one for each slot of ten minutes."""

_MAX_EVENTS = 12
_MAX_NAMES = 12  # as many as can be read from the last row of a classroom
_NONE = "–"


class Seen(NamedTuple):
    """A server, and what is known of it."""

    address: str
    figures: Figures
    is_one_of_several: bool = False

    def named(self, name: str) -> str:
        """The name of a figure here. Where several are added up, a shared room counts once."""
        return own(self.figures.snapshot, name) if self.is_one_of_several else name

    def told(self, name: str) -> float | None:
        """What its last snapshot says of a figure."""
        snapshot = self.figures.snapshot
        return total(snapshot, self.named(name)) if snapshot else None

    def value(self, name: str) -> float | None:
        """What its last two snapshots say of a figure."""
        return self.figures.values.get(self.named(name))


def report(
    servers: Sequence[Seen], now: Moment, interval_seconds: float, *, with_names: bool
) -> dict[str, Any]:
    """All that the page shows. Figures are text already: as the dashboard writes them."""
    servers = [each._replace(is_one_of_several=len(servers) > 1) for each in servers]
    answering = [each for each in servers if _answers(each.figures)]
    # Where none answers the last figures stay, and the page dims them.
    summed = answering or [each for each in servers if each.figures.snapshot]
    span = max(each.figures.tracks[0].span_seconds for each in servers)
    told: dict[str, Any] = {
        "servers": [_server(each, now) for each in servers],
        "interval": interval_seconds,
        "answering": len(answering),
        "people": _sum(summed, lambda each: each.told("people"), _count),
        "pace": _sum(summed, lambda each: each.value("messages"), text.rate),
        "messages": _sum(summed, lambda each: each.told("messages"), _count),
        "below": _below(summed),
        "details": _details(summed),
        "span": span,
        "graphs": {name: _graph(servers, name) for name in ("people", "messages")},
        "events": _events(servers, with_names=with_names),
        "room": _room(summed),
    }
    if with_names:
        told["names"] = _names(summed)
    return told


def _answers(figures: Figures) -> bool:
    return figures.snapshot is not None and not figures.problem


def _count(number: float) -> str:
    return text.count(int(number))


def _sum(
    servers: Sequence[Seen],
    value: Callable[[Seen], float | None],
    form: Callable[[float], str],
) -> str:
    parts = [part for each in servers if (part := value(each)) is not None]
    return form(sum(parts)) if parts else _NONE


def _below(servers: Sequence[Seen]) -> dict[str, str]:
    """What each of the three large figures is made of."""
    peak = _sum(servers, lambda each: _field(each.figures.snapshot, "people_peak"), _count)
    parts = {
        name: _sum(servers, lambda each, name=name: each.told(name), _count)  # type: ignore[misc]
        for name in ("public", "private")
    }
    paces = {
        name: _sum(servers, lambda each, name=name: each.value(name), text.rate)  # type: ignore[misc]
        for name in ("public", "private")
    }
    return {
        # Several servers had theirs at different times.
        "people": f"peak {peak}" if len(servers) == 1 else "",
        "pace": f"public {paces['public']} · private {paces['private']}",
        "messages": f"public {parts['public']} · private {parts['private']}",
    }


def _field(snapshot: Snapshot | None, name: str) -> float | None:
    if snapshot is None or name in snapshot.unknown:
        return None
    value: float | None = getattr(snapshot, name)
    return value


class _Detail(NamedTuple):
    label: str
    name: str
    form: Callable[[float], str]


_DETAILS = (
    _Detail("delivered", "delivered", lambda value: f"{text.rate(value)}/s"),
    _Detail("in", "in", lambda value: f"{text.size(value)}/s"),
    _Detail("out", "out", lambda value: f"{text.size(value)}/s"),
    _Detail("cpu", "cpu", percent),
    _Detail("memory", "memory", text.size),
    _Detail("threads", "threads", _count),
    _Detail("joined", "joined", _count),
    _Detail("too slow", "too slow", _count),
    _Detail("turned away", "turned away", _count),
    _Detail("log errors", "log errors", _count),
    _Detail("lines dropped", "lines dropped", _count),
    _Detail("hub lag", "hub lag", milliseconds),
    _Detail("hub away", "hub away", _count),
)
_TROUBLE = frozenset({"too slow", "turned away", "log errors", "lines dropped", "hub away"})


def _details(servers: Sequence[Seen]) -> list[dict[str, Any]]:
    """All; those of a shared room only where there is one."""
    is_shared = any(each.figures.snapshot and each.figures.snapshot.servers for each in servers)
    shown = [each for each in _DETAILS if is_shared or each.name not in OF_A_SHARED_ROOM]
    return [_detail(each, servers) for each in shown]


def _detail(detail: _Detail, servers: Sequence[Seen]) -> dict[str, Any]:
    def value(each: Seen) -> float | None:
        is_increase = detail.name in INCREASES
        return each.told(detail.name) if is_increase else each.value(detail.name)

    found = [part for each in servers if (part := value(each)) is not None]
    weight = ""
    if detail.name in _TROUBLE and found:
        weight = "bad" if sum(found) else "good"
    of = max if detail.name == "hub lag" else sum  # of several, the one that is worst
    if detail.name == "joined":
        found = _joined(servers)
    told = detail.form(of(found)) if found else _NONE
    return {"label": detail.label, "value": told, "weight": weight}


def _joined(servers: Sequence[Seen]) -> list[float]:
    """Of a shared room once, by the server that has seen most of it."""
    pairs = [(each, told) for each in servers if (told := each.told("joined")) is not None]
    shared = [told for each, told in pairs if each.named("people") != "people"]
    return [told for each, told in pairs if each.named("people") == "people"] + (
        [max(shared)] if shared else []
    )


def _room(servers: Sequence[Seen]) -> dict[str, Any] | None:
    """The servers that have one room, as the first says that knows of others; else None."""
    for each in servers:
        snapshot = each.figures.snapshot
        if snapshot is not None and snapshot.servers:
            return {
                "people": text.count(snapshot.people_now),
                "servers": [_of_a_room(server, each.figures) for server in snapshot.servers],
            }
    return None


def _of_a_room(server: RoomServer, figures: Figures) -> dict[str, Any]:
    told = {title: cell(server, title) or _NONE for title in SERVER_COLUMNS}
    pace = figures.server_paces.get(server.name)
    told["pace"] = _NONE if pace is None else text.rate(pace)
    return {"name": clean(server.name), "is_here": server.is_here, **told}


def _graph(servers: Sequence[Seen], name: str) -> list[float | None]:
    """The sum over all servers, the newest at the end; None where nobody knows."""
    graphs = [columns(each.figures.tracks[0], each.named(name), COLUMNS) for each in servers]
    longest = max(map(len, graphs))
    unknown: list[float | None] = [None]
    padded = [unknown * (longest - len(each)) + each for each in graphs]
    return [_together(each) for each in zip(*padded, strict=True)]


def _together(values: Sequence[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return round(sum(known), 3) if known else None


def _server(seen: Seen, now: Moment) -> dict[str, Any]:
    figures = seen.figures
    word, words = _state(figures, now)
    return {
        "address": seen.address,
        "program": clean(figures.snapshot.server) if figures.snapshot else "",
        "state": word,
        "words": words,
        "up": _up(figures.snapshot),
        "answer": milliseconds(figures.values[ANSWER]) if ANSWER in figures.values else _NONE,
        "people": _sum([seen], lambda each: each.told("people"), _count),
        "pace": _sum([seen], lambda each: each.value("messages"), text.rate),
        "messages": _sum([seen], lambda each: each.told("messages"), _count),
    }


def _up(snapshot: Snapshot | None) -> str:
    has_uptime = snapshot is not None and snapshot.has_uptime
    return text.duration(snapshot.uptime_seconds) if snapshot and has_uptime else _NONE


_ALARM_SECONDS = 60


def _state(figures: Figures, now: Moment) -> tuple[str, str]:
    """A word, and a sentence that says why where something is wrong.

    Of an answer that cannot be read nothing is repeated: it may hold a name, or an address.
    """
    if figures.is_unreadable:
        return "unreadable", "The answer is not a snapshot of a server."
    if figures.problem:
        return "gone", clean(figures.problem)
    if figures.snapshot is None:
        return "connecting", ""
    alarm = figures.alarm
    if alarm and not alarm.is_over and now.seconds_since(alarm.at) < _ALARM_SECONDS:
        return "alarm", f"{text.clock(alarm.at.clock)}: {alarm.words}."
    return "live", ""


def _events(servers: Sequence[Seen], *, with_names: bool) -> list[dict[str, Any]]:
    """The newest first; of several servers, with the server's address."""
    found = [(event, each.address) for each in servers for event in each.figures.events]
    found.sort(key=lambda each: each[0].clock, reverse=True)
    return [
        {
            "at": text.clock(event.clock),
            "text": clean(event.text) if with_names else _without_names(event),
            "where": address if len(servers) > 1 else "",
            "weight": ("", "warn", "bad")[event.weight],
        }
        for event, address in found[:_MAX_EVENTS]
    ]


def _without_names(event: Event) -> str:
    """How many did it, and what.

    >>> _without_names(Event(0.0, "joined", ("Ann", "Bob"), others=5))
    '7 joined'
    """
    number = len(event.names) + event.others
    if event.became:
        return "1 took another name"
    return f"{number:,} {event.did}" if number else event.did


def _names(servers: Sequence[Seen]) -> list[dict[str, str]]:
    """Whoever says most now, and of the others whoever has said most."""
    people = [
        (each.figures.paces.get(person.name, 0.0), person)
        for each in servers
        if each.figures.snapshot
        for person in each.figures.snapshot.people
    ]
    people.sort(key=lambda each: (-each[0], -each[1].messages, each[1].name.casefold()))
    return [
        {
            "name": clean(person.name),
            "pace": text.rate(pace),
            "messages": _NONE if "messages" in person.unknown else text.count(person.messages),
        }
        for pace, person in people[:_MAX_NAMES]
    ]
