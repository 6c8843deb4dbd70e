"""What the screen shows: the figures and a size in, rows of styled text out. Pure.

New here: the picture is computed, not drawn. `render` knows no terminal and no clock; it is given
all it shows, and gives back rows that fit the size. So every layout is checked by plain tests, and
screen.py has nothing left to decide: it draws a row only if it differs from the last one.

The layout is chosen by what fits, the most important first: from 72x16 the whole dashboard, below
that a short line for each figure, and in a tiny terminal the one line that matters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from monitor import text
from monitor.drawing import BIG_ROWS, UNICODE, Glyphs, big, chart
from monitor.history import (
    Event,
    Figures,
    Moment,
    Sample,
    columns,
    retry_seconds,
    span_seconds,
)
from shared.defaults import REPORT_SECONDS, STATUS_SECONDS
from shared.status import Person, Snapshot


class Style(StrEnum):
    """What a piece of text is; screen.py knows what that looks like on this terminal."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    LIVE_BAR = "live bar"
    WARN_BAR = "warn bar"
    BAD_BAR = "bad bar"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    PEOPLE = "people"
    MESSAGES = "messages"
    RULE = "rule"
    TITLE = "title"
    KEY = "key"


class Span(NamedTuple):
    """A piece of a row."""

    text: str
    style: Style = Style.PLAIN


Row = tuple[Span, ...]

SORTS = ("name", "since", "messages", "outbox")
INTERVALS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""The steps of the keys + and -, in seconds."""


@dataclass(frozen=True, slots=True)
class Ui:
    """What the person at the keys has chosen."""

    interval_seconds: float = REPORT_SECONDS
    is_paused: bool = False
    shows_help: bool = False
    sort: str = "name"
    scroll: int = 0  # people above the first that is shown
    page: int = 1  # people that are shown; render says how many


@dataclass(frozen=True, slots=True)
class Picture:
    """What render gives: at most `height` rows, and how the table of people came out."""

    rows: tuple[Row, ...]
    scroll: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a picture is made of."""

    address: str
    figures: Figures  # as shown: while paused, those of a while ago
    current: Figures  # as they are: that the server is gone is said also while paused
    ui: Ui
    now: Moment
    width: int
    height: int
    glyphs: Glyphs = UNICODE

    @property
    def age_seconds(self) -> float:
        """How old the figures shown are."""
        return self.now.seconds_since(self.figures.at) if self.figures.at else 0.0

    @property
    def is_late(self) -> bool:
        """Whether an answer is overdue, though no reading has failed."""
        at = self.current.at
        patience = self.ui.interval_seconds + STATUS_SECONDS + 1
        return at is not None and self.now.seconds_since(at) > patience

    @property
    def tells_of_restart(self) -> bool:
        """Whether the last restart is recent enough to be spoken of."""
        at = self.current.restarted
        return at is not None and self.now.seconds_since(at) < _RESTART_SHOWN_SECONDS

    @property
    def stamp(self) -> tuple[object, ...]:
        """Two scenes with the same stamp have the same picture; cheaper to compare than to draw.

        Figures are never changed, only replaced (see History), so comparing them is mostly a
        matter of seeing that they are the very same object.
        """
        gone = self.current.gone_since
        return (
            (self.figures, self.current, self.ui, self.width, self.height),
            (int(self.age_seconds), int(self.now.seconds_since(gone)) if gone else 0),
            (self.is_late, self.tells_of_restart),
        )

    @property
    def is_old(self) -> bool:
        """Whether the figures shown are no longer those of the server."""
        return bool(self.current.problem) or self.is_late

    def cut(self, words: str, width: int) -> str:
        """As much of `words` as fits, marked where something is missing."""
        return text.cut(words, width, self.glyphs.more)


# --- keys ------------------------------------------------------------------------------------


def press(ui: Ui, key: str, people: int) -> Ui:
    """What a key changes, with `people` in the table. An unknown key changes nothing.

    >>> press(Ui(interval_seconds=5.0), "-", 0).interval_seconds
    2.0
    """
    if ui.shows_help:
        return replace(ui, shows_help=False)  # any key leaves the help
    steps = {"up": -1, "down": 1, "page up": -ui.page, "page down": ui.page}
    steps |= {"home": -people, "end": people}
    if key in steps:
        last = max(0, people - ui.page)
        return replace(ui, scroll=min(max(0, ui.scroll + steps[key]), last))
    if key == "?":
        return replace(ui, shows_help=True)
    if key == " ":
        return replace(ui, is_paused=not ui.is_paused)
    if key == "s":
        sort = SORTS[(SORTS.index(ui.sort) + 1) % len(SORTS)]
        return replace(ui, sort=sort, scroll=0)
    if key in ("+", "-"):
        return replace(ui, interval_seconds=_next_interval(ui.interval_seconds, key))
    return ui


def _next_interval(seconds: float, key: str) -> float:
    if key == "+":
        return next((each for each in INTERVALS if each > seconds), max(seconds, INTERVALS[-1]))
    lower = [each for each in INTERVALS if each < seconds]
    return lower[-1] if lower else seconds


# --- the picture -----------------------------------------------------------------------------


def render(scene: Scene) -> Picture:
    """The picture of a scene; it fits the size, whatever the server sent."""
    height = scene.height
    if scene.width < _SHORT_WIDTH or height < _SHORT_HEIGHT:
        return Picture(tuple(_tiny(scene))[:height], scene.ui.scroll, scene.ui.page)
    top = [_header(scene), *_message(scene)]
    room = height - len(top) - 1
    snapshot = scene.figures.snapshot
    if scene.ui.shows_help or snapshot is None:
        rows = _help(scene) if scene.ui.shows_help else []
        return Picture(_closed(scene, top + rows), scene.ui.scroll, scene.ui.page)
    body = _wide if scene.width >= _WIDE_WIDTH and room >= _WIDE_ROOM else _short
    rows, scroll, page = body(scene, snapshot, room)
    return Picture(_closed(scene, top + rows), scroll, page)


_WIDE_WIDTH = 72
_WIDE_ROOM = 13
_SHORT_WIDTH = 30
_SHORT_HEIGHT = 5
_EVENTS_WIDTH = 110  # from here on there is room for what happened, beside the people


def _closed(scene: Scene, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, and the footer as the last row of all."""
    room = scene.height - 1
    shown = list(rows[:room])
    empty: list[Row] = [()] * (room - len(shown))
    return (*shown, *empty, _footer(scene))


def _header(scene: Scene) -> Row:
    """One bar: what is watched, and how well. Its colour can be told from across the room."""
    label, style = _state(scene)
    state = f" {label} "
    room = scene.width - text.cells(state)
    what = f" {scene.address}"
    for more in _server_words(scene.figures.snapshot):
        if text.cells(what) + text.cells(more) + 2 <= room:
            what += f"  {more}"
    return (Span(text.left(what, room, scene.glyphs.more), style), Span(state, style))


def _server_words(snapshot: Snapshot | None) -> Iterable[str]:
    if snapshot and snapshot.server:
        yield text.printable(snapshot.server)
    if snapshot and snapshot.pid:
        yield f"pid {snapshot.pid}"


def _state(scene: Scene) -> tuple[str, Style]:
    glyphs, age = scene.glyphs, text.duration(scene.age_seconds)
    has_figures = scene.figures.snapshot is not None
    if scene.ui.is_paused and has_figures:
        return f"PAUSED {glyphs.dot} {age} old", Style.WARN_BAR
    if scene.current.gone_since:
        gone = text.duration(scene.now.seconds_since(scene.current.gone_since))
        label = f"{glyphs.down} {'UNREADABLE' if scene.current.is_unreadable else 'GONE'} {gone}"
        return (f"{label} {glyphs.dot} {age} old" if has_figures else label), Style.BAD_BAR
    if not has_figures:
        return "CONNECTING", Style.WARN_BAR
    if scene.is_late:
        return f"LATE {glyphs.dot} {age} old", Style.WARN_BAR
    return f"{glyphs.live} LIVE {glyphs.dot} {age} old", Style.LIVE_BAR


_RESTART_SHOWN_SECONDS = 60


def _message(scene: Scene) -> list[Row]:
    """The most important thing to know now, in a sentence; mostly nothing, in one row."""
    words, style = _sentence(scene)
    lines = _wrapped(words, scene.width - 2)[:_MESSAGE_ROWS]
    return [(Span(f" {scene.cut(line, scene.width - 2)}", style),) for line in lines] or [()]


_MESSAGE_ROWS = 3


def _wrapped(words: str, width: int) -> list[str]:
    """`words` in lines; a word that is too long for one stays as long as it is.

    >>> _wrapped("Nothing listens there.", 16)
    ['Nothing listens', 'there.']
    """
    lines: list[str] = []
    for word in words.split():
        if lines and text.cells(lines[-1]) + 1 + text.cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _sentence(scene: Scene) -> tuple[str, Style]:
    current = scene.current
    if current.gone_since:
        return _gone_sentence(scene, current.gone_since), Style.BAD
    if scene.is_late:
        return "The answer is overdue.", Style.WARN
    if current.restarted and scene.tells_of_restart:
        at = text.clock(current.restarted.clock)
        return f"The server was restarted (seen at {at}): its counters began again.", Style.WARN
    if current.snapshot and (current.snapshot.log_errors or current.snapshot.log_lines_dropped):
        return _log_sentence(current.snapshot), Style.BAD
    return "", Style.PLAIN


def _gone_sentence(scene: Scene, since: Moment) -> str:
    what = "Unreadable" if scene.current.is_unreadable else "Gone"
    words = f"{what} since {text.clock(since.clock)}: {text.printable(scene.current.problem)}"
    again = f"{words} Trying every {retry_seconds(scene.ui.interval_seconds):g} s."
    return again if text.cells(again) <= scene.width - 2 else words


def _log_sentence(snapshot: Snapshot) -> str:
    return (
        f"The server's log had {text.count(snapshot.log_errors)} errors; "
        f"{text.count(snapshot.log_lines_waiting)} lines wait, "
        f"{text.count(snapshot.log_lines_dropped)} are lost."
    )


def _footer(scene: Scene) -> Row:
    """The keys, as many as fit."""
    keys = [
        ("q", "quit"),
        ("?", "help"),
        ("space", "go on" if scene.ui.is_paused else "pause"),
        ("+/-", f"every {scene.ui.interval_seconds:g} s"),
        ("s", "sort"),
        (scene.glyphs.arrows, "scroll"),
    ]
    row: list[Span] = []
    used = 0
    for key, does in keys:
        used += text.cells(key) + text.cells(does) + 3
        if used > scene.width:
            break
        row += [Span(f" {key}", Style.KEY), Span(f" {does} ", Style.DIM)]
    return tuple(row)


_HELP = (
    ("q", "quit (Ctrl-C does the same)"),
    ("space", "pause: the figures stand still; reading goes on, and nothing is missed"),
    ("+  -", "read less often, more often"),
    ("s", "sort the people by name, since when, messages, outbox"),
    ("arrows", "scroll the people (also Page Up, Page Down, Home, End)"),
    ("?", "this help; any key leaves it"),
    ("", ""),
    ("charts", "newest at the right; from zero to the maximum that is stated"),
    ("", "a flat line is zero, {missing} no figure: the first reading, or a failed one"),
    ("old", "how long ago the server said what you see"),
)


def _help(scene: Scene) -> list[Row]:
    rows: list[Row] = [_rule(scene, "help")]
    for key, does in _HELP:
        does = does.format(missing=scene.glyphs.missing)
        words = scene.cut(does, scene.width - 10)
        rows.append((Span(f" {key:<8} ", Style.KEY if key else Style.PLAIN), Span(words)))
    return rows


def _rule(scene: Scene, title: str, width: int = 0) -> Row:
    """A line across, with a title: where a part begins."""
    width = width or scene.width
    title = scene.cut(f" {title} ", width - 2)
    line = scene.glyphs.rule
    rest = line * (width - 1 - text.cells(title))
    return (Span(line, Style.RULE), Span(title, Style.TITLE), Span(rest, Style.RULE))


# --- the whole dashboard ---------------------------------------------------------------------


def _wide(scene: Scene, snapshot: Snapshot, room: int) -> tuple[list[Row], int, int]:
    """Large figures, charts, details, people: the first of these that fit."""
    rows = _tiles(scene, snapshot)
    details = _details(scene, snapshot)
    room -= len(rows) + len(details)
    chart_height = _chart_height(room)
    charts = _charts(scene, chart_height)
    rows += charts + details
    table, scroll, page = _people(scene, snapshot, room - len(charts))
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
        _rule(scene, title),
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
    rows: list[Row] = [_rule(scene, "in detail")]
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


# --- the people ------------------------------------------------------------------------------


class _Column(NamedTuple):
    title: str
    width: int
    cell: Callable[[Person], str]
    align: Callable[[str, int, str], str]


_SORT_KEYS: dict[str, Callable[[Person], tuple[object, ...]]] = {
    "name": lambda each: (each.name.casefold(),),
    "since": lambda each: (each.since, each.name.casefold()),
    "messages": lambda each: (-each.messages, each.name.casefold()),
    "outbox": lambda each: (-each.outbox_bytes, each.name.casefold()),
}


def _people(scene: Scene, snapshot: Snapshot, room: int) -> tuple[list[Row], int, int]:
    """The table in `room` rows: its title, its heading, and the people who fit."""
    page = room - 2
    if page < 1:
        return [], scene.ui.scroll, scene.ui.page
    people = sorted(snapshot.people, key=_SORT_KEYS[scene.ui.sort])
    scroll = min(scene.ui.scroll, max(0, len(people) - page))
    shown = people[scroll : scroll + page]
    with_events = scene.width >= _EVENTS_WIDTH
    width = scene.width * 3 // 5 if with_events else scene.width
    title = (
        "no list of people"
        if not people
        else f"{_range(scroll, shown, people)}, by {scene.ui.sort}"
    )
    rows = [_rule(scene, title, width), *_table(scene, snapshot, shown, width)]
    if with_events:
        rows = _side_by_side(rows, width, _events(scene, scene.width - width, room))
    return rows, scroll, page


def _range(scroll: int, shown: Sequence[Person], people: Sequence[Person]) -> str:
    if len(shown) == len(people):
        return f"{text.count(len(people))} people"
    return f"people {scroll + 1} to {scroll + len(shown)} of {text.count(len(people))}"


def _table(scene: Scene, snapshot: Snapshot, people: Sequence[Person], width: int) -> Iterable[Row]:
    """The heading and a row for each of `people`."""
    more = scene.glyphs.more
    now = snapshot.time or scene.now.clock
    # The widths are those of everybody, so that the columns stand still when the table scrolls.
    shown = _fitting_columns(snapshot.people, width, now)

    def row(words: Iterable[str], style: Style) -> Row:
        # One span a cell: screen.py puts each at its own place, so a width that this terminal
        # sees otherwise moves nothing but itself.
        return tuple(
            Span(f" {column.align(each, column.width, more)} ", style)
            for column, each in zip(shown, words, strict=True)
        )

    if people:
        yield row((column.title for column in shown), Style.DIM)
    style = Style.DIM if scene.is_old else Style.PLAIN
    for person in people:
        yield row((column.cell(person) for column in shown), style)


def _fitting_columns(people: Sequence[Person], width: int, now: float) -> list[_Column]:
    """Columns in the order of the table; of those that do not fit, the least important go."""
    names = max((text.cells(text.printable(each.name)) for each in people), default=0)
    addresses = max((text.cells(text.printable(each.address)) for each in people), default=0)
    name = _Column(
        "name", min(max(8, names), 24), lambda each: text.printable(each.name), text.left
    )
    since = _Column("since", 8, lambda each: text.since(each.since, now), text.right)
    messages = _Column("messages", 9, lambda each: text.count(each.messages), text.right)
    outbox = _Column("outbox", 8, lambda each: text.size(each.outbox_bytes), text.right)
    width -= name.width + 2
    kept = []
    for each in (messages, outbox, since):
        width -= each.width + 2
        if width >= 0:
            kept.append(each)
    figures = [each for each in (since, messages, outbox) if each in kept]
    room = min(max(8, addresses), width - 2)
    if room < _ADDRESS_WIDTH:
        return [name, *figures]
    address = _Column("address", room, lambda each: text.printable(each.address), text.left)
    return [name, address, *figures]


_ADDRESS_WIDTH = 8  # with less than this, an address says nothing


def _side_by_side(left: Sequence[Row], width: int, right: Sequence[Row]) -> list[Row]:
    """Two blocks of rows, the right one beginning at `width`."""
    rows: list[Row] = []
    for number in range(max(len(left), len(right))):
        row = left[number] if number < len(left) else ()
        gap = width - sum(text.cells(span.text) for span in row)
        beside = right[number] if number < len(right) else ()
        rows.append((*row, Span(" " * gap), *beside))
    return rows


_EVENT_STYLES = (Style.PLAIN, Style.WARN, Style.BAD)


def _events(scene: Scene, width: int, room: int) -> list[Row]:
    """What happened, the newest first."""
    rows = [_rule(scene, "what happened", width)]
    events: Sequence[Event] = scene.figures.events
    for event in list(reversed(events))[: room - 1]:
        words = scene.cut(text.printable(event.text), width - 11)
        rows.append(
            (
                Span(f" {text.clock(event.clock):<8}  ", Style.DIM),
                Span(words, _EVENT_STYLES[event.weight]),
            )
        )
    return rows


# --- where there is little room --------------------------------------------------------------


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
    table, scroll, page = _people(scene, snapshot, room - len(lines))
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
    state, bar = _state(scene)
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
