"""Who makes way where connections are too many: a newcomer, and one of those that are many.

New here: one policy for all ports. A newcomer is a connection that is of no use to a person yet: it
has no name, or its web request is under way. Somebody who opens very many takes the places from
themselves alone: it is the address with most of them that loses one. So a flood on one port keeps
nobody out who comes by another.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Newcomer(NamedTuple):  # in a flood many are made for each connection: it is the quickest kind
    """A connection that may be ended to make space for others."""

    network: str
    """Its address, as shared.address.network_of gives it."""

    since: float
    """When it came, by time.monotonic()."""

    end: Callable[[], bool]
    """Ends it, unless it has become more than a newcomer meanwhile; whether it did. Any thread."""

    is_served: bool = False
    """It has asked for something, and the answer is under way."""


def end_one(newcomers: Iterable[Newcomer]) -> bool:
    """End one of them, of the network that has most; whether there was one.

    There it is the oldest that has said nothing of use, and only then the oldest of all.
    """
    left = [*newcomers]
    while left:
        count = Counter([each.network for each in left])
        most = max(count.values())
        first = min(
            [each for each in left if count[each.network] == most],
            key=lambda each: (each.is_served, each.since),
        )
        if first.end():
            return True
        left.remove(first)  # it has a name by now, or is gone
    return False
