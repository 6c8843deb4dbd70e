"""Several servers that have one room: a row for each, and what they share, the hub. Pure.

(From fleet.py: several servers that are asked, each for itself. Here one is asked, and it tells
what it knows of the others.)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from monitor.figures import milliseconds
from monitor.scene import Panel, Row, Scene, Span, Style, rule
from shared import text
from shared.status import RoomServer, Snapshot

_NAME_WIDTH = 30
_MOST_ROWS = 6  # beside the people; the key for the servers shows all


class Column(NamedTuple):
    """A figure of each server. `field` is what must be told for it."""

    title: str
    width: int
    field: str
    form: Callable[[RoomServer], str]


COLUMNS: Mapping[str, Column] = {
    each.title: each
    for each in (
        Column("people", 7, "people_now", lambda each: text.count(each.people_now)),
        Column("public", 9, "public_messages", lambda each: text.count(each.public_messages)),
        Column("private", 9, "private_messages", lambda each: text.count(each.private_messages)),
        Column("delivered", 11, "deliveries", lambda each: text.count(each.deliveries)),
        Column("hub", 8, "hub_lag_seconds", lambda each: milliseconds(each.hub_lag_seconds)),
        Column("away", 12, "hub_away_seconds", lambda each: away(each.hub_away_seconds)),
    )
}
_PACE_TITLE, _PACE_WIDTH = "messages/s", 10
_IMPORTANT = ("people", "hub", _PACE_TITLE, "away", "public", "private", "delivered")


def away(seconds: float) -> str:
    """For how long a hub was away.

    >>> away(0.0), away(0.3), away(65.2)
    ('0 s', '0.3 s', '1 min 05 s')
    """
    return f"{seconds:.1f} s" if 0 < seconds < 9.95 else text.duration(seconds)


def name_of(server: RoomServer) -> str:
    """Its name; the one that was asked says so."""
    return text.printable(server.name) + (" (this)" if server.is_here else "")


def cell(server: RoomServer, title: str) -> str:
    """A figure of a server; nothing where it is not told."""
    column = COLUMNS[title]
    return "" if column.field in server.unknown else column.form(server)


def hub_words(scene: Scene, snapshot: Snapshot) -> str:
    """How the link of this server to the hub does."""
    lag = snapshot.hub_lag_seconds
    words = f"hub {scene.glyphs.none if lag is None else milliseconds(lag)}"
    return f"{words}, away {away(snapshot.hub_away_seconds)}" if snapshot.hub_outages else words


def servers_height(snapshot: Snapshot) -> int:
    """How many rows they would have above the people; none where there is no other server."""
    return 2 + min(len(snapshot.servers), _MOST_ROWS) if snapshot.servers else 0


def servers_rows(scene: Scene, snapshot: Snapshot, room: int) -> list[Row]:
    """Above the people: in `room` rows at most, and not even a title where it is too low."""
    number = min(len(snapshot.servers), _MOST_ROWS, room - 2)
    return _table(scene, snapshot, 0, number) if number > 0 else []


def servers_panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """All of them in `room` rows: what the key for the servers shows."""
    page = room - 2
    if page < 1:
        return Panel((), scene.ui.scroll)
    scroll = min(scene.ui.scroll, max(0, len(snapshot.servers) - page))
    rows = _table(scene, snapshot, scroll, page)
    return Panel(tuple(rows), scroll, page, len(snapshot.servers))


def _table(scene: Scene, snapshot: Snapshot, first: int, number: int) -> list[Row]:
    """A title, a heading, and so many servers."""
    shown = snapshot.servers[first : first + number]
    longest = max(text.cells(name_of(each)) for each in snapshot.servers)
    width = max(0, min(longest, _NAME_WIDTH, scene.width - 2))
    titles = _fitting(scene.width - width - 2)
    heading = [Span(f" {text.left('server', width, scene.glyphs.more)}", Style.DIM)]
    heading += [Span(f" {title:>{_width(title)}}", Style.DIM) for title in titles]
    rows: list[Row] = [rule(scene, _title(scene, snapshot, first, len(shown)), key="r")]
    return [*rows, tuple(heading), *(_row(scene, each, width, titles) for each in shown)]


def _title(scene: Scene, snapshot: Snapshot, first: int, shown: int) -> str:
    number = len(snapshot.servers)
    which = "1 server" if number == 1 else f"{text.count(number)} servers"
    if shown < number:
        which = f"servers {first + 1} to {first + shown} of {text.count(number)} (r: all)"
    return f"{which}, one room, {hub_words(scene, snapshot)}"


def _row(scene: Scene, server: RoomServer, width: int, titles: Sequence[str]) -> Row:
    style = Style.DIM if scene.is_old else Style.PLAIN
    more, none = scene.glyphs.more, scene.glyphs.none
    paces = scene.figures.server_paces
    spans = [
        Span(
            f" {text.left(name_of(server), width, more)}",
            Style.STRONG if server.is_here and not scene.is_old else style,
        )
    ]
    for title in titles:
        if title == _PACE_TITLE:
            words = text.rate(paces[server.name]) if server.name in paces else none
        else:
            words = cell(server, title) or none
        spans.append(Span(f" {text.right(words, _width(title), more)}", style))
    return tuple(spans)


def _width(title: str) -> int:
    return _PACE_WIDTH if title == _PACE_TITLE else COLUMNS[title].width


def _fitting(room: int) -> list[str]:
    """Titles in the order of the table; of those that do not fit, the least important go."""
    kept = set()
    for title in _IMPORTANT:
        if room < _width(title) + 1:
            break
        room -= _width(title) + 1
        kept.add(title)
    order = ["people", _PACE_TITLE, *[each for each in COLUMNS if each != "people"]]
    return [each for each in order if each in kept]
