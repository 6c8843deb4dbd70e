"""What the screen shows: the figures and a size in, rows of styled text out. Pure.

New here: the picture is computed, not drawn. `render` knows no terminal and no clock; it is given
all it shows (a `Scene`), and gives back rows that fit the size. So every layout is checked by plain
tests, and screen.py has nothing left to decide.

The layout is chosen by what fits, the most important first: from 72x16 the whole dashboard, with
larger figures and a sparkline for each where there is room; below that a short line for each, and
in a tiny terminal the one line that matters.
"""

from collections.abc import Iterable
from dataclasses import replace

from monitor.changes import INCREASES, total
from monitor.figures import (
    DETAILS_HEIGHT,
    detail_rows,
    figure_rows,
    figures_height,
    figures_panel,
    panel_height,
    uptime,
)
from monitor.frame import advice, closed, filter_row, header, help_rows, message, state_of
from monitor.graphs import chart_rows, charts_height, wide_chart
from monitor.people import events_panel, people_panel
from monitor.scene import Panel, Picture, Row, Scene, Span, Style
from monitor.servers import hub_words, servers_height, servers_panel, servers_rows
from monitor.tiles import SIZES, tile_rows, tiles_height
from shared import text
from shared.status import Snapshot


def render(scene: Scene) -> Picture:
    """The picture of a scene; it fits the size, whatever the server sent."""
    height = scene.height
    if scene.width < _SHORT_WIDTH or height < _SHORT_HEIGHT:
        return Picture(tuple(_tiny(scene))[:height], scene.ui.scroll)
    top = [header(scene), *message(scene)]
    room = height - len(top) - 1
    snapshot = scene.figures.snapshot
    if scene.ui.shows_help or snapshot is None:
        rows = help_rows(scene) if scene.ui.shows_help else advice(scene)
        return Picture(closed(scene, top + rows), scene.ui.scroll)
    is_wide = scene.width >= _WIDE_WIDTH and room >= _WIDE_ROOM
    rows = (_wide if is_wide else _short)(scene, snapshot, room)
    panel = _panel(scene, snapshot, room - len(rows))
    whole = closed(scene, [*top, *rows, *panel.rows])
    return Picture(whole, panel.scroll, panel.page, panel.total)


_WIDE_WIDTH = 72
_WIDE_ROOM = 13
_SHORT_WIDTH = 30
_SHORT_HEIGHT = 5


def _panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """The lower part, as the keys have chosen."""
    if scene.panel == "events":
        return events_panel(scene, room)
    if scene.panel == "figures":
        return figures_panel(scene, snapshot, room)
    if scene.panel == "servers":
        return servers_panel(scene, snapshot, room)
    above = servers_rows(scene, snapshot, room - _LEAST_PEOPLE_ROWS)
    panel = people_panel(scene, snapshot, room - len(above))
    return replace(panel, rows=(*above, *panel.rows))


_LEAST_PEOPLE_ROWS = 3  # the servers above leave them so much: one person


# --- the whole dashboard -------------------------------------------------------------------------


def _wide(scene: Scene, snapshot: Snapshot, room: int) -> list[Row]:
    """Large figures, charts, and the other figures: as large as leaves the panel its rows.

    By the room alone: nothing must jump when somebody joins.
    """
    if scene.panel == "figures":  # which tell what stands below the large ones, too
        return tile_rows(scene, snapshot, _size(scene, room + 1, panel_height(snapshot)))[:-1]
    panel = _PANEL_ROWS + servers_height(snapshot)
    full = figures_height(snapshot, scene.width)
    is_full = room >= tiles_height(0) + charts_height(1) + full + panel
    details = full if is_full else DETAILS_HEIGHT
    size = _size(scene, room, charts_height(1) + details + panel) if is_full else 0
    left = room - tiles_height(size) - details
    return [
        *tile_rows(scene, snapshot, size),
        *chart_rows(scene, _chart_height(left, panel)),
        *(figure_rows if is_full else detail_rows)(scene, snapshot),
    ]


_PANEL_ROWS = 8  # six people
_LARGE_WIDTH = 100  # each step of size needs so many cells more


def _size(scene: Scene, room: int, others: int) -> int:
    """The largest size of the tiles that leaves `others` their rows."""
    return max(
        size
        for size in SIZES
        if size == 0 or (scene.width >= _LARGE_WIDTH * size and room >= tiles_height(size) + others)
    )


def _chart_height(room: int, panel: int) -> int:
    """Rows for each of the two charts, of `room` for them and the panel."""
    return min(max(1, (room - panel) // 5), 6)


# --- where there is little room ------------------------------------------------------------------


def _short(scene: Scene, snapshot: Snapshot, room: int) -> list[Row]:
    """A line for each figure, the most important first."""
    if scene.panel == "figures":
        return []  # it shows all of them
    lines = [
        _line(scene, "people", _told(scene, snapshot, "people"), _peak(snapshot)),
        _line(scene, "messages/s", _pace(scene, "messages"), _in_all(snapshot, "messages")),
    ]
    if snapshot.servers:
        lines.append(
            _line(scene, "servers", text.count(len(snapshot.servers)), hub_words(scene, snapshot))
        )
    if scene.panel != "people":
        return lines[: max(0, room - _LEAST_PANEL_ROWS)]
    threads = "" if "threads" in snapshot.unknown else f"{text.count(snapshot.threads)} threads"
    lines += [
        *wide_chart(scene, "people", 1),
        *wide_chart(scene, "messages", 1),
        _line(scene, "delivered/s", _pace(scene, "delivered"), _in_all(snapshot, "delivered")),
        _line(scene, "up", uptime(scene, snapshot), threads),
        _line(scene, "trouble", *_short_trouble(scene, snapshot)),
    ]
    return lines[:room]


_LEAST_PANEL_ROWS = 3  # asked for with a key, it has to show something


def _line(scene: Scene, label: str, figure: str, more: str, style: Style = Style.STRONG) -> Row:
    if scene.is_old:
        style = Style.DIM
    spans = [
        Span(f" {label:<12}", Style.DIM),
        Span(text.left(figure, 11, scene.glyphs.more), style),
    ]
    return (*spans, Span(f" {scene.cut(more, scene.width - 25)}"))


def _told(scene: Scene, snapshot: Snapshot, name: str) -> str:
    told = total(snapshot, name)
    return scene.glyphs.none if told is None else text.count(int(told))


def _pace(scene: Scene, name: str) -> str:
    pace = scene.figures.values.get(name)
    return scene.glyphs.none if pace is None else text.rate(pace)


def _peak(snapshot: Snapshot) -> str:
    is_known = "people_peak" not in snapshot.unknown
    return f"peak {text.count(snapshot.people_peak)}" if is_known else ""


def _in_all(snapshot: Snapshot, name: str) -> str:
    told = total(snapshot, name)
    return "" if told is None else f"{text.count(int(told))} in all"


def _short_trouble(scene: Scene, snapshot: Snapshot) -> tuple[str, str, Style]:
    counts = {name: total(snapshot, name) for name in INCREASES if name != "joined"}
    known = {name: int(each) for name, each in counts.items() if each is not None}
    told = [f"{text.count(number)} {name}" for name, number in known.items() if number]
    if told:
        words = f" {scene.glyphs.dot} ".join(told)
        return text.count(sum(known.values())), words, Style.WARN
    return ("none", "", Style.GOOD) if known else (scene.glyphs.none, "", Style.PLAIN)


def _tiny(scene: Scene) -> list[Row]:
    """Lines for a terminal that has room for nothing else; the first alone must be useful."""
    snapshot = scene.figures.snapshot
    age = text.duration(scene.age_seconds)
    state, bar = state_of(scene)
    words = state.split(f" {scene.glyphs.dot} ")[0]
    if scene.ui.is_typing:
        return [filter_row(scene)]  # or else nobody would know where the letters go
    if snapshot is None:
        return [(Span(scene.cut(words, scene.width), bar),)]
    people = f"{_told(scene, snapshot, 'people')} people"
    pace = f"{_pace(scene, 'messages')}/s" if "messages" in scene.figures.values else ""
    alarm = "" if bar is Style.LIVE_BAR else words
    messages = f"{_told(scene, snapshot, 'messages')} messages"
    return [
        (Span(_joined([alarm, people, pace, age], scene.width) or people[: scene.width], bar),),
        (Span(scene.cut(messages, scene.width)),),
        (Span(scene.cut(f"{words}, {age} old", scene.width), Style.DIM),),
        (Span(scene.cut(_tiny_trouble(scene, snapshot), scene.width)),),
    ]


def _tiny_trouble(scene: Scene, snapshot: Snapshot) -> str:
    number, what, _ = _short_trouble(scene, snapshot)
    return what or f"trouble: {number}"


def _joined(words: Iterable[str], width: int) -> str:
    """As many of `words` as fit, with a space between.

    >>> _joined(["23 people", "3.4/s", "2 s"], 16)
    '23 people 3.4/s'
    """
    joined = ""
    for each in filter(None, words):
        longer = f"{joined} {each}" if joined else each
        if text.cells(longer) > width:
            break
        joined = longer
    return joined
