"""Graphs over time, their shades, and the axis above them. Pure.

The higher, the stronger: in a graph of several rows each row has its shade, and in one of a single
row each column. So what a graph says is seen twice, and at a distance by its colour alone.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from monitor.changes import INCREASES, RATES
from monitor.drawing import chart
from monitor.scene import SHADES, Row, Scene, Span, Style
from monitor.series import columns
from shared import text

CHART_LEFT = 12
_CHART_RIGHT = 13
_SPARKLINE_RIGHT = 14  # " max 99.9 MB/s"


class _Graph(NamedTuple):
    """A graph, the highest row first, and what its highest column stands for (None: nothing)."""

    rows: list[list[Span]]
    top: float | None


def sparkline(
    scene: Scene, name: str, width: int, style: Style, form: Callable[[float], str]
) -> Iterable[Span]:
    """One row: the graph, and its maximum, without which it would tell nothing."""
    graph = _graph(scene, name, width, 1, style)
    if graph.top is None:
        yield Span(" " * (width + _SPARKLINE_RIGHT))
        return
    yield from graph.rows[0]
    yield Span(text.left(f" max {form(graph.top)}", _SPARKLINE_RIGHT), Style.DIM)


def sparkline_width(room: int) -> int:
    """How wide the graph is where it has `room` cells with its maximum."""
    return room - _SPARKLINE_RIGHT


def wide_chart(scene: Scene, name: str, height: int) -> list[Row]:
    """A chart from one edge to the other: its label, its columns, its maximum."""
    width = scene.width - CHART_LEFT - _CHART_RIGHT
    style = Style.MESSAGES if name in RATES else Style.PEOPLE
    graph = _graph(scene, name, width, height, style)
    maximum = ""
    if graph.top is not None:
        highest = f"{text.rate(graph.top)}/s" if name in RATES else text.count(int(graph.top))
        maximum = f" max {highest}"
    rows: list[Row] = []
    for number, line in enumerate(graph.rows):
        label = name if number == height - 1 else ""
        right = text.left(maximum if number == 0 else "", _CHART_RIGHT)
        rows.append(
            (
                Span(f" {label:<{CHART_LEFT - 1}}", Style.DIM),
                *(each._replace(key="t") for each in line),
                Span(right, Style.DIM),
            )
        )
    return rows


def _graph(scene: Scene, name: str, width: int, height: int, style: Style) -> _Graph:
    """What a figure was over the time that is chosen, in `width` columns."""
    track = scene.figures.tracks[scene.ui.span]
    key = (name, width, height, style, scene.is_old, scene.glyphs.levels)
    if key not in track.drawn:
        values = columns(track, name, width, is_sum=name in INCREASES)
        known = [each for each in values if each is not None]
        rows = _drawn(scene, values, width, height, style)
        track.drawn[key] = _Graph(rows, max(known) if known else None)
    graph: _Graph = track.drawn[key]
    return graph


def _drawn(
    scene: Scene, values: Sequence[float | None], width: int, height: int, style: Style
) -> list[list[Span]]:
    """The rows of a graph, the highest first, each `width` cells."""
    top = max((each for each in values if each is not None), default=0.0)
    is_dim = scene.is_old or top == 0
    rows = []
    for number, line in enumerate(chart(values, top, height, scene.glyphs)):
        spans = [Span(" " * (width - len(line)))]
        of_row = (height - 1 - number) * SHADES // height if height > 1 else None
        shades = [_shade(scene, each, of_row) for each in line]
        for shade, run in groupby(zip(shades, line, strict=True), lambda each: each[0]):
            words = "".join(cell for _, cell in run)
            is_plain = is_dim or shade is None
            spans.append(Span(words, Style.DIM) if is_plain else Span(words, style, shade))
        rows.append(spans)
    return rows


def _shade(scene: Scene, cell: str, of_row: int | None) -> int | None:
    """That of a cell; None where it shows no figure."""
    if cell == scene.glyphs.missing:
        return None
    if of_row is not None:
        return of_row
    levels = scene.glyphs.levels
    return max(0, levels.index(cell) - 1) * SHADES // (len(levels) - 1)


# --- the axis ------------------------------------------------------------------------------------


def charts_height(height: int) -> int:
    """How many rows the charts take, if each is `height` rows high."""
    return 1 + 2 * height


def chart_rows(scene: Scene, height: int) -> list[Row]:
    """People and messages a second over time, one above the other, with the same time axis."""
    return [
        axis(scene, "history", CHART_LEFT, scene.width - CHART_LEFT - _CHART_RIGHT),
        *wide_chart(scene, "people", height),
        *wide_chart(scene, "messages", height),
    ]


def span_words(scene: Scene) -> str:
    """How much time the graphs show."""
    seconds = scene.figures.tracks[scene.ui.span].span_seconds
    words = {60: "minute", 3600: "hour", 86_400: "day"}.get(seconds)
    return f"the last {words or _ago(seconds)}"


_STEPS = (10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
"""How many seconds may be between two ticks."""

_TICK_CELLS = 9  # a tick, its label, and some line
_MAX_TICKS = 6


def axis(scene: Scene, title: str, left: int, width: int, key: str = "t") -> Row:
    """A rule whose ticks say how long ago the columns below are: `width` of them, from `left` on.

    Where the title needs the place, or another tick, a tick is left out.
    """
    glyphs = scene.glyphs
    cells = list(glyphs.rule * scene.width)
    head = scene.cut(f" {title} ", scene.width - 2)
    free = 1 + text.cells(head) + 1
    for at, label in _ticks(scene, left, width):
        if at >= free and at + len(label) + 1 < scene.width:
            cells[at] = glyphs.tick
            cells[at + 1 : at + 1 + len(label)] = label
            free = at + len(label) + 2
    line = "".join(cells)
    return (
        Span(glyphs.rule, Style.RULE, key=key),
        Span(head, Style.TITLE, key=key),
        Span(line[1 + text.cells(head) :], Style.RULE, key=key),
    )


def _ticks(scene: Scene, left: int, width: int) -> Iterable[tuple[int, str]]:
    """Where each stands, and its label: from the oldest to now, at the right edge."""
    span = scene.figures.tracks[scene.ui.span].span_seconds
    fitting = (
        each
        for each in _STEPS
        if span % each == 0 and span // each <= _MAX_TICKS and width * each >= span * _TICK_CELLS
    )
    step = next(fitting, span)
    for ago in range(span, 0, -step):
        yield left + width - width * ago // span, f" {_ago(ago)} "
    yield left + width, " now "


def _ago(seconds: int) -> str:
    """In the largest unit of which it is a whole number.

    >>> [_ago(each) for each in (30, 90, 120, 3600, 86_400)]
    ['30 s', '90 s', '2 min', '1 h', '24 h']
    """
    for unit, letters in ((3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {letters}"
    return f"{seconds} s"
