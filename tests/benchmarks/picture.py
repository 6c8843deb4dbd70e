"""Curves as an SVG picture, in plain Python: both axes logarithmic, a whisker at each point.

The picture brings its own background and colours, for light and for dark pages, so it can be read
wherever it is shown. The colours are those of Okabe and Ito, which colour-blind people can tell
apart; shapes and dashes tell the curves apart without colours.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 724, 92, 396  # the frame that the curves are drawn in

_STYLE = """\
  .page { fill: #ffffff; } .grid { stroke: #e3e6ea; } .axis { stroke: #6b7280; }
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; } .quiet { fill: #57606a; font-size: 12px; }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
  .whisker { stroke-width: 1.5; opacity: 0.6; }
"""
_DARK_STYLE = """\
    .page { fill: #0d1117; } .grid { stroke: #262c36; } .axis { stroke: #8b949e; }
    text { fill: #e6edf3; } .quiet { fill: #9198a1; }
"""
_LOOKS = (  # the colour on white and on black
    ("#0072b2", "#56b4e9"),
    ("#b84a00", "#e69f00"),
    ("#00795a", "#2bc295"),
    ("#a3487a", "#e08fbb"),
)


@dataclass(frozen=True)
class Point:
    """What was measured at `x`: the median of the rounds, the lowest and the highest."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """One line of the picture."""

    name: str
    points: list[Point]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis: values from `low` to `high` lie between `start` and `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies.

        >>> Axis(1, 100, 0, 50).at(10)
        25.0
        """
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)


def draw(title: str, subtitle: str, x_label: str, y_label: str, curves: list[Curve]) -> str:
    """The picture. There must be at least one point, and every value must be over 0."""
    points = [point for curve in curves for point in curve.points]
    xs = sorted({point.x for point in points})
    x_axis = Axis(xs[0] / 1.25, xs[-1] * 1.25, _LEFT, _RIGHT)
    y_ticks = _ticks(min(point.low for point in points), max(point.high for point in points))
    y_axis = Axis(y_ticks[0], y_ticks[-1], _BOTTOM, _TOP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}{_colours()}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
        _text(_LEFT - 60, 30, title, "title", "start"),
        _text(_LEFT - 60, 50, subtitle, "quiet", "start"),
        *_grid(x_axis, xs, y_axis, y_ticks),
        _text((_LEFT + _RIGHT) / 2, _BOTTOM + 46, x_label),
        f'<g transform="rotate(-90)">{_text(-(_TOP + _BOTTOM) / 2, 22, y_label)}</g>',
    ]
    for number, curve in enumerate(curves):
        lines += _curve(curve, number, x_axis, y_axis)
        lines += _legend(curve.name, number, _LEFT + 20 + number * 150)
    return "\n".join([*lines, "</svg>", ""])


def _colours() -> str:
    """A class for each curve, `c0` and on, in the colours of the page."""
    light, dark = (
        "".join(
            f"  .c{number} {{ stroke: {look[page]}; }} .m{number} {{ fill: {look[page]}; }}\n"
            for number, look in enumerate(_LOOKS)
        )
        for page in (0, 1)
    )
    return f"{light}  @media (prefers-color-scheme: dark) {{\n{_DARK_STYLE}{dark}  }}\n"


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, 20 ... from the last that is not over `low` to the first not under `high`.

    >>> _ticks(30, 700)
    [20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
    """
    first = math.floor(math.log10(low))
    all_ticks = [
        step * 10.0**power
        for power in range(first, math.ceil(math.log10(high)) + 1)
        for step in (1, 2, 5)
    ]
    start = max(tick for tick in all_ticks if tick <= low)
    end = min(tick for tick in all_ticks if tick >= high and tick > start)
    return [tick for tick in all_ticks if start <= tick <= end]


def _grid(x_axis: Axis, xs: list[float], y_axis: Axis, ys: list[float]) -> Iterator[str]:
    for y in ys:
        yield _line("grid", _LEFT, y_axis.at(y), _RIGHT, y_axis.at(y))
        yield _text(_LEFT - 10, y_axis.at(y) + 4.5, _short(y), anchor="end")
    for x in xs:
        yield _line("grid", x_axis.at(x), _TOP, x_axis.at(x), _BOTTOM)
        yield _text(x_axis.at(x), _BOTTOM + 20, f"{x:g}")
    yield _line("axis", _LEFT, _BOTTOM, _RIGHT, _BOTTOM)
    yield _line("axis", _LEFT, _TOP, _LEFT, _BOTTOM)


def _curve(curve: Curve, number: int, x_axis: Axis, y_axis: Axis) -> Iterator[str]:
    places = [(x_axis.at(point.x), y_axis.at(point.y)) for point in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    for point, (x, _) in zip(curve.points, places, strict=True):
        yield _line(
            f"c{number % len(_LOOKS)} whisker", x, y_axis.at(point.low), x, y_axis.at(point.high)
        )
    yield f'<polyline class="curve c{number % len(_LOOKS)}" points="{path}"/>'
    for x, y in places:
        yield _mark(number, x, y)


def _legend(name: str, number: int, x: float) -> Iterator[str]:
    y = _TOP - 18
    yield f'<polyline class="curve c{number % len(_LOOKS)}" points="{x},{y} {x + 36},{y}"/>'
    yield _mark(number, x + 18, y)
    yield _text(x + 44, y + 4.5, name, anchor="start")


def _mark(number: int, x: float, y: float) -> str:
    """A circle, a square, a triangle or a diamond."""
    kind = f'class="m{number % len(_LOOKS)}"'
    if number % 4 == 0:
        return f'<circle {kind} cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    corners = (
        ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        ((0, -5.5), (5, 4), (-5, 4)),
        ((0, -6), (5, 0), (0, 6), (-5, 0)),
    )[number % 4 - 1]
    path = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon {kind} points="{path}"/>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(value: float) -> str:
    """A round number, short.

    >>> _short(2_000_000), _short(50_000), _short(20)
    ('2 M', '50 k', '20')
    """
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
