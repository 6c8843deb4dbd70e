r"""Bytes to lines and back. Taught by hand in phase1/server.py.

TCP carries a stream of bytes and knows no messages (RFC 9293, 3.8): what was sent with one call
may arrive in five pieces, and what was sent with five calls in one. Framing finds the messages
again; ours end with a newline. This module does no I/O: bytes go in, lines come out, whatever the
size of the pieces, so it is tested without a socket.

>>> decoder = LineDecoder()
>>> decoder.feed(b"Hello Ser")
[]
>>> decoder.feed(b"ver!\r\nand mo")
['Hello Server!']
>>> decoder.feed(b"re\nlast\n")
['and more', 'last']
"""

from dataclasses import dataclass

from shared.defaults import MAX_LINE_BYTES, RUNAWAY_LINE_BYTES


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not text: `reason` is a sentence for its sender.

    When `fatal`, no line can be found in this stream any more: hang up.
    """

    reason: str
    fatal: bool = False


class LineDecoder:
    """Collects bytes and gives out the lines that are complete.

    It holds at most `max_line_bytes`, whatever arrives. A line that is longer (its newline counts)
    is answered by one BadLine as soon as that is certain, and the rest of it is dropped: the tail
    of an over-long line must never be taken for a new one. Not for two threads at once.
    """

    def __init__(
        self,
        max_line_bytes: int = MAX_LINE_BYTES,
        runaway_line_bytes: int = RUNAWAY_LINE_BYTES,
    ) -> None:
        self._max_line_bytes = max_line_bytes
        self._runaway_line_bytes = runaway_line_bytes
        self._unfinished = b""  # the line whose newline has not come yet
        self._dropped_bytes = 0  # of an over-long line, so far; 0: this line is not one
        self._dead = False

    def feed(self, data: bytes) -> list[str | BadLine]:
        r"""The lines that `data` completes, without the newline and a `\r` before it."""
        lines: list[str | BadLine] = []
        first, *others = data.split(b"\n")
        self._grow(first, lines)
        for piece in others:  # a newline came before each of these
            self._finish(lines)
            self._grow(piece, lines)
        return lines

    @property
    def has_unfinished_line(self) -> bool:
        """Whether bytes came whose newline did not. At the end of a stream they are not a line."""
        return bool(self._unfinished or self._dropped_bytes)

    def _grow(self, piece: bytes, lines: list[str | BadLine]) -> None:
        if self._dead:
            return
        if self._dropped_bytes:
            self._dropped_bytes += len(piece)
        elif len(self._unfinished) + len(piece) < self._max_line_bytes:
            self._unfinished += piece
        else:
            self._dropped_bytes = len(self._unfinished) + len(piece)
            self._unfinished = b""
            lines.append(
                BadLine(f"A line may have {self._max_line_bytes} bytes; this one was dropped.")
            )
        if self._dropped_bytes >= self._runaway_line_bytes:
            self._dead = True
            lines.append(
                BadLine(f"{self._runaway_line_bytes} bytes without a newline. Goodbye.", fatal=True)
            )

    def _finish(self, lines: list[str | BadLine]) -> None:
        if not self._dropped_bytes and not self._dead:
            lines.append(_decode(self._unfinished.removesuffix(b"\r")))
        self._unfinished = b""
        self._dropped_bytes = 0


def _decode(line: bytes) -> str | BadLine:
    # Only whole lines are decoded: a character of several bytes may be cut in two by recv().
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        return BadLine(f"That line is not UTF-8 (byte {error.start + 1}); it was dropped.")


def encode_line(text: str) -> bytes:
    r"""The bytes of one line. A newline inside `text` would be two lines, so it raises ValueError.

    >>> encode_line("hé")
    b'h\xc3\xa9\n'
    """
    if "\n" in text:
        raise ValueError(f"a line holds no newline: {text!r}")
    # "replace": a lone surrogate (Python's mark for a byte it could not read) has no UTF-8.
    return text.encode("utf-8", "replace") + b"\n"
