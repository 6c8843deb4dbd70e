"""What is told at the end of the lines that may not have arrived, so that they can be copied."""

from collections.abc import Iterable, Sequence

from phase4.client.pasting import as_typed
from shared import message


def remark(lines: Sequence[str]) -> str:
    """What stands above them.

    >>> remark(["one"]), remark(["one", "two"])
    ('1 line of yours may not have arrived:', '2 lines of yours may not have arrived:')
    """
    return f"{len(lines):,} line{'s' * (len(lines) != 1)} of yours may not have arrived:"


def rows(lines: Iterable[str]) -> list[str]:
    """A row for each line, as the person typed it."""
    return [message.clean(as_typed(line)) for line in lines]
