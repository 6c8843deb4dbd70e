"""One person's version of a batch, taken from what is common to all. No I/O.

Most people get a batch as it is (see outbox.py). Those who spoke in it, came or went during it, or
were told something of their own, get a version of their own.
"""

from collections.abc import Mapping, Sequence

_AFTER_TIME = len("[14:03:05")


class Personal:
    """One person's version of a batch: pieces of the common lines, and lines for them alone.

    Places are counted in lines of the batch, so it fits every form that these are sent in.
    """

    __slots__ = ("_pieces", "_position")

    def __init__(self, position: int | None) -> None:
        self._pieces: list[bytes | slice] = []

        # The common lines are for this person from here on. None: they are not, for now.
        self._position = position

    def add(self, line: bytes, at: int) -> None:
        """Put in a line for this person alone, after the first `at` lines of the batch."""
        self._take_common(at)
        self._pieces.append(line)

    def skip(self, at: int) -> None:
        """Leave out one line of the batch: their own."""
        self._take_common(at)
        if self._position is not None:
            self._position = at + 1

    def listen(self, at: int) -> None:
        """What is common is theirs from here on."""
        self._position = at

    def stop_listening(self, at: int) -> None:
        """What is common is not theirs from here on."""
        self._take_common(at)
        self._position = None

    def build(self, lines: Sequence[bytes]) -> bytes:
        """The bytes for this person. `lines` are those of the batch, in the form to be sent."""
        self._take_common(len(lines))
        return b"".join(
            piece if isinstance(piece, bytes) else b"".join(lines[piece]) for piece in self._pieces
        )

    def _take_common(self, to: int) -> None:
        if self._position is not None and self._position < to:
            self._pieces.append(slice(self._position, to))
            self._position = to


def numbered(lines: Sequence[bytes], numbers: Mapping[int, int]) -> list[bytes]:
    r"""The lines of a batch with the numbers of its messages, which are given by place.

    >>> numbered([b"[14:03:05] * Bob joined\n", b"[14:03:05] Bob: hi\n"], {1: 7})
    [b'[14:03:05] * Bob joined\n', b'[14:03:05 #7] Bob: hi\n']
    """
    changed = [*lines]
    for at, number in numbers.items():
        line = changed[at]
        changed[at] = b"%b #%d%b" % (line[:_AFTER_TIME], number, line[_AFTER_TIME:])
    return changed
