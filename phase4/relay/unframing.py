r"""What is in WebSocket's frames, for whoever looks at what passes (RFC 6455, 5.2).

Where a connection began as a request for a page, and became a WebSocket, its bytes are frames:
those of the client masked, byte by byte. Here they become text again, each behind its frame's kind.
Nothing is checked: what is wrong with a frame, its reader will find. Nothing is kept but the few
bytes of a head that came in pieces.

>>> unframing = Unframing()
>>> unframing.pieces(b"\x81\x85\x01\x02\x03\x04" + b"igohn")
[Piece(kind='text', text=b'hello', is_end=True)]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

_KINDS = {0: "more", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
_CLOSE = 8
_UPGRADED = b"HTTP/1.1 101 "
_END_OF_HEAD = b"\r\n\r\n"
_LONGEST_HEAD = 16 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """What came of one frame; `is_end`: the whole of it has come."""

    kind: str
    text: bytes
    is_end: bool

    @property
    def label(self) -> bytes:
        """Before its text: [text]."""
        return f"[{self.kind}] ".encode()


class Unframing:
    """One direction of a connection that is a WebSocket. For one thread."""

    def __init__(self) -> None:
        self._head = b""  # what has come of the head of the next frame
        self._kind = ""
        self._left: int | None = None  # bytes of this frame that are still to come; None: no frame
        self._key = b""
        self._at = 0  # in the key

    def pieces(self, data: bytes) -> list[Piece]:
        """What these bytes, the next of the stream, have of frames."""
        return [*self._pieces(data)]

    def _pieces(self, data: bytes) -> Iterator[Piece]:
        while data:
            if self._left is None:
                data = self._take_head(data)
            if self._left is None or (self._left and not data):
                return  # no more of it has come
            text, data = data[: self._left], data[self._left :]
            self._left -= len(text)
            yield Piece(self._kind, self._readable(text), is_end=not self._left)
            self._left = self._left or None

    def _take_head(self, data: bytes) -> bytes:
        """Read the head of a frame, if all of it has come; what is behind it."""
        seen = self._head + data
        length, is_masked = (seen[1] & 0x7F, seen[1] >> 7) if len(seen) > 1 else (0, 0)
        more = {126: 2, 127: 8}.get(length, 0)
        end = 2 + more + 4 * is_masked
        if len(seen) < end:
            self._head = seen
            return b""
        self._head = b""
        self._kind = _KINDS.get(seen[0] & 0x0F, "unknown")
        self._left = int.from_bytes(seen[2 : 2 + more], "big") if more else length
        self._key, self._at = seen[2 + more : end], 0
        return seen[end:]

    def _readable(self, text: bytes) -> bytes:
        """Without the mask; of a close frame, the number that says why."""
        if self._key:
            key = islice(cycle(self._key), self._at % 4, None)
            self._at += len(text)
            text = bytes(each ^ mask for each, mask in zip(text, key, strict=False))
        if self._kind == _KINDS[_CLOSE] and len(text) >= 2:
            return str(int.from_bytes(text[:2], "big")).encode() + text[2:]
        return text


class Upgrade:
    """Whether a connection has become a WebSocket. Both directions' threads ask it.

    The client's side changes when the server has answered: nobody sends frames before.
    """

    def __init__(self) -> None:
        self._answer: bytes | None = b""  # what has come of the server's; None: it is all here
        self.is_done = False

    def head_of(self, data: bytes) -> int:
        """How many bytes of the server's next piece are no frame. For the server's direction."""
        if self.is_done:
            return 0
        if self._answer is None:
            return len(data)
        before = len(self._answer)
        self._answer += data
        end = self._answer.find(_END_OF_HEAD)
        is_upgrade = self._answer.startswith(_UPGRADED[: len(self._answer)])
        if end < 0 and is_upgrade and len(self._answer) <= _LONGEST_HEAD:
            return len(data)
        self._answer = None
        if end < 0 or not is_upgrade:
            return len(data)
        self.is_done = True
        return end + len(_END_OF_HEAD) - before
