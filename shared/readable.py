r"""Bytes from the wire as a person can read them: text where it is text, escapes where it is not.

For people who look at what passes: the relay's trace, the flaws, the checks. Never raises, and what
comes out is printable, whatever goes in.

>>> readable("né\r\n".encode()), readable(b"\xff\x1b[2J"), readable(b"")
('né\\r\\n', '\\xff\\x1b[2J', '')
>>> print(readable(b"x" * 5000 + b"\n"))
xxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxx\n (5,001 bytes)
"""

LONGEST_SHOWN_BYTES = 60
"""Of more, the beginning and the end are shown. A line of a terminal has room for as much."""

_SHOWN_AT_THE_BEGINNING = 20
_SHOWN_AT_THE_END = 13


def readable(data: bytes, *, with_size: bool = True) -> str:
    """`data` as one line of printable text; a part of it, and its size, where it is long."""
    if len(data) <= LONGEST_SHOWN_BYTES:
        return _escaped(data)
    beginning, end = data[:_SHOWN_AT_THE_BEGINNING], data[-_SHOWN_AT_THE_END:]
    size = f" ({len(data):,} bytes)" if with_size else ""
    return f"{_escaped(beginning)}…{_escaped(end)}{size}"


def _escaped(data: bytes) -> str:
    return "".join(map(_escaped_character, data.decode("utf-8", "surrogateescape")))


def _escaped_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8 (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
