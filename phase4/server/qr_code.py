"""A QR code (ISO/IEC 18004), for a terminal or a window: what to write on the board, to be scanned.

The library segno (an extra: pip install '.[qr]') makes the code. What is ours is that every
scanner can read it. It must be dark on light, whatever the terminal's own colours are. So it has
colours of its own. Where there may be none (NO_COLOR), the terminal is taken for a dark one, as
most are, if it does not say otherwise (COLORFGBG).
"""

import html
import itertools
import os
from collections.abc import Iterator
from typing import TextIO

from shared.console import has_looks, wants_colours
from shared.libraries import how_to_get

QUIET_MODULES = 2
"""Around the code in a terminal. The standard says 4, and phones are content with less. So the
longest code, with address and fingerprint, fits into 24 rows with a line below it."""

QUIET_MODULES_OF_A_PICTURE = 4
"""As the standard wants it: there is space."""

COLOURS = ("38;5;231;48;5;16", "38;5;16;48;5;231")
"""White on black, and black on white: of the 256 colours the two that no theme changes."""

REVERSE = ("27", "7")
"""The terminal's own, and its own the other way round, in no colour of ours."""


class NoCode(Exception):
    """There is no QR code; the text is a sentence that says why."""


def modules(text: str, border: int) -> list[list[bool]]:
    """The code's squares row by row, True where dark, with `border` light ones around it.

    Raises NoCode where the library is missing.
    """
    try:
        import segno  # an extra, for those who ask for it
    except ImportError as error:
        sentence = "A QR code is made by the library segno, which is not installed: "
        raise NoCode(sentence + how_to_get("segno")) from error
    made = segno.make(text, micro=False)
    return [[bool(each) for each in row] for row in made.matrix_iter(border=border)]


def in_svg(text: str) -> bytes:
    """The code as a picture, which also tells its text. Raises NoCode without the library."""
    squares = modules(text, QUIET_MODULES_OF_A_PICTURE)
    size = len(squares)
    dark = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(squares)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f"<title>{html.escape(text)}</title>"
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{dark}"/></svg>'
    ).encode()


def in_terminal(text: str, stream: TextIO) -> str:
    """The code as lines for the terminal that `stream` is. Raises NoCode where it has no place."""
    squares = modules(text, QUIET_MODULES)
    rows = (len(squares) + 1) // 2
    _fit(len(squares[0]), rows + 2, stream)  # a line below it, and the cursor's
    if not has_looks(stream):
        return "\n".join(_blocks(squares))
    return "\n".join(_styled(squares, *_looks()))


def _styled(squares: list[list[bool]], light_on_dark: str, dark_on_light: str) -> Iterator[str]:
    """Two rows of squares in each row of text, in the two looks (parameters of SGR, ECMA-48).

    What can be is background, which fills its cell. A block does not reach its cell's upper edge in
    every font, and scanners stumble over the thin lines that are left between two rows.
    """
    for pairs in _pairs(squares):
        row = []
        for (upper, lower), same in itertools.groupby(pairs):
            look = light_on_dark if upper else dark_on_light
            row.append(f"\x1b[{look}m" + ("▄" if upper != lower else " ") * len(list(same)))
        yield "".join(row) + "\x1b[0m"


def _blocks(squares: list[list[bool]]) -> Iterator[str]:
    """The same for a terminal that knows no looks, and is dark."""
    blocks = {(True, True): " ", (False, True): "▀", (True, False): "▄", (False, False): "█"}
    return ("".join(map(blocks.__getitem__, pairs)) for pairs in _pairs(squares))


def _pairs(squares: list[list[bool]]) -> Iterator[list[tuple[bool, bool]]]:
    """Upper and lower square of each cell of text, which is about twice as high as wide."""
    below_the_last = [False] * len(squares[0])
    lowers = [*squares[1::2], below_the_last]
    for upper, lower in zip(squares[::2], lowers, strict=False):
        yield list(zip(upper, lower, strict=True))


def _fit(columns: int, rows: int, stream: TextIO) -> None:
    """Raises NoCode where the terminal is too small, or has no blocks."""
    size = os.get_terminal_size(stream.fileno())
    if size.columns < columns or size.lines < rows:
        raise NoCode(
            f"The QR code needs {columns} columns and {rows} rows, and this terminal has "
            f"{size.columns} and {size.lines}: enlarge it, and start again."
        )
    try:
        "▀▄█".encode(stream.encoding)
    except UnicodeError:
        raise NoCode(
            f"This terminal's encoding ({stream.encoding}) has no blocks to draw a QR code with."
        ) from None


def _looks() -> tuple[str, str]:
    """Light on dark, and dark on light."""
    if wants_colours():
        return COLOURS
    own, turned = REVERSE
    # Some terminals tell the number of their background's colour: 7 and 15 are white.
    is_light = os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    return (turned, own) if is_light else (own, turned)
