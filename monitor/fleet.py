"""Several servers in one picture: the sums above, and a row for each. Pure.

From view.py: everything else. A row is opened with Enter or a click, and Esc leads back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from monitor.changes import own, total
from monitor.events import Event
from monitor.figures import percent
from monitor.frame import closed, help_rows, keys_row, sentence_of, state_of
from monitor.graphs import span_words, sparkline, sparkline_width
from monitor.people import EVENT_STYLES
from monitor.scene import Picture, Row, Scene, Span, Style, Ui, press, rule
from monitor.tiles import SIZES, Tile, side_by_side, tiles_height
from shared import text

OPEN = "open "
"""What a click on the row of a server does, with the number of the server behind it, from 1."""

_WIDE_WIDTH = 72
_LOW_HEIGHT = 12  # with less, the sums are a line, and the servers need all the others
_TINY_HEIGHT = 6  # with less, what is wrong is said by the colours alone
_LEAST_CHART_WIDTH = 8


def press_fleet(ui: Ui, key: str, servers: int) -> Ui:
    """What a key changes while all servers are seen."""
    steps = {"up": -1, "down": 1, "wheel up": -1, "wheel down": 1, "home": -servers}
    steps |= {"end": servers, "page up": -ui.page, "page down": ui.page}
    if ui.shows_help:
        return replace(ui, shows_help=False)
    if key in steps:
        return replace(ui, row=min(max(0, ui.row + steps[key]), servers - 1))
    number = ui.row + 1 if key == "enter" else _number(key)
    if 1 <= number <= servers:
        return replace(ui, opened=number, row=number - 1, scroll=0)
    return press(ui, key) if key in ("?", " ", "+", "-", "t") else ui


def _number(key: str) -> int:
    digits = key.removeprefix(OPEN)
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def render_fleet(scenes: Sequence[Scene]) -> Picture:
    """The picture of several servers; all scenes have one size and one Ui."""
    scene = scenes[0]
    ui, height = scene.ui, scene.height
    if ui.shows_help:
        return Picture(closed(scene, [_header(scenes), *help_rows(scene)]), ui.scroll)
    top = [_header(scenes), _message(scenes), *_sums(scenes)]
    if height < _TINY_HEIGHT:
        top = [_header(scenes), _sum_line(scenes)] if height > 3 else [_sum_line(scenes)]
    page = max(1, height - len(top) - _heading_height(scene) - 1)
    first = min(max(0, ui.row - page + 1), max(0, len(scenes) - page))
    table = _table(scenes, first, page)
    whole = [*top, *table][: max(1, height - 1)]
    whole += _events(scenes, height - 1 - len(whole))
    footer = [keys_row(scene, _KEYS)] if height > 1 else []
    empty: list[Row] = [()] * (height - len(whole) - len(footer))
    return Picture((*whole, *empty, *footer), ui.scroll, page, len(scenes))


_KEYS = (
    ("q", "quit"),
    ("?", "help"),
    ("Enter", "open"),
    ("space", "pause"),
    ("+/-", "interval"),
    ("t", "time"),
)


# --- what is true of all -------------------------------------------------------------------------

_GRAVE = (Style.LIVE_BAR, Style.WARN_BAR, Style.BAD_BAR)


def _header(scenes: Sequence[Scene]) -> Row:
    """One bar, in the colour of the worst; in words, how many stand how."""
    states = [state_of(each) for each in scenes]
    worst = max((style for _, style in states), key=_GRAVE.index)
    counted: dict[str, int] = {}
    for label, _ in states:
        word = next(each for each in label.split() if each.isupper())
        counted[word] = counted.get(word, 0) + 1
    dot = scenes[0].glyphs.dot
    words = f" {dot} ".join(f"{number} {word}" for word, number in counted.items())
    scene = scenes[0]
    label = f" {scene.cut(words, scene.width - 2)} "
    room = scene.width - text.cells(label)
    return (
        Span(text.left(f" {len(scenes)} servers", room, scene.glyphs.more), worst),
        Span(label, worst),
    )


def _message(scenes: Sequence[Scene]) -> Row:
    """The sentence of the one that stands worst; else what happened last, and where."""
    scene = scenes[0]
    for each in sorted(scenes, key=lambda each: -_GRAVE.index(state_of(each)[1])):
        words, style = sentence_of(each)
        if words:
            return (Span(f" {scene.cut(f'{each.address}: {words}', scene.width - 2)}", style),)
    newest = _newest(scenes, 1)
    if not newest:
        return ()
    event, address = newest[0]
    before = f"{text.clock(event.clock)} {address}: "
    words = event.fitted(scene.width - 2 - text.cells(before), scene.glyphs.more)
    return (Span(f" {scene.cut(before + words, scene.width - 2)}", Style.DIM),)


def _newest(scenes: Sequence[Scene], number: int) -> list[tuple[Event, str]]:
    """The last events of all servers, each with its server's address, the newest first."""
    found = [
        (event, text.printable(each.address))
        for each in scenes
        for event in each.figures.events[-number:]
    ]
    return sorted(found, key=lambda each: each[0].clock, reverse=True)[:number]


_LEAST_EVENTS = 3  # with less room than for so many, there are none


def _events(scenes: Sequence[Scene], room: int) -> list[Row]:
    """What happened, and where, in the rows that are left."""
    scene = scenes[0]
    if room < 2 + _LEAST_EVENTS or scene.width < _WIDE_WIDTH:
        return []
    rows: list[Row] = [(), rule(scene, "what happened")]
    for event, address in _newest(scenes, room - 2):
        before = f" {text.clock(event.clock):<8}  {text.left(address, _address_width(scenes))}  "
        words = event.fitted(scene.width - text.cells(before) - 1, scene.glyphs.more)
        rows.append((Span(before, Style.DIM), Span(words, EVENT_STYLES[event.weight])))
    return rows


def _sum(scenes: Sequence[Scene], name: str, *, is_rate: bool = False) -> float | None:
    """Over the servers that answer and tell it; None where none does. A shared room counts once."""
    parts: list[float] = []
    for each in scenes:
        snapshot = each.figures.snapshot
        if snapshot is None or each.current.problem:
            continue
        mine = own(snapshot, name)
        part = each.figures.values.get(mine) if is_rate else total(snapshot, mine)
        parts += [] if part is None else [part]
    return sum(parts) if parts else None


def _told(scene: Scene, value: float | None, form: Callable[[float], str]) -> str:
    return scene.glyphs.none if value is None else form(value)


def _count(number: float) -> str:
    return text.count(int(number))


def _sum_line(scenes: Sequence[Scene]) -> Row:
    scene = scenes[0]
    people = _told(scene, _sum(scenes, "people"), _count)
    pace = _told(scene, _sum(scenes, "messages", is_rate=True), text.rate)
    messages = _told(scene, _sum(scenes, "messages"), _count)
    words = f" {people} people  {pace} messages/s  {messages} messages"
    return (
        Span(scene.cut(words, scene.width), Style.DIM if _none_answers(scenes) else Style.STRONG),
    )


def _none_answers(scenes: Sequence[Scene]) -> bool:
    return all(each.is_old for each in scenes)


def _sums(scenes: Sequence[Scene]) -> list[Row]:
    """Three large figures, as large as leaves each server its row; a line where it is low."""
    scene = scenes[0]
    room = scene.height - 2
    if scene.width < _WIDE_WIDTH or scene.height < _LOW_HEIGHT:
        return [_sum_line(scenes)]
    answering = sum(not each.current.problem and each.figures.at is not None for each in scenes)
    of = "" if answering == len(scenes) else f"of {answering} of {len(scenes)} servers"
    tiles = (
        Tile("PEOPLE", _figure(scene, _sum(scenes, "people")), of, Style.PEOPLE),
        Tile(
            "MESSAGES A SECOND",
            _told(scene, _sum(scenes, "messages", is_rate=True), text.rate),
            of,
            Style.MESSAGES,
        ),
        Tile("MESSAGES", _figure(scene, _sum(scenes, "messages")), of, Style.STRONG),
    )
    rows = len(scenes) + 3
    size = max(
        each
        for each in SIZES
        if each == 0 or (scene.width >= 100 * each and room >= tiles_height(each) + rows)
    )
    return side_by_side(scene, tiles, size)


def _figure(scene: Scene, value: float | None) -> str:
    return scene.glyphs.none if value is None else str(int(value))


# --- a row for each ------------------------------------------------------------------------------


class _Column(NamedTuple):
    title: str
    width: int
    cell: Callable[[Scene], str]


def _of(
    name: str, form: Callable[[float], str], *, is_rate: bool = False
) -> Callable[[Scene], str]:
    return lambda scene: _told(scene, _sum([scene], name, is_rate=is_rate), form)


def _trouble(scene: Scene) -> str:
    told = [_sum([scene], name) for name in ("too slow", "turned away", "log errors")]
    known = [each for each in told if each is not None]
    return text.count(int(sum(known))) if known else scene.glyphs.none


_COLUMNS: Mapping[str, _Column] = {
    each.title: each
    for each in (
        _Column("people", 7, _of("people", _count)),
        _Column("messages/s", 10, _of("messages", text.rate, is_rate=True)),
        _Column("messages", 9, _of("messages", _count)),
        _Column("out/s", 8, _of("out", text.size, is_rate=True)),
        _Column("cpu", 6, _of("cpu", percent, is_rate=True)),
        _Column("memory", 8, _of("memory", text.size)),
        _Column("trouble", 7, _trouble),
    )
}
_IMPORTANT = ("people", "messages/s", "trouble", "messages", "cpu", "out/s", "memory")
_STATE_WIDTH = 14
_MAX_ADDRESS_WIDTH = 30


def _table(scenes: Sequence[Scene], first: int, page: int) -> list[Row]:
    """A title, a heading, and the servers from `first` on."""
    scene = scenes[0]
    address = min(_address_width(scenes), max(8, scene.width - 4))
    left = scene.width - 3 - address - _STATE_WIDTH - 1
    kept = _kept(left)
    left -= sum(each.width + 1 for each in kept)
    chart = min(sparkline_width(left - 2), 60)
    chart = chart if chart >= _LEAST_CHART_WIDTH else 0
    heading = [Span(f"   {'server':<{address}} {'':<{_STATE_WIDTH}}", Style.DIM)]
    heading += [Span(f" {each.title:>{each.width}}", Style.DIM) for each in kept]
    if chart:
        words = text.cut(f"messages/s, {span_words(scene)}", chart, scene.glyphs.more)
        heading.append(Span(f"  {words}", Style.DIM, key="t"))
    rows: list[Row] = [rule(scene, "servers"), tuple(heading)][: _heading_height(scene)]
    for number, each in enumerate(scenes[first : first + page], start=first):
        rows.append(tuple(_row(each, number, address, kept, chart)))
    return rows


def _heading_height(scene: Scene) -> int:
    """Rows of the title and the heading."""
    return 0 if scene.height < _LOW_HEIGHT else 2


def _address_width(scenes: Sequence[Scene]) -> int:
    longest = max(text.cells(text.printable(each.address)) for each in scenes)
    return min(longest, _MAX_ADDRESS_WIDTH)


def _kept(room: int) -> list[_Column]:
    kept = set()
    for title in _IMPORTANT:
        if room >= _COLUMNS[title].width + 1:
            room -= _COLUMNS[title].width + 1
            kept.add(title)
    return [each for title, each in _COLUMNS.items() if title in kept]


_STATE_STYLES = {
    Style.LIVE_BAR: Style.GOOD,
    Style.WARN_BAR: Style.WARN,
    Style.BAD_BAR: Style.BAD,
}


def _row(
    scene: Scene, number: int, address: int, kept: Sequence[_Column], chart: int
) -> Iterable[Span]:
    label, bar = state_of(scene)
    is_chosen = number == scene.ui.row
    key, more = f"{OPEN}{number + 1}", scene.glyphs.more
    style = Style.DIM if scene.is_old else Style.PLAIN
    name_style = Style.STRONG if is_chosen else style
    mark = scene.glyphs.chosen if is_chosen else " "
    name = text.left(text.printable(scene.address), address, more)
    yield Span(f" {mark} {name} ", name_style, key=key)
    state = label.partition(f" {scene.glyphs.dot} ")[0]
    room = max(0, min(_STATE_WIDTH, scene.width - 4 - address))
    # Its first character tells, too.
    yield Span(text.left(state, room, more if room > 3 else ""), _STATE_STYLES[bar], key=key)
    for column in kept:
        yield Span(f" {text.right(column.cell(scene), column.width, more)}", style, key=key)
    if chart:
        yield Span("  ")
        name = own(scene.figures.snapshot, "messages")
        for span in sparkline(scene, name, chart, Style.MESSAGES, text.rate):
            yield span._replace(key=key)
