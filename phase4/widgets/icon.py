"""The icons of both windows, drawn when asked for: no file, so that one archive holds all of it.

No toolkit here. A picture is a stack of shapes, each with a colour and within the one before. How
much of a pixel a shape covers follows from the distance of the pixel's middle to its edge, which
makes edges smooth. All lengths are parts of the picture's side.
"""

import math
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

SIZES = (16, 32, 48, 64)
"""In pixels: title bars, task bars, and switchers of windows; twice as many on fine screens."""

Picture = Literal["chat", "server"]
_Colour = tuple[int, int, int]
_Distance = Callable[[float, float], float]
"""How far a point is outside of a shape; negative inside."""
_Shapes = Sequence[tuple[_Colour, _Distance]]

_BLUE, _GREEN, _WHITE = (42, 91, 215), (29, 112, 49), (255, 255, 255)


def png(picture: Picture, size: int) -> bytes:
    """The icon as a PNG file of `size` by `size` pixels, with smooth edges on any background."""
    rows = b"".join(b"\x00" + bytes(row) for row in _rows(_SHAPES[picture], size))
    header = struct.pack(
        ">2I5B", size, size, 8, 6, 0, 0, 0
    )  # 8 bits each of red, green, blue, alpha
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file (ISO/IEC 15948, 5.3)."""
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _rows(shapes: _Shapes, size: int) -> Iterator[list[int]]:
    for y in range(size):
        row: list[int] = []
        for x in range(size):
            row += _pixel(shapes, (x + 0.5) / size, (y + 0.5) / size, size)
        yield row


def _pixel(shapes: _Shapes, x: float, y: float, size: int) -> tuple[int, int, int, int]:
    """Red, green, blue and alpha there. Each shape lies within the one before."""
    (red, green, blue), ground = shapes[0]
    alpha = _covered(ground(x, y), size)
    for (over_red, over_green, over_blue), distance in shapes[1:]:
        part = _covered(distance(x, y), size)
        if not part:
            break
        red += int((over_red - red) * part)
        green += int((over_green - green) * part)
        blue += int((over_blue - blue) * part)
    return (red, green, blue, round(255 * alpha))


def _covered(distance: float, size: int) -> float:
    """From 0 to 1: how much of a pixel lies within a shape whose edge is so far from its middle."""
    return min(1.0, max(0.0, 0.5 - distance * size))


# --- shapes ---------------------------------------------------------------------------------------


def _box(left: float, top: float, right: float, bottom: float, radius: float) -> _Distance:
    """A rectangle with round corners."""
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    half_x, half_y = (right - left) / 2 - radius, (bottom - top) / 2 - radius

    def distance(x: float, y: float) -> float:
        across, down = abs(x - middle_x) - half_x, abs(y - middle_y) - half_y
        if across > 0 and down > 0:
            return math.hypot(across, down) - radius
        return max(across, down) - radius

    return distance


def _dot(middle_x: float, middle_y: float, radius: float) -> _Distance:
    return lambda x, y: math.hypot(x - middle_x, y - middle_y) - radius


def _tail(left: float, top: float, side: float) -> _Distance:
    """A triangle, its right angle at the upper left: it points from a bubble to its speaker."""
    return lambda x, y: max(left - x, top - y, (x - left + y - top - side) * math.sqrt(0.5))


def _either(*shapes: _Distance) -> _Distance:
    return lambda x, y: min(shape(x, y) for shape in shapes)


_GROUND = _box(0.02, 0.02, 0.98, 0.98, 0.2)
_BUBBLE = _either(_box(0.17, 0.2, 0.83, 0.66, 0.12), _tail(0.3, 0.62, 0.24))
_THREE_DOTS = _either(*(_dot(x, 0.43, 0.062) for x in (0.33, 0.5, 0.67)))
_THREE_BOXES = _either(*(_box(0.2, y, 0.8, y + 0.17, 0.05) for y in (0.18, 0.415, 0.65)))
_THREE_LAMPS = _either(*(_dot(0.31, y + 0.085, 0.05) for y in (0.18, 0.415, 0.65)))

_SHAPES: dict[Picture, _Shapes] = {
    "chat": ((_BLUE, _GROUND), (_WHITE, _BUBBLE), (_BLUE, _THREE_DOTS)),
    "server": ((_GREEN, _GROUND), (_WHITE, _THREE_BOXES), (_GREEN, _THREE_LAMPS)),
}
