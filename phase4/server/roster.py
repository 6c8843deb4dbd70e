"""The answer to /who: the names of everybody here, in lines of a bounded length. No I/O."""

from collections.abc import Iterator, Sequence

from shared import message
from shared.framing import encode_line
from shared.message import Online

_NAMES_BYTES = 4000  # of names in one line; a longer list comes as several lines


def roster(time: str, people: Sequence[str]) -> bytes:
    """The lines for `people`: names, or "name (address)" where addresses are shown.

    >>> print(roster("14:03:05", ["Alice", "Bob"]).decode(), end="")
    [14:03:05] * 2 online: Alice, Bob
    """
    lines = list(_in_lines(people))
    return b"".join(
        encode_line(message.format(Online(time, len(people), line, more=line is not lines[-1])))
        for line in lines
    )


def _in_lines(people: Sequence[str]) -> Iterator[tuple[str, ...]]:
    line, size = list[str](), 0
    for each in people:
        size += len(each.encode()) + len(", ")
        if size > _NAMES_BYTES:
            yield tuple(line)
            line, size = [], len(each.encode()) + len(", ")
        line.append(each)
    yield tuple(line)
