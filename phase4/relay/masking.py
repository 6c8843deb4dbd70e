r"""What a client sends, as it may be shown: without passwords, also where one comes in two pieces.

This protects nobody on the wire. There a password is as readable as all else, and whoever means ill
writes a trace of their own. It protects those who run the relay: what it shows is looked at, kept
and passed on, and no password of anybody's should be in it.

>>> masking = Masking()
>>> masking.masked(b"hello\n/login Ann corr"), masking.masked(b"ect horse\nbye\n")
(b'hello\n/login ***', b'***\nbye\n')
"""

from shared.defaults import MAX_LINE_BYTES
from shared.secret import HIDDEN, without_secret

_HIDDEN = HIDDEN.encode()


class Masking:
    """One direction of one connection. For one thread."""

    def __init__(self) -> None:
        # What has come of the line that is not at its end yet; of a long one, the beginning.
        self._begun = b""
        self._is_hidden = False

    def masked(self, data: bytes) -> bytes:
        """The next piece, without what is a part of a password."""
        shown: list[bytes] = []
        self._is_hidden = False
        for part in _lines(data):
            shown.append(self._masked_part(part))
            self._begun = b"" if part.endswith(b"\n") else (self._begun + part)[:MAX_LINE_BYTES]
        return b"".join(shown)

    def altered(self, data: bytes) -> bytes:
        """What is handed on in the place of the piece that came last."""
        return _HIDDEN if self._is_hidden else data

    def _masked_part(self, part: bytes) -> bytes:
        """A part of one line, behind what has come of it before."""
        line = (self._begun + part).decode("utf-8", "surrogateescape")
        safe = without_secret(line)
        if safe == line:
            return part
        self._is_hidden = True
        kept = len(safe[: -len(HIDDEN)].encode("utf-8", "surrogateescape")) - len(self._begun)
        end = part[len(part.rstrip(b"\r\n")) :]
        return part[: max(0, kept)] + _HIDDEN + end


def _lines(data: bytes) -> list[bytes]:
    """As the server splits them: at newlines alone."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + [rest] * bool(rest)
