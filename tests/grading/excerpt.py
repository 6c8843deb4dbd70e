"""A part of what a program printed, short enough to be read: the beginning, the end, the fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.safe_text import clean

MOST_LINES = 20
MOST_CHARACTERS = 160  # of a line
_FIRST_LINES = 3
_BEHIND_THE_FAULT = 4  # where it happened
_AT_THE_END = MOST_LINES - _FIRST_LINES - _BEHIND_THE_FAULT - 2


@dataclass
class _Row:
    """Equal lines in a row."""

    place: int
    text: str
    times: int = 1

    def holds(self, place: int | None) -> bool:
        """Whether the line at this place is one of them."""
        return place is not None and self.place <= place < self.place + self.times


def excerpt(lines: Sequence[str], fault: int | None = None) -> list[str]:
    r"""Lines for a terminal, each behind a bar; the one at `fault` behind an arrow.

    >>> excerpt(["a", "a", "b\x1b[2J"], fault=2)
    ['| a   (2 times)', '> b�[2J']
    """
    rows = list(_rows(lines))
    if len(rows) <= MOST_LINES:
        kept = rows
    else:
        begin = next((at for at, row in enumerate(rows) if row.holds(fault)), len(rows))
        near = range(begin - 1, begin + _BEHIND_THE_FAULT)
        last = len(rows) - (MOST_LINES - _FIRST_LINES if fault is None else _AT_THE_END)
        kept = [row for at, row in enumerate(rows) if at < _FIRST_LINES or at in near or at >= last]
    return list(_with_gaps(kept, fault))


def _rows(lines: Sequence[str]) -> Iterator[_Row]:
    row: _Row | None = None
    for place, line in enumerate(lines):
        text = _shortened(clean(line))
        if row and row.text == text:
            row.times += 1
        else:
            if row:
                yield row
            row = _Row(place, text)
    if row:
        yield row


def _shortened(line: str) -> str:
    if len(line) <= MOST_CHARACTERS:
        return line
    return f"{line[:MOST_CHARACTERS]} … ({len(line):,} characters)"


def _with_gaps(rows: Sequence[_Row], fault: int | None) -> Iterator[str]:
    due = 0
    for row in rows:
        if row.place > due:
            yield f"  … {row.place - due:,} lines left out …"
        due = row.place + row.times
        times = f"   ({row.times:,} times)" if row.times > 1 else ""
        yield f"{'>' if row.holds(fault) else '|'} {row.text}{times}"
