"""What happened in a check so far, in numbered steps that a learner can follow."""

LONGEST_SHOWN = 60
"""Bytes of a line that are shown; of a longer one, its beginning and its end."""


class Journal:
    """The steps of one check. People of the check write into it, from one thread."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, int]] = []  # a step, and how often in a row

    def __len__(self) -> int:
        """How many steps there are; the same one several times in a row counts once."""
        return len(self._steps)

    def add(self, step: str) -> None:
        """One more step happened."""
        if self._steps and self._steps[-1][0] == step:
            self._steps[-1] = (step, self._steps[-1][1] + 1)
        else:
            self._steps.append((step, 1))

    def numbered(self, most: int = 14) -> list[str]:
        """The steps as lines of text; of very many, the first and the last."""
        lines = [
            f"{number:3}. {step}" + (f"   ({times:,} times)" if times > 1 else "")
            for number, (step, times) in enumerate(self._steps, 1)
        ]
        if len(lines) <= most:
            return lines
        left_out = len(lines) - most
        return [*lines[:4], f"     … {left_out} steps more …", *lines[4 - most :]]


def shown(data: bytes) -> str:
    r"""Bytes as a learner can read them: text where it is text, escapes where it is not.

    >>> shown("né\r\n".encode()), shown(b"\xff"), shown(b"")
    ('né\\r\\n', '\\xff', '')
    >>> print(shown(b"x" * 5000 + b"\n"))
    xxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxx\n (5,001 bytes)
    """
    if len(data) <= LONGEST_SHOWN:
        return _readable(data)
    return f"{_readable(data[:20])}…{_readable(data[-13:])} ({len(data):,} bytes)"


def _readable(data: bytes) -> str:
    return "".join(map(_readable_character, data.decode("utf-8", "surrogateescape")))


def _readable_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
