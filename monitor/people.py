"""The table of people, and what happened, in the rows that are left for them. Pure.

Where there is room and many are here, the table stands in two or three blocks side by side, as a
newspaper does it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from monitor.events import Event
from monitor.scene import SORT_BY, Panel, Row, Scene, Span, Style, rule
from shared import text
from shared.status import Person, Snapshot

_BESIDE_WIDTH = 110  # from here on there is room for what happened, beside the people
_BLOCK_WIDTH = 60  # a block of people has at least so much: all but the address
_MAX_BLOCKS = 3


class _Column(NamedTuple):
    title: str
    width: int
    cell: Callable[[Person], str]
    align: Callable[[str, int, str], str]


def _sort_key(scene: Scene) -> Callable[[Person], tuple[object, ...]]:
    paces = scene.figures.paces
    firsts: Mapping[str, Callable[[Person], tuple[object, ...]]] = {
        "name": lambda each: (),
        "since": lambda each: (each.since,),
        "messages": lambda each: (-each.messages,),
        "messages/s": lambda each: (-paces.get(each.name, 0.0), -each.messages),
        "bytes": lambda each: (-each.bytes_in,),
        "outbox": lambda each: (-each.outbox_bytes,),
    }
    first = firsts[scene.ui.sort]
    return lambda each: (*first(each), each.name.casefold())


def shows_events(scene: Scene) -> bool:
    """Whether what happened has a place of its own in the picture."""
    is_beside = scene.panel == "people" and scene.width >= _BESIDE_WIDTH
    return is_beside or scene.panel == "events"


def people_panel(scene: Scene, snapshot: Snapshot, room: int) -> Panel:
    """The table in `room` rows: its title, its heading, and the people who fit."""
    height = room - 2
    if height < 1:
        return Panel((), scene.ui.scroll)
    people = [each for each in snapshot.people if scene.passes(each.name, each.address)]
    people.sort(key=_sort_key(scene))
    width = scene.width * 3 // 5 if shows_events(scene) else scene.width
    blocks = _blocks(len(people), height, width)
    page = height * blocks
    scroll = min(scene.ui.scroll, max(0, len(people) - page))
    shown = people[scroll : scroll + page]
    title = _title(scene, snapshot, len(people), scroll, len(shown))
    rows = [rule(scene, title, width, "s"), *_newspaper(scene, snapshot, shown, width, blocks)]
    if shows_events(scene):
        beside = scene.width - width
        rows = _side_by_side(rows, width, _events(scene, _passing(scene), beside, room))
    return Panel(tuple(rows), scroll, page, len(people))


def _blocks(people: int, height: int, width: int) -> int:
    """How many blocks the people need, as far as there is room for them."""
    return max(1, min(_MAX_BLOCKS, width // _BLOCK_WIDTH, -(-people // height)))


def _newspaper(
    scene: Scene, snapshot: Snapshot, people: Sequence[Person], width: int, blocks: int
) -> list[Row]:
    """The table in so many blocks, each filled before the next."""
    height = -(-len(people) // blocks) if blocks > 1 else len(people)
    each_width = width // blocks
    # The widths are those of everybody, so that the columns stand still when the table scrolls.
    columns = _fitting_columns(scene, snapshot, each_width)
    rows: list[Row] = []
    for number in range(blocks):
        part = people[number * height : (number + 1) * height]
        block = list(_table(scene, part, columns))
        rows = _side_by_side(rows, number * each_width, block) if number else block
    return rows


def _title(scene: Scene, snapshot: Snapshot, passed: int, first: int, shown: int) -> str:
    """Which of all the people the table shows."""
    listed, now = len(snapshot.people), snapshot.people_here
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
    here = " at this server" if snapshot.servers else ""
    return f"{which}{here}, by {scene.ui.sort}"


def _wanted(scene: Scene) -> str:
    return f"'{text.printable(scene.ui.filter)}'"


def _table(scene: Scene, people: Sequence[Person], shown: Sequence[_Column]) -> Iterable[Row]:
    """The heading and a row for each of `people`."""
    more = scene.glyphs.more
    if people:
        yield tuple(
            Span(
                f" {column.align(column.title, column.width, more)} ",
                Style.TITLE if column.title == scene.ui.sort else Style.DIM,
                key="" if column.title == "address" else SORT_BY + column.title,
            )
            for column in shown
        )
    style = Style.DIM if scene.is_old else Style.PLAIN
    for person in people:
        # One span a cell: screen.py puts each at its own place, so a width that this terminal
        # sees otherwise moves nothing but itself.
        yield tuple(
            Span(f" {column.align(column.cell(person), column.width, more)} ", style)
            for column in shown
        )


def _fitting_columns(scene: Scene, snapshot: Snapshot, width: int) -> list[_Column]:
    """Columns in the order of the table; of those that do not fit, the least important go.

    What the table is sorted by stays. A whole address goes before the last of the figures.
    """
    people = snapshot.people
    names = max((text.cells(text.printable(each.name)) for each in people), default=0)
    addresses = max((text.cells(text.printable(each.address)) for each in people), default=0)
    name = _Column(
        "name", min(max(8, names), 24), lambda each: text.printable(each.name), text.left
    )
    figures = _figure_columns(scene, snapshot)
    width -= name.width + 2
    kept, wanted = set(), sorted(_IMPORTANT, key=lambda each: each != scene.ui.sort)
    for title in wanted:
        needed = figures[title].width + 2
        is_before_address = title != wanted[-1] or width - needed >= addresses + 2
        if width >= needed and (is_before_address or width < addresses + 2):
            width -= needed
            kept.add(title)
    after = [column for title, column in figures.items() if title in kept]
    room = min(max(8, addresses), width - 2)
    if room < _ADDRESS_WIDTH or not addresses:
        return [name, *after]
    address = _Column("address", room, lambda each: text.printable(each.address), text.left)
    return [name, address, *after]


_IMPORTANT = ("messages", "outbox", "since", "messages/s", "bytes")
_ADDRESS_WIDTH = 8  # with less than this, an address says nothing


def _figure_columns(scene: Scene, snapshot: Snapshot) -> dict[str, _Column]:
    """All columns of figures, in the order of the table."""
    none, paces = scene.glyphs.none, scene.figures.paces
    now = snapshot.time or scene.now.clock

    def pace(person: Person) -> str:
        return text.rate(paces[person.name]) if person.name in paces else none

    columns = (
        _Column("since", 8, lambda each: text.since(each.since, now) or none, text.right),
        _Column("messages", 9, lambda each: messages_of(each) or none, text.right),
        _Column("messages/s", 10, pace, text.right),
        _Column("bytes", 8, lambda each: bytes_of(each) or none, text.right),
        _Column("outbox", 8, lambda each: outbox_of(each) or none, text.right),
    )
    return {each.title: each for each in columns}


def messages_of(person: Person) -> str:
    """How much they said; nothing where the server does not tell."""
    return "" if "messages" in person.unknown else text.count(person.messages)


def bytes_of(person: Person) -> str:
    """How much came from them; nothing where the server does not tell."""
    return "" if "bytes_in" in person.unknown else text.size(person.bytes_in)


def outbox_of(person: Person) -> str:
    """How much waits for them; nothing where the server does not tell."""
    return "" if "outbox_bytes" in person.unknown else text.size(person.outbox_bytes)


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

EVENT_STYLES = (Style.PLAIN, Style.WARN, Style.BAD)
"""By the weight of an event."""


def events_panel(scene: Scene, room: int) -> Panel:
    """What happened in `room` rows, the newest first."""
    page = room - 1
    if page < 1:
        return Panel((), scene.ui.scroll)
    events = _passing(scene)
    scroll = min(scene.ui.scroll, max(0, len(events) - page))
    rows = _events(scene, events[scroll:], scene.width, room)
    return Panel(tuple(rows), scroll, page, len(events))


def latest(scene: Scene, width: int) -> str:
    """The newest events in one line, for a picture that has no other place for them.

    Only whole ones: half an event may say the contrary. Of the first, names are cut.
    """
    line = ""
    for event in reversed(scene.figures.events[-_LATEST:]):
        before = f"{line} {scene.glyphs.dot} " if line else ""
        before += f"{text.clock(event.clock)} "
        words = text.printable(event.text)
        if line and text.cells(before) + text.cells(words) > width:
            break
        line = before + event.fitted(width - text.cells(before), scene.glyphs.more)
    return line


_LATEST = 5


def _passing(scene: Scene) -> list[Event]:
    """The newest first. Trouble passes every filter: nobody wants to miss it."""
    events = reversed(scene.figures.events)
    return [each for each in events if each.weight or scene.passes(each.text)]


def _events(scene: Scene, events: Sequence[Event], width: int, room: int) -> list[Row]:
    title = "what happened"
    if scene.ui.filter:
        title += f", with {_wanted(scene)}"
    rows = [rule(scene, title, width, "e")]
    if not events:
        rows.append((Span(f" {scene.cut('nothing yet', width - 2)}", Style.DIM),))
    for event in events[: room - 1]:
        rows.append(
            (
                Span(f" {text.clock(event.clock):<8}  ", Style.DIM),
                Span(event.fitted(width - 11, scene.glyphs.more), EVENT_STYLES[event.weight]),
            )
        )
    return rows
