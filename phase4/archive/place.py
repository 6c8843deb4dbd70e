"""A place in a log: which file, how far, and how to know it again.

The bytes right before a place tell what the inode cannot: that the file was emptied and filled
again, that its inode went to another file, or that a copy goes on where the file did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phase4.archive.log_files import identity_of, read_at

TAIL_BYTES = 200
"""Of the bytes before a place. They hold at least one time and text: no two places share them."""

KNOWN_FILES = 30
"""Places that are remembered: the server keeps six files of a log, a careful operator some more."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file of the log was read, and the number of the next entry there."""

    device: str = ""
    inode: str = ""  # as text: on Windows both may exceed what a database calls an integer
    offset: int = 0
    tail: bytes = b""
    next_number: int = 1

    head: bytes = b""
    """The first bytes of the file, of those that were read."""

    first_number: int = 1
    """That of the file's first entry."""


def behind(place: Place, data: bytes) -> Place:
    """The place behind these bytes, which are read there; its number is to be told."""
    tail = (place.tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]
    head = (place.head + data[:TAIL_BYTES])[:TAIL_BYTES]
    return replace(place, offset=place.offset + len(data), tail=tail, head=head)


def holds(file: int, place: Place) -> bool:
    """Whether a place is in this open file, or in what it is a copy of.

    A place at the very beginning is told by the inode alone.
    """
    if place.tail:
        return read_at(file, place.offset - len(place.tail), len(place.tail)) == place.tail
    return identity_of(file) == (place.device, place.inode)


def place_in(file: int, places: Sequence[Place]) -> Place | None:
    """The newest of these places that is in this open file."""
    return next((place for place in places if holds(file, place)), None)
