"""What the screen shows: the figures and a size in, rows of styled text out. Pure.

New here: the picture is computed, not drawn. `render` knows no terminal and no clock; it is given
all it shows (a `Scene`), and gives back rows that fit the size. So every layout is checked by plain
tests, and screen.py has nothing left to decide.

The layout is chosen by what fits, the most important first: from 72x16 the whole dashboard, below
that a short line for each figure, and in a tiny terminal the one line that matters.
"""

from collections.abc import Callable, Iterable

from monitor import text
from monitor.drawing import BIG_ROWS, big, chart
from monitor.frame import closed, header, help_rows, message, state_of
from monitor.history import Sample, columns, span_seconds
from monitor.people import people_rows
from monitor.scene import Picture, Row, Scene, Span, Style, rule
from shared.status import Snapshot


def render(scene: Scene) -> Picture:
    """The picture of a scene; it fits the size, whatever the server sent."""
    height = scene.height
    if scene.width < _SHORT_WIDTH or height < _SHORT_HEIGHT:
        return Picture(tuple(_tiny(scene))[:height], scene.ui.scroll, scene.ui.page)
    top = [header(scene), *message(scene)]
    room = height - len(top) - 1
    snapshot = scene.figures.snapshot
    if scene.ui.shows_help or snapshot is None:
        rows = help_rows(scene) if scene.ui.shows_help else []
        return Picture(closed(scene, top + rows), scene.ui.scroll, scene.ui.page)
    body = _wide if scene.width >= _WIDE_WIDTH and room >= _WIDE_ROOM else _short
    rows, scroll, page = body(scene, snapshot, room)
    return Picture(closed(scene, top + rows), scroll, page)


_WIDE_WIDTH = 72
_WIDE_ROOM = 13
_SHORT_WIDTH = 30
_SHORT_HEIGHT = 5


# --- the whole dashboard -------------------------------------------------------------------------


def _wide(scene: Scene, snapshot: Snapshot, room: int) -> tuple[list[Row], int, int]:
    """Large figures, charts, details, people: the first of these that fit."""
    rows = _tiles(scene, snapshot)
    details = _details(scene, snapshot)
    room -= len(rows) + len(details)
    chart_height = _chart_height(room)
    charts = _charts(scene, chart_height)
    rows += charts + details
    table, scroll, page = people_rows(scene, snapshot, room - len(charts))
    return rows + table, scroll, page


def _chart_height(room: int) -> int:
    """Rows for each of the two charts. By the room alone: it must not jump when somebody joins."""
    return min(max(1, (room - 8) // 5), 6)


def _tiles(scene: Scene, snapshot: Snapshot) -> list[Row]:
    """Three figures so large that they are read from across the room."""
    dot, rates = scene.glyphs.dot, scene.figures.rates
    total = snapshot.public_messages + snapshot.private_messages
    peak = f"peak {text.count(snapshot.people_peak)}"
    if snapshot.max_people:
        peak += f" of {text.count(snapshot.max_people)}"
    split = "from the next reading on"
    if rates:
        split = f"public {text.rate(rates.public)} {dot} private {text.rate(rates.private)}"
    totals = (
        f"public {text.count(snapshot.public_messages)} {dot} "
        f"private {text.count(snapshot.private_messages)}"
    )
    tiles = (
        ("PEOPLE", str(snapshot.people_now), peak, Style.PEOPLE),
        ("MESSAGES A SECOND", text.rate(rates.messages) if rates else "-", split, Style.MESSAGES),
        ("MESSAGES", str(total), totals, Style.STRONG),
    )
    widths = _grid(scene.width)
    drawn = [_tile(scene, *each, width) for each, width in zip(tiles, widths, strict=True)]
    return [tuple(span for tile in drawn for span in tile[row]) for row in range(len(drawn[0]))]


def _grid(width: int) -> tuple[int, int, int]:
    """The three columns that the large figures and the details stand in."""
    first = width * 28 // 100
    second = (width - first) // 2
    return first, second, width - first - second


def _tile(
    scene: Scene, label: str, figure: str, below: str, style: Style, width: int
) -> list[list[Span]]:
    if scene.is_old:
        style = Style.DIM
    lines = big(figure, scene.glyphs)
    if lines is None or text.cells(lines[0]) > width - 2:
        lines = ["", text.count(int(figure)) if figure.isdecimal() else figure, ""]
    more = scene.glyphs.more

    def row(words: str, style: Style) -> list[Span]:
        return [Span(f" {text.left(words, width - 1, more)}", style)]

    assert len(lines) == BIG_ROWS
    figures = [row(line, style) for line in lines]
    return [row(label, Style.DIM), *figures, row(text.cut(below, width - 2, more), Style.PLAIN)]


def _charts(scene: Scene, height: int) -> list[Row]:
    """People and messages a second over time, one above the other, with the same time axis."""
    width = scene.width - _CHART_LEFT - _CHART_RIGHT
    seconds = span_seconds(scene.figures.samples, width)
    title = f"the last {text.duration(seconds)}" if seconds else "the first reading"
    return [
        rule(scene, title),
        *_chart(scene, "people", lambda each: each.people, height, Style.PEOPLE),
        *_chart(scene, "messages/s", lambda each: each.messages, height, Style.MESSAGES),
    ]


_CHART_LEFT = 12
_CHART_RIGHT = 12


def _chart(
    scene: Scene,
    label: str,
    figure: Callable[[Sample], float | None],
    height: int,
    style: Style,
) -> list[Row]:
    width = scene.width - _CHART_LEFT - _CHART_RIGHT
    values = columns(scene.figures.samples, figure, width)
    top = max((each for each in values if each is not None), default=0.0)
    stated = text.count(int(top)) if label == "people" else text.rate(top)
    lines = chart(values, top, height, scene.glyphs)
    rows: list[Row] = []
    for number, line in enumerate(lines):
        name = label if number == height - 1 else ""
        maximum = f" max {stated}" if number == 0 else ""
        rows.append(
            (
                Span(f" {name:<{_CHART_LEFT - 1}}", Style.DIM),
                Span(text.right(line, width), Style.DIM if scene.is_old else style),
                Span(text.left(maximum, _CHART_RIGHT), Style.DIM),
            )
        )
    return rows


Detail = tuple[str, str, Style]


def _details(scene: Scene, snapshot: Snapshot) -> list[Row]:
    """The other figures, in three columns: the server, traffic, and trouble."""
    parts = (_server(snapshot), _traffic(scene, snapshot), _trouble(snapshot))
    columns_of_details = list(zip(parts, _grid(scene.width), strict=True))
    rows: list[Row] = [rule(scene, "in detail")]
    for number in range(len(parts[0])):
        rows.append(
            tuple(
                span
                for part, width in columns_of_details
                for span in _detail(scene, part[number], width)
            )
        )
    return rows


def _detail(scene: Scene, detail: Detail, width: int) -> list[Span]:
    """A label and a figure in `width` cells, the last two empty: they part the columns."""
    label, figure, style = detail
    used = min(width, _DETAIL_WIDTH)  # a figure far from its label is hard to find
    figure = scene.cut(figure, used - 4)
    room = used - 3 - text.cells(figure)
    return [
        Span(f" {text.left(label, room, scene.glyphs.more)}", Style.DIM),
        Span(figure, Style.DIM if scene.is_old else style),
        Span(" " * (width - used + 2)),
    ]


_DETAIL_WIDTH = 36


def _traffic(scene: Scene, snapshot: Snapshot) -> list[Detail]:
    rates = scene.figures.rates
    return [
        ("delivered/s", text.rate(rates.deliveries) if rates else "-", Style.STRONG),
        ("delivered", text.count(snapshot.deliveries), Style.PLAIN),
        ("in", _flow(rates.bytes_in if rates else None, snapshot.bytes_in), Style.PLAIN),
        ("out", _flow(rates.bytes_out if rates else None, snapshot.bytes_out), Style.PLAIN),
    ]


def _flow(per_second: float | None, total: int) -> str:
    now = "-" if per_second is None else f"{text.size(per_second)}/s"
    return f"{now}  {text.size(total):>8}"


def _server(snapshot: Snapshot) -> list[Detail]:
    up = text.duration(snapshot.uptime_seconds) if snapshot.started > 0 else "-"
    return [
        ("up", up, Style.STRONG),
        ("threads", text.count(snapshot.threads), Style.PLAIN),
        ("joined, ever", text.count(snapshot.joins), Style.PLAIN),
        ("log waiting", text.count(snapshot.log_lines_waiting), Style.PLAIN),
    ]


def _trouble(snapshot: Snapshot) -> list[Detail]:
    return [
        _count_of_trouble("too slow, hung up", snapshot.slow_disconnected, Style.WARN),
        _count_of_trouble("turned away", snapshot.refused, Style.WARN),
        _count_of_trouble("log errors", snapshot.log_errors, Style.BAD),
        _count_of_trouble(
            "lines dropped", snapshot.log_lines_dropped + snapshot.console_lines_dropped, Style.BAD
        ),
    ]


def _count_of_trouble(label: str, number: int, style: Style) -> Detail:
    return label, text.count(number), style if number else Style.GOOD


# --- where there is little room ------------------------------------------------------------------


def _short(scene: Scene, snapshot: Snapshot, room: int) -> tuple[list[Row], int, int]:
    """A line for each figure, the most important first; then the people."""
    rates, dot = scene.figures.rates, scene.glyphs.dot
    total = text.count(snapshot.public_messages + snapshot.private_messages)
    pace = text.rate(rates.messages) if rates else "-"
    delivered = text.rate(rates.deliveries) if rates else "-"
    up = text.duration(snapshot.uptime_seconds) if snapshot.started > 0 else "-"
    lines = [
        _line(
            scene,
            "people",
            text.count(snapshot.people_now),
            f"peak {text.count(snapshot.people_peak)}",
        ),
        _line(scene, "messages/s", pace, f"{total} in all"),
        *_short_charts(scene),
        _line(scene, "delivered/s", delivered, f"{text.count(snapshot.deliveries)} in all"),
        _line(scene, "up", up, f"{text.count(snapshot.threads)} threads"),
        _line(scene, "trouble", *_short_trouble(snapshot, dot)),
    ][:room]
    table, scroll, page = people_rows(scene, snapshot, room - len(lines))
    return lines + table, scroll, page


def _line(scene: Scene, label: str, figure: str, more: str, style: Style = Style.STRONG) -> Row:
    if scene.is_old:
        style = Style.DIM
    spans = [
        Span(f" {label:<12}", Style.DIM),
        Span(text.left(figure, 10, scene.glyphs.more), style),
    ]
    room = scene.width - 24
    return (*spans, Span(f" {scene.cut(more, room)}"))


def _short_charts(scene: Scene) -> list[Row]:
    return [
        *_chart(scene, "people", lambda each: each.people, 1, Style.PEOPLE),
        *_chart(scene, "messages/s", lambda each: each.messages, 1, Style.MESSAGES),
    ]


def _short_trouble(snapshot: Snapshot, dot: str) -> tuple[str, str, Style]:
    counts = [
        (snapshot.slow_disconnected, "slow"),
        (snapshot.refused, "turned away"),
        (snapshot.log_errors, "log errors"),
        (snapshot.log_lines_dropped + snapshot.console_lines_dropped, "dropped"),
    ]
    told = [f"{text.count(number)} {words}" for number, words in counts if number]
    total = sum(number for number, _ in counts)
    if not told:
        return "none", "", Style.GOOD
    return text.count(total), f" {dot} ".join(told), Style.WARN


def _tiny(scene: Scene) -> list[Row]:
    """Lines for a terminal that has room for nothing else; the first alone must be useful."""
    snapshot, rates = scene.figures.snapshot, scene.figures.rates
    age = text.duration(scene.age_seconds)
    state, bar = state_of(scene)
    words = state.split(f" {scene.glyphs.dot} ")[0]
    if snapshot is None:
        return [(Span(scene.cut(words, scene.width), bar),)]
    people = f"{text.count(snapshot.people_now)} people"
    pace = f"{text.rate(rates.messages)}/s" if rates else ""
    total = text.count(snapshot.public_messages + snapshot.private_messages)
    alarm = "" if bar is Style.LIVE_BAR else words
    return [
        (Span(_joined([alarm, people, pace, age], scene.width) or people[: scene.width], bar),),
        (Span(scene.cut(f"{total} messages", scene.width)),),
        (Span(scene.cut(f"{words}, {age} old", scene.width), Style.DIM),),
    ]


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
