"""Every figure with its history, in columns; and the same without, where it is low. Pure.

A row is a label, what the figure is now, what it adds up to (where there is room), a sparkline, and
the sparkline's maximum, without which it would tell nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from monitor.changes import INCREASES, OF_A_SHARED_ROOM, total
from monitor.graphs import axis, span_words, sparkline, sparkline_width
from monitor.history import ANSWER
from monitor.scene import Panel, Row, Scene, Span, Style, rule
from monitor.tiles import grid
from shared import text
from shared.status import Snapshot


class _Figure(NamedTuple):
    """`name` is that in changes.py. `form` writes a value of it, `whole` what it adds up to."""

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


def percent(number: float) -> str:
    """A share of one processor.

    >>> percent(0.0031), percent(0.5), percent(1.5)
    ('0.3 %', '50 %', '150 %')
    """
    return f"{number:.1%}".replace("%", " %") if number < 0.0995 else f"{number * 100:.0f} %"


def milliseconds(seconds: float) -> str:
    """A short time, for an answer.

    >>> milliseconds(0.00042), milliseconds(0.0123), milliseconds(1.5)
    ('0.4 ms', '12 ms', '1,500 ms')
    """
    return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:,.0f} ms"


FIGURES = (
    _Figure("people", _count, Style.PEOPLE),
    _Figure("people here", _count, Style.PEOPLE),
    _Figure("joined", _count),
    _Figure("public", _per_second, Style.MESSAGES, _count),
    _Figure("private", _per_second, Style.MESSAGES, _count),
    _Figure("messages here", _per_second, Style.MESSAGES, _count),
    _Figure("delivered", _per_second, Style.STRONG, _count),
    _Figure("in", _size_per_second, Style.PLAIN, text.size),
    _Figure("out", _size_per_second, Style.PLAIN, text.size),
    _Figure("cpu", percent, Style.PLAIN, text.duration),
    _Figure("memory", text.size),
    _Figure("threads", _count),
    _Figure(ANSWER, milliseconds),
    _Figure("hub lag", milliseconds),
    _Figure("hub away", _count, Style.WARN),
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
_LEAST_CHART_WIDTH = 5
_COLUMN_WIDTH = 48  # a column of figures has at least so much
_MAX_COLUMNS = 3


def panel_height(snapshot: Snapshot) -> int:
    """How many rows the panel takes that has all the figures."""
    return 1 + len(_of(snapshot))


def figures_height(snapshot: Snapshot, width: int) -> int:
    """How many rows all the figures take, with their title."""
    return 1 + -(-len(_of(snapshot)) // _columns(width))


def _of(snapshot: Snapshot) -> Sequence[_Figure]:
    """All figures; those of a shared room only where there is one."""
    is_shared = bool(snapshot.servers)
    return [each for each in FIGURES if is_shared or each.name not in OF_A_SHARED_ROOM]


def figure_rows(scene: Scene, snapshot: Snapshot) -> list[Row]:
    """All the figures, in as many columns as fit, with a title."""
    number, figures = _columns(scene.width), _of(snapshot)
    height = -(-len(figures) // number)
    width = scene.width // number
    rows: list[Row] = [rule(scene, _title(scene, snapshot), key="f")]
    for row in range(height):
        across = figures[row::height]
        rows.append(tuple(span for each in across for span in _row(scene, snapshot, each, width)))
    return rows


def figures_panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """The same in `room` rows, one below the other."""
    page = room - 1
    if page < 1:
        return Panel((), scene.ui.scroll)
    figures = _of(snapshot)
    scroll = min(scene.ui.scroll, max(0, len(figures) - page))
    shown = figures[scroll : scroll + page]
    rows = [tuple(_row(scene, snapshot, each, scene.width)) for each in shown]
    left = _left_of_sparkline(_WHOLE_WIDTH if scene.width >= _WHOLE_FROM_WIDTH else 0)
    title = axis(scene, _title(scene, snapshot), left, sparkline_width(scene.width - left - 1))
    return Panel((title, *rows), scroll, page, len(figures))


def _columns(width: int) -> int:
    return max(1, min(_MAX_COLUMNS, width // _COLUMN_WIDTH))


def _title(scene: Scene, snapshot: Snapshot) -> str:
    up = f"up {text.duration(snapshot.uptime_seconds)}, " if snapshot.has_uptime else ""
    return f"{up}{span_words(scene)}"


def _row(scene: Scene, snapshot: Snapshot, figure: _Figure, width: int) -> list[Span]:
    """One figure in `width` cells, the last one empty."""
    style = Style.DIM if scene.is_old else _style(scene, snapshot, figure)
    with_whole = _WHOLE_WIDTH if width >= _WHOLE_FROM_WIDTH else 0
    room = sparkline_width(width - _left_of_sparkline(with_whole) - 1)
    spans = [
        Span(f" {figure.name:<{_LABEL_WIDTH}}", Style.DIM),
        Span(text.right(_now(scene, snapshot, figure), _NOW_WIDTH), style),
    ]
    if with_whole:
        spans.append(Span(text.right(_whole(snapshot, figure), with_whole), Style.DIM))
    if room >= _LEAST_CHART_WIDTH:
        shaded = Style.PLAIN if style is Style.STRONG else style
        spans += [Span("  "), *sparkline(scene, figure.name, room, shaded, figure.form)]
    used = sum(text.cells(each.text) for each in spans)
    return [*spans, Span(" " * (width - used))]


def _left_of_sparkline(with_whole: int) -> int:
    return 1 + _LABEL_WIDTH + _NOW_WIDTH + with_whole + 2


def _now(scene: Scene, snapshot: Snapshot, figure: _Figure) -> str:
    """A level or a rate as it is; of what happens rarely, how often it has happened."""
    value = scene.figures.values.get(figure.name)
    if figure.name in INCREASES:
        value = total(snapshot, figure.name)
    return scene.glyphs.none if value is None else figure.form(value)


def _whole(snapshot: Snapshot, figure: _Figure) -> str:
    if figure.name == "people" and "people_peak" not in snapshot.unknown:
        return f"peak {text.count(snapshot.people_peak)}"
    whole = total(snapshot, figure.name) if figure.whole else None
    return figure.whole(whole) if figure.whole and whole is not None else ""


def _style(scene: Scene, snapshot: Snapshot, figure: _Figure) -> Style:
    """Trouble that has not come is good news; what nobody told is none."""
    if figure.name == ANSWER:
        return figure.style
    told = total(snapshot, figure.name)
    if told is None:
        return Style.DIM
    is_trouble = figure.style in (Style.WARN, Style.BAD)
    return Style.GOOD if is_trouble and not told else figure.style


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
    rows: list[Row] = [rule(scene, "in detail", key="f")]
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
