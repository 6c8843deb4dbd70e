"""The answer to /who: the names of everybody here, in lines of a bounded length. No I/O."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from shared import message
from shared.framing import encode_line
from shared.message import Online

_NAMES_BYTES = 4000  # of names in one line; a longer list comes as several lines


class HasHost(Protocol):
    """Somebody who is here."""

    @property
    def name(self) -> str:
        """Their nickname."""

    @property
    def host(self) -> str:
        """Their address, without a port."""


def roster(time: str, people: Sequence[HasHost], *, show_addresses: bool = False) -> bytes:
    """The lines for `people`, as names or as "name (address)".

    >>> from types import SimpleNamespace as Somebody
    >>> people = [Somebody(name="Alice", host="192.0.2.7"), Somebody(name="Bob", host="::1")]
    >>> print(roster("14:03:05", people).decode(), end="")
    [14:03:05] * 2 online: Alice, Bob
    >>> print(roster("14:03:05", people, show_addresses=True).decode(), end="")
    [14:03:05] * 2 online: Alice (192.0.2.7), Bob (::1)
    """
    shown = [f"{x.name} ({x.host})" if show_addresses else x.name for x in people]
    lines = list(_in_lines(shown))
    return b"".join(
        encode_line(message.format(Online(time, len(shown), line, more=line is not lines[-1])))
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
