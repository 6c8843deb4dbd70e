"""Makes the README's picture of the demonstration from the program itself, with nothing painted in.

Run it: python -m tests.pictures.demo [PICTURE.svg]

It runs the demonstration on a pseudo-terminal, waits until somebody who does not read has much
waiting for them, and draws what the terminal shows as an SVG: text as text, and block characters as
rectangles, so that the picture looks the same with every font. Takes about 45 seconds.
"""

import argparse
import itertools
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyte

from tests.kit.harness import ROOT
from tests.kit.terminal import Terminal

DEMO = ("-m", "phase4.demo")
DARK = {"COLORFGBG": "15;0"}  # this terminal answers no question about its background
COLUMNS, ROWS = 100, 30
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 14
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
FOREGROUND, BACKGROUND = "#d4d7dd", "#16181d"
COLOURS = {
    **{"black": "#16181d", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b"},
    **{"blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": FOREGROUND},
    **{"brightblack": "#7f848e", "brightred": "#ff8a93", "brightgreen": "#b5e08f"},
    **{"brightbrown": "#ffd68a", "brightyellow": "#ffd68a", "brightblue": "#82c4ff"},
    **{"brightmagenta": "#dd93f2", "brightcyan": "#72d5e2", "brightwhite": "#ffffff"},
}
# Where a block lies in its cell, from the top, and how high it is.
BLOCKS = {
    **{chr(0x2580 + eighths): (1 - eighths / 8, eighths / 8) for eighths in range(1, 9)},
    "▀": (0.0, 0.5),
    "─": (0.47, 0.06),
}


class Look(NamedTuple):
    """How a cell is drawn."""

    foreground: str
    background: str
    is_bold: bool


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "demo.svg")
    picture = parser.parse_args(arguments).picture
    with Terminal(*DEMO, columns=COLUMNS, rows=ROWS, env=DARK) as terminal:
        try:
            _until_shown(terminal, "1 disconnected: too slow")
            # In the second round, so that the charts can show something of the first.
            _until_shown(terminal, r"(?m)^ Eve .* \d{3}(\.\d)? kB")
            svg = as_svg(terminal._screen)
        finally:
            terminal.signal(signal.SIGTERM)
            terminal.wait()  # until it has ended its children
    picture.write_text(svg, encoding="utf-8")
    print(f"Wrote {picture} ({len(svg):,} bytes)")


def _until_shown(terminal: Terminal, pattern: str) -> None:
    """Wait for a pattern, and until all of that picture has come: the next is a second away."""
    terminal.until(pattern, seconds=60)
    while terminal.read(0.3):
        pass


def as_svg(screen: pyte.Screen) -> str:
    """What a terminal shows, as a picture."""
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = screen.lines * CELL_HEIGHT + 2 * MARGIN
    rows = [element for y in range(screen.lines) for element in _row(screen, y)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'font-family="{FONT}" font-size="14">',
            "<title>The monitor while five people chat</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(screen: pyte.Screen, y: int) -> Iterator[str]:
    """The elements of one row: backgrounds, blocks and words."""
    cells = [(x, screen.buffer[y][x]) for x in range(screen.columns)]
    for look, run in itertools.groupby(cells, key=lambda cell: _look(cell[1])):
        run_cells = [(x, cell.data) for x, cell in run]
        if look.background != BACKGROUND:
            yield _rectangle(run_cells[0][0], y, len(run_cells), 0.0, 1.0, look.background)
        for data, same in itertools.groupby(run_cells, key=lambda cell: BLOCKS.get(cell[1])):
            pieces = list(same)
            text = "".join(each[1] for each in pieces)
            if data is not None:
                yield _rectangle(pieces[0][0], y, len(pieces), *data, look.foreground)
            elif text.strip():
                yield _text(pieces[0][0], y, text, look)


def _look(cell: pyte.screens.Char) -> Look:
    foreground = _colour(cell.fg, FOREGROUND)
    background = _colour(cell.bg, BACKGROUND)
    if cell.reverse:
        foreground, background = background, foreground
    return Look(foreground, background, cell.bold)


def _colour(name: str, default: str) -> str:
    if re.fullmatch("[0-9a-f]{6}", name):  # one of the 256
        return f"#{name}"
    return COLOURS.get(name, default)


def _rectangle(x: int, y: int, cells: int, top: float, part: float, colour: str) -> str:
    left, upper = MARGIN + x * CELL_WIDTH, MARGIN + (y + top) * CELL_HEIGHT
    size = f'width="{cells * CELL_WIDTH:.1f}" height="{part * CELL_HEIGHT:.1f}"'
    # Crisp: or there would be a seam between two blocks that touch.
    how = f'fill="{colour}" shape-rendering="crispEdges"'
    return f'<rect x="{left:.1f}" y="{upper:.1f}" {size} {how}/>'


def _text(x: int, y: int, text: str, look: Look) -> str:
    """Words, stretched to their cells, whatever font it is."""
    start = len(text) - len(text.lstrip())
    words = text.strip()
    left, baseline = MARGIN + (x + start) * CELL_WIDTH, MARGIN + (y + 0.76) * CELL_HEIGHT
    weight = ' font-weight="bold"' if look.is_bold else ""
    return (
        f'<text x="{left:.1f}" y="{baseline:.1f}" textLength="{len(words) * CELL_WIDTH:.1f}" '
        f'fill="{look.foreground}"{weight} xml:space="preserve">{escape(words)}</text>'
    )


if __name__ == "__main__":
    main()
