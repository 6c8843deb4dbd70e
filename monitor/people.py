"""The table of people, and what happened, in the rows that are left for them. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from monitor.history import Event
from monitor.scene import Panel, Row, Scene, Span, Style, rule
from shared import text
from shared.status import Person, Snapshot

_BESIDE_WIDTH = 110  # from here on there is room for what happened, beside the people


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


def shows_events(scene: Scene) -> bool:
    """Whether what happened has a place of its own in the picture."""
    is_beside = scene.ui.panel == "people" and scene.width >= _BESIDE_WIDTH
    return is_beside or scene.ui.panel == "events"


def people_panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """The table in `room` rows: its title, its heading, and the people who fit."""
    page = room - 2
    if page < 1:
        return Panel((), scene.ui.scroll)
    people = [each for each in snapshot.people if scene.passes(each.name, each.address)]
    people.sort(key=_SORT_KEYS[scene.ui.sort])
    scroll = min(scene.ui.scroll, max(0, len(people) - page))
    shown = people[scroll : scroll + page]
    width = scene.width * 3 // 5 if shows_events(scene) else scene.width
    title = _title(scene, snapshot, len(people), scroll, len(shown))
    rows = [rule(scene, title, width), *_table(scene, snapshot, shown, width)]
    if shows_events(scene):
        beside = scene.width - width
        rows = _side_by_side(rows, width, _events(scene, _passing(scene), beside, room))
    return Panel(tuple(rows), scroll, page, len(people))


def _title(scene: Scene, snapshot: Snapshot, passed: int, first: int, shown: int) -> str:
    """Which of all the people the table shows."""
    listed, now = len(snapshot.people), snapshot.people_now
    if not listed:
        return "no list of people" if now or "people" in snapshot.unknown else "nobody is here"
    of = f" of {text.count(now)}" if now > listed else ""
    if scene.ui.filter:
        which = (
            f"{text.count(passed)} of {text.count(max(listed, now))} people with {_wanted(scene)}"
        )
        if shown < passed:
            which += f", {first + 1} to {first + shown}"
    elif shown < passed:
        which = f"people {first + 1} to {first + shown} of {text.count(max(listed, now))}"
    else:
        which = f"{text.count(listed)}{of} people"
    return f"{which}, by {scene.ui.sort}"


def _wanted(scene: Scene) -> str:
    return f"'{text.printable(scene.ui.filter)}'"


def _table(scene: Scene, snapshot: Snapshot, people: Sequence[Person], width: int) -> Iterable[Row]:
    """The heading and a row for each of `people`."""
    more = scene.glyphs.more
    # The widths are those of everybody, so that the columns stand still when the table scrolls.
    shown = _fitting_columns(scene, snapshot, width)

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


def _fitting_columns(scene: Scene, snapshot: Snapshot, width: int) -> list[_Column]:
    """Columns in the order of the table; of those that do not fit, the least important go."""
    people, none = snapshot.people, scene.glyphs.none
    now = snapshot.time or scene.now.clock
    names = max((text.cells(text.printable(each.name)) for each in people), default=0)
    addresses = max((text.cells(text.printable(each.address)) for each in people), default=0)
    name = _Column(
        "name", min(max(8, names), 24), lambda each: text.printable(each.name), text.left
    )
    since = _Column("since", 8, lambda each: text.since(each.since, now) or none, text.right)
    messages = _Column("messages", 9, lambda each: messages_of(each) or none, text.right)
    outbox = _Column("outbox", 8, lambda each: outbox_of(each) or none, text.right)
    width -= name.width + 2
    kept = []
    for each in (messages, outbox, since):
        width -= each.width + 2
        if width >= 0:
            kept.append(each)
    figures = [each for each in (since, messages, outbox) if each in kept]
    room = min(max(8, addresses), width - 2)
    if room < _ADDRESS_WIDTH or not addresses:
        return [name, *figures]
    address = _Column("address", room, lambda each: text.printable(each.address), text.left)
    return [name, address, *figures]


def messages_of(person: Person) -> str:
    """How much they said; nothing where the server does not tell."""
    return "" if "messages" in person.unknown else text.count(person.messages)


def outbox_of(person: Person) -> str:
    """How much waits for them; nothing where the server does not tell."""
    return "" if "outbox_bytes" in person.unknown else text.size(person.outbox_bytes)


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


# --- what happened -------------------------------------------------------------------------------

_EVENT_STYLES = (Style.PLAIN, Style.WARN, Style.BAD)


def events_panel(scene: Scene, room: int) -> Panel:
    """What happened in `room` rows, the newest first."""
    page = room - 1
    if page < 1:
        return Panel((), scene.ui.scroll)
    events = _passing(scene)
    scroll = min(scene.ui.scroll, max(0, len(events) - page))
    rows = _events(scene, events[scroll:], scene.width, room)
    return Panel(tuple(rows), scroll, page, len(events))


def latest(scene: Scene) -> str:
    """The newest events in one line, for a picture that has no other place for them."""
    events = scene.figures.events[-_LATEST:]
    return f" {scene.glyphs.dot} ".join(
        f"{text.clock(each.clock)} {text.printable(each.text)}" for each in reversed(events)
    )


_LATEST = 5


def _passing(scene: Scene) -> list[Event]:
    """The newest first. Trouble passes every filter: nobody wants to miss it."""
    events = reversed(scene.figures.events)
    return [each for each in events if each.weight or scene.passes(each.text)]


def _events(scene: Scene, events: Sequence[Event], width: int, room: int) -> list[Row]:
    title = "what happened"
    if scene.ui.filter:
        title += f", with {_wanted(scene)}"
    rows = [rule(scene, title, width)]
    if not events:
        rows.append((Span(f" {scene.cut('nothing yet', width - 2)}", Style.DIM),))
    for event in events[: room - 1]:
        words = scene.cut(text.printable(event.text), width - 11)
        rows.append(
            (
                Span(f" {text.clock(event.clock):<8}  ", Style.DIM),
                Span(words, _EVENT_STYLES[event.weight]),
            )
        )
    return rows
