"""Places for requests under way: a few for each address, and never taken by those who say nothing.

A browser opens connections before it knows what for, and a whole class may come from one address,
that of its router. So where an address has no place left, the oldest of its connections that has
not asked for anything makes way. Where all ports together have none left, transport/newcomers.py
says which.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from phase4.transport.newcomers import Newcomer, end_one
from shared.address import network_of
from shared.goodbye import shut_down

MAX_REQUESTS_OF_ONE = 32
"""Requests that one address may have under way; of IPv6, a household. A browser opens six
connections. What opens more would take the places of all."""


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
        while not (is_there := self._add(place, is_proxy=is_proxy)):
            silent = [each for each in self.newcomers(place.network) if not each.is_served]
            if not end_one(silent):
                break
        try:
            yield place if is_there else None
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._taken.remove(place)

    def _add(self, place: Place, *, is_proxy: bool) -> bool:
        with self._lock:
            own = sum(each.network == place.network for each in self._taken)
            is_there = is_proxy or own < MAX_REQUESTS_OF_ONE
            if is_there:
                self._taken.append(place)
        return is_there

    def newcomers(self, network: str = "") -> list[Newcomer]:
        """Those who hold a place, of this network or of all: each may be ended."""
        with self._lock:
            own = [each for each in self._taken if network in ("", each.network)]
            taken = [(each, each.has_asked) for each in own]
        return [
            Newcomer(place.network, place.since, partial(self._end, place, asked), asked)
            for place, asked in taken
        ]

    def _end(self, place: Place, had_asked: bool) -> bool:
        with self._lock:
            if place not in self._taken or place.has_asked != had_asked:
                return False
            self._taken.remove(place)
            shut_down(place.connection)  # its thread's recv() returns, or its send() fails
            return True
