"""The figures to be read from across the room: people, messages a second, messages. Pure."""

from typing import NamedTuple

from monitor.changes import total
from monitor.drawing import BIG_ROWS, big
from monitor.scene import Row, Scene, Span, Style
from shared import text
from shared.status import Snapshot

SIZES = range(len(BIG_ROWS))


class Tile(NamedTuple):
    """A label, a large figure, and what it is made of."""

    label: str
    figure: str
    below: str
    style: Style


def tile_rows(scene: Scene, snapshot: Snapshot, size: int) -> list[Row]:
    """The three tiles of one server."""
    tiles = (_people(scene, snapshot), _pace(scene), _messages(scene, snapshot))
    return side_by_side(scene, tiles, size)


def side_by_side(scene: Scene, tiles: tuple[Tile, Tile, Tile], size: int) -> list[Row]:
    """Three tiles, across the whole width."""
    widths = grid(scene.width)
    drawn = [_draw(scene, each, width, size) for each, width in zip(tiles, widths, strict=True)]
    return [tuple(tile[row] for tile in drawn) for row in range(len(drawn[0]))]


def grid(width: int) -> tuple[int, int, int]:
    """The three columns that the tiles and the details stand in."""
    first = width * 28 // 100
    second = (width - first) // 2
    return first, second, width - first - second


def tiles_height(size: int) -> int:
    """How many rows they take."""
    return BIG_ROWS[size] + 2


def _people(scene: Scene, snapshot: Snapshot) -> Tile:
    now, below = total(snapshot, "people"), ""
    if "people_peak" not in snapshot.unknown:
        below = f"peak {text.count(snapshot.people_peak)}"
    if snapshot.servers:  # each has its own space
        below += f" {scene.glyphs.dot} {text.count(snapshot.people_here)} here"
    elif snapshot.max_people:
        below += f" of {text.count(snapshot.max_people)}"
    figure = scene.glyphs.none if now is None else str(now)
    return Tile("PEOPLE", figure, below, Style.PEOPLE)


def _pace(scene: Scene) -> Tile:
    values, none = scene.figures.values, scene.glyphs.none
    pace = values.get("messages")
    parts = [
        f"{name} {text.rate(values[name])}" for name in ("public", "private") if name in values
    ]
    below = f" {scene.glyphs.dot} ".join(parts) or "from the next reading on"
    return Tile(
        "MESSAGES A SECOND", none if pace is None else text.rate(pace), below, Style.MESSAGES
    )


def _messages(scene: Scene, snapshot: Snapshot) -> Tile:
    messages = total(snapshot, "messages")
    figure = scene.glyphs.none if messages is None else str(messages)
    sums = {name: total(snapshot, name) for name in ("public", "private")}
    parts = [f"{name} {text.count(int(each))}" for name, each in sums.items() if each is not None]
    below = f" {scene.glyphs.dot} ".join(parts)
    if text.cells(below) > grid(scene.width)[2] - 2:
        below = f"of these, {parts[-1]}"  # the large figure less this is the other one
    return Tile("MESSAGES", figure, below, Style.STRONG)


def _draw(scene: Scene, tile: Tile, width: int, size: int) -> list[Span]:
    """A span for each row of a tile."""
    style = Style.DIM if scene.is_old else tile.style
    more = scene.glyphs.more

    def span(words: str, style: Style) -> Span:
        return Span(f" {text.left(words, width - 1, more)}", style)

    figures = [span(line, style) for line in _largest(scene, tile.figure, width - 2, size)]
    below = text.cut(tile.below, width - 2, more)
    return [span(tile.label, Style.DIM), *figures, span(below, Style.PLAIN)]


def _largest(scene: Scene, figure: str, width: int, size: int) -> list[str]:
    """The figure in the rows of `size`, smaller where it is too long for that."""
    rows = BIG_ROWS[size]
    for smaller in reversed(range(size + 1)):
        lines = big(figure, scene.glyphs, smaller)
        if lines and text.cells(lines[0]) <= width:
            above = (rows - len(lines)) // 2
            return [*[""] * above, *lines, *[""] * (rows - len(lines) - above)]
    written = text.count(int(figure)) if figure.isdecimal() else figure
    return ["", written, *[""] * (rows - 2)]
