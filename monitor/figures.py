"""Every figure with its last ten minutes, in columns; and the same without, where it is low. Pure.

A row is a label, what the figure is now, what it adds up to (where there is room), a sparkline, and
the sparkline's maximum, without which it would tell nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from monitor.drawing import chart
from monitor.history import INCREASES, RATES, columns, span_seconds, total
from monitor.scene import Panel, Row, Scene, Span, Style, rule
from monitor.tiles import grid
from shared import text
from shared.status import Snapshot


class _Figure(NamedTuple):
    """`name` is that in history.py. `form` writes a value of it, `whole` what it adds up to."""

    name: str
    form: Callable[[float], str]
    style: Style = Style.PLAIN
    whole: Callable[[float], str] | None = None


def _count(number: float) -> str:
    return text.count(int(number))


def _per_second(number: float) -> str:
    return f"{text.rate(number)}/s"


def _size_per_second(number: float) -> str:
    return f"{text.size(number)}/s"


def _percent(number: float) -> str:
    """Of one processor.

    >>> _percent(0.0031), _percent(0.5), _percent(1.5)
    ('0.3 %', '50 %', '150 %')
    """
    return f"{number:.1%}".replace("%", " %") if number < 0.0995 else f"{number * 100:.0f} %"


FIGURES = (
    _Figure("people", _count, Style.PEOPLE),
    _Figure("joined", _count),
    _Figure("public", _per_second, Style.MESSAGES, _count),
    _Figure("private", _per_second, Style.MESSAGES, _count),
    _Figure("delivered", _per_second, Style.STRONG, _count),
    _Figure("in", _size_per_second, Style.PLAIN, text.size),
    _Figure("out", _size_per_second, Style.PLAIN, text.size),
    _Figure("cpu", _percent, Style.PLAIN, text.duration),
    _Figure("memory", text.size),
    _Figure("threads", _count),
    _Figure("log waiting", _count, Style.WARN),
    _Figure("too slow", _count, Style.WARN),
    _Figure("turned away", _count, Style.WARN),
    _Figure("log errors", _count, Style.BAD),
    _Figure("lines dropped", _count, Style.BAD),
)

_LABEL_WIDTH = 14  # "lines dropped" and a space
_NOW_WIDTH = 10
_WHOLE_WIDTH = 12
_WHOLE_FROM_WIDTH = 70  # narrower, the sparkline needs the room more
_MAX_WIDTH = 14  # " max 99.9 MB/s"
_LEAST_CHART_WIDTH = 5
_COLUMN_WIDTH = 48  # a column of figures has at least so much
_MAX_COLUMNS = 3


PANEL_HEIGHT = 1 + len(FIGURES)


def figures_height(width: int) -> int:
    """How many rows all the figures take, with their title."""
    return 1 + -(-len(FIGURES) // _columns(width))


def figure_rows(scene: Scene, snapshot: Snapshot) -> list[Row]:
    """All the figures, in as many columns as fit, with a title."""
    number = _columns(scene.width)
    height = -(-len(FIGURES) // number)
    width = scene.width // number
    rows: list[Row] = [rule(scene, _title(snapshot))]
    for row in range(height):
        across = FIGURES[row::height]
        rows.append(tuple(span for each in across for span in _row(scene, snapshot, each, width)))
    return rows


def figures_panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """The same in `room` rows, one below the other."""
    page = room - 1
    if page < 1:
        return Panel((), scene.ui.scroll)
    scroll = min(scene.ui.scroll, max(0, len(FIGURES) - page))
    shown = FIGURES[scroll : scroll + page]
    rows = [tuple(_row(scene, snapshot, each, scene.width)) for each in shown]
    return Panel((rule(scene, _title(snapshot)), *rows), scroll, page, len(FIGURES))


def _columns(width: int) -> int:
    return max(1, min(_MAX_COLUMNS, width // _COLUMN_WIDTH))


def _title(snapshot: Snapshot) -> str:
    up = f"up {text.duration(snapshot.uptime_seconds)}, " if snapshot.has_uptime else ""
    return f"{up}the last 10 minutes"


def _row(scene: Scene, snapshot: Snapshot, figure: _Figure, width: int) -> list[Span]:
    """One figure in `width` cells, the last one empty."""
    style = Style.DIM if scene.is_old else _style(scene, snapshot, figure)
    with_whole = _WHOLE_WIDTH if width >= _WHOLE_FROM_WIDTH else 0
    room = width - 1 - _LABEL_WIDTH - _NOW_WIDTH - with_whole - 2 - _MAX_WIDTH - 1
    spans = [
        Span(f" {figure.name:<{_LABEL_WIDTH}}", Style.DIM),
        Span(text.right(_now(scene, snapshot, figure), _NOW_WIDTH), style),
    ]
    if with_whole:
        spans.append(Span(text.right(_whole(snapshot, figure), with_whole), Style.DIM))
    if room >= _LEAST_CHART_WIDTH:
        spans += _sparkline(scene, figure, room, style)
    used = sum(text.cells(each.text) for each in spans)
    return [*spans, Span(" " * (width - used))]


def _sparkline(scene: Scene, figure: _Figure, width: int, style: Style) -> list[Span]:
    values = columns(scene.figures.slots, figure.name, min(width, _WINDOW_COLUMNS))
    known = [each for each in values if each is not None]
    if not known:
        return [Span(" " * (width + 2 + _MAX_WIDTH))]
    top = max(known)
    line = chart(values, top, 1, scene.glyphs)[0]
    if top == 0:
        style = Style.DIM
    highest = text.left(f" max {figure.form(top)}", _MAX_WIDTH)
    return [Span(f"  {text.right(line, width)}", style), Span(highest, Style.DIM)]


_WINDOW_COLUMNS = 120  # wider, it would show more than ten minutes


def _now(scene: Scene, snapshot: Snapshot, figure: _Figure) -> str:
    """A level or a rate as it is; of what happens rarely, how often it has happened."""
    value = scene.figures.values.get(figure.name)
    if figure.name in INCREASES:
        value = total(snapshot, figure.name)
    return scene.glyphs.none if value is None else figure.form(value)


def _whole(snapshot: Snapshot, figure: _Figure) -> str:
    if figure.name == "people" and "people_peak" not in snapshot.unknown:
        return f"peak {text.count(snapshot.people_peak)}"
    whole = total(snapshot, figure.name)
    return figure.whole(whole) if figure.whole and whole is not None else ""


def _style(scene: Scene, snapshot: Snapshot, figure: _Figure) -> Style:
    """Trouble that has not come is good news; what nobody told is none."""
    told = total(snapshot, figure.name)
    if told is None:
        return Style.DIM
    is_trouble = figure.style in (Style.WARN, Style.BAD)
    return Style.GOOD if is_trouble and not told else figure.style


# --- the two charts across the whole width -------------------------------------------------------

_CHART_LEFT = 12
_CHART_RIGHT = 13


def charts_height(height: int) -> int:
    """How many rows the charts take, if each is `height` rows high."""
    return 1 + 2 * height


def chart_rows(scene: Scene, height: int) -> list[Row]:
    """People and messages a second over time, one above the other, with the same time axis."""
    seconds = span_seconds(scene.width - _CHART_LEFT - _CHART_RIGHT)
    return [
        rule(scene, f"the last {seconds // 60} minutes"),
        *wide_chart(scene, "people", height),
        *wide_chart(scene, "messages", height),
    ]


def wide_chart(scene: Scene, name: str, height: int) -> list[Row]:
    """A chart from one edge to the other: its label, its columns, its maximum."""
    width = scene.width - _CHART_LEFT - _CHART_RIGHT
    values = columns(scene.figures.slots, name, width)
    known = [each for each in values if each is not None]
    form, style = (_per_second, Style.MESSAGES) if name in RATES else (_count, Style.PEOPLE)
    top = max(known, default=0.0)
    lines = chart(values, top, height, scene.glyphs)
    maximum = f" max {form(top)}" if known else ""
    rows: list[Row] = []
    for number, line in enumerate(lines):
        label = name if number == height - 1 else ""
        rows.append(
            (
                Span(f" {label:<{_CHART_LEFT - 1}}", Style.DIM),
                Span(text.right(line, width), Style.DIM if scene.is_old else style),
                Span(text.left(maximum if number == 0 else "", _CHART_RIGHT), Style.DIM),
            )
        )
    return rows


# --- where there is no space for so many sparklines ----------------------------------------------

_DETAILS = (
    ("up", "cpu", "memory", "threads"),
    ("delivered", "in", "out", "joined"),
    ("too slow", "turned away", "log errors", "lines dropped"),
)
_DETAIL_WIDTH = 36  # a figure far from its label is hard to find
DETAILS_HEIGHT = 1 + len(_DETAILS[0])


def detail_rows(scene: Scene, snapshot: Snapshot) -> list[Row]:
    """The figures without their sparklines, in three columns: the server, traffic, and trouble."""
    rows: list[Row] = [rule(scene, "in detail")]
    for names in zip(*_DETAILS, strict=True):
        spans: list[Span] = []
        for name, width in zip(names, grid(scene.width), strict=True):
            spans += _detail(scene, snapshot, name, width)
        rows.append(tuple(spans))
    return rows


_BY_NAME = {each.name: each for each in FIGURES}


def _detail(scene: Scene, snapshot: Snapshot, name: str, width: int) -> list[Span]:
    """A label and a figure in `width` cells, the last two empty: they part the columns."""
    used = min(width, _DETAIL_WIDTH)
    figure, style = _told(scene, snapshot, name)
    figure = scene.cut(figure, used - 4)
    room = used - 3 - text.cells(figure)
    return [
        Span(f" {text.left(name, room, scene.glyphs.more)}", Style.DIM),
        Span(figure, Style.DIM if scene.is_old else style),
        Span(" " * (width - used + 2)),
    ]


def _told(scene: Scene, snapshot: Snapshot, name: str) -> tuple[str, Style]:
    """A figure in words: what it is now, and of bytes also what it adds up to."""
    if name == "up":
        return uptime(scene, snapshot), Style.STRONG
    figure = _BY_NAME[name]
    words = _now(scene, snapshot, figure)
    if name in ("in", "out"):
        words += f"{_whole(snapshot, figure):>10}"
    return words, _style(scene, snapshot, figure)


def uptime(scene: Scene, snapshot: Snapshot) -> str:
    """How long the server has been running."""
    if not snapshot.has_uptime:
        return scene.glyphs.none
    return text.duration(snapshot.uptime_seconds)
