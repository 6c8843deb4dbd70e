"""Places for requests under way: a few for each address, and never taken by those who say nothing.

A browser opens connections before it knows what for, and a whole class may come from one address,
that of its router. So where an address has no place left, the oldest of its connections that has
not asked for anything makes way. So it is where all addresses together leave none.
"""

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.address import network_of
from shared.goodbye import shut_down

MAX_REQUESTS_OF_ONE = 32
"""Requests that one address may have under way; of IPv6, a household. A browser opens six
connections. What opens more would take the places of all."""

SILENT_SECONDS = 1.0
"""Whoever is younger may be about to ask: it is not ended where all addresses together are many."""


@dataclass(eq=False, slots=True)
class Place:
    """Of one connection."""

    connection: socket.socket
    network: str
    since: float
    has_asked: bool = False
    """Its request has come, and the answer is under way. The connection's own thread sets it."""


class Places:
    """Any thread may call any method."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: list[Place] = []  # the oldest first; under _lock

    @contextlib.contextmanager
    def take(
        self, connection: socket.socket, host: str, *, is_proxy: bool
    ) -> Iterator[Place | None]:
        """A place for as long as it takes; None where there is none. A proxy speaks for many."""
        place = Place(connection, network_of(host), self._clock())
        with self._lock:
            own = [each for each in self._taken if each.network == place.network]
            is_there = is_proxy or len(own) < MAX_REQUESTS_OF_ONE or self._end_one(own)
            if is_there:
                self._taken.append(place)
        try:
            yield place if is_there else None
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._taken.remove(place)

    def make_space(self) -> bool:
        """End a connection that has asked for nothing in SILENT_SECONDS; whether there was one.

        It is the oldest one from the address that has most of them.
        """
        before = self._clock() - SILENT_SECONDS
        with self._lock:
            silent = [each for each in self._taken if not each.has_asked and each.since < before]
            most = Counter(each.network for each in silent).most_common(1)
            return self._end_one([each for each in silent if each.network == most[0][0]])

    def _end_one(self, places: list[Place]) -> bool:
        """Under _lock. End the first that has not asked."""
        for each in places:
            if not each.has_asked:
                self._taken.remove(each)
                shut_down(each.connection)  # its thread's recv() returns
                return True
        return False
