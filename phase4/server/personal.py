"""One person's version of a batch, cut from what is common to all. No I/O.

Most people get a batch as it is (see outbox.py). Those who spoke in it, came or went during it, or
were told something of their own, get a version of their own.
"""


class Personal:
    """One person's version of a batch: pieces of the common blob, and lines for them alone."""

    __slots__ = ("_pieces", "_position")

    def __init__(self, position: int | None) -> None:
        self._pieces: list[bytes | slice] = []

        # The common blob is for this person from here on. None: it is not, for now.
        self._position = position

    def add(self, line: bytes, at: int) -> None:
        """Put in a line for this person alone, after the first `at` bytes of the blob."""
        self._take_common(at)
        self._pieces.append(line)

    def skip(self, start: int, end: int) -> None:
        """Leave out part of the blob: their own line."""
        self._take_common(start)
        if self._position is not None:
            self._position = end

    def listen(self, at: int) -> None:
        """What is common is theirs from here on."""
        self._position = at

    def stop_listening(self, at: int) -> None:
        """What is common is not theirs from here on."""
        self._take_common(at)
        self._position = None

    def build(self, blob: bytes) -> bytes:
        """The bytes for this person."""
        self._take_common(len(blob))
        return b"".join(
            piece if isinstance(piece, bytes) else blob[piece] for piece in self._pieces
        )

    def _take_common(self, to: int) -> None:
        if self._position is not None and self._position < to:
            self._pieces.append(slice(self._position, to))
            self._position = to
