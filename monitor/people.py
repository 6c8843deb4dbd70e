"""The table of people, and what happened, in the rows that are left for them. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from monitor import text
from monitor.history import Event
from monitor.scene import Row, Scene, Span, Style, rule
from shared.status import Person, Snapshot

_EVENTS_WIDTH = 110  # from here on there is room for what happened, beside the people


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


def people_rows(scene: Scene, snapshot: Snapshot, room: int) -> tuple[list[Row], int, int]:
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
    rows = [rule(scene, title, width), *_table(scene, snapshot, shown, width)]
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
    rows = [rule(scene, "what happened", width)]
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
