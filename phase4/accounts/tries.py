"""How often an address may try a password: five wrong ones a minute, in a table with a bound.

A right password is no try, however many come: a class behind one router shares its address.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shared.address import network_of
from shared.deadline import Deadline

TRIES = 5
TRIES_SECONDS = 60.0
"""A person who mistypes has enough of them. At this rate a list of the 10,000 most used passwords
takes a day and a half, from one address."""

MAX_ADDRESSES = 10_000
"""Addresses that are remembered: some 3 MB. Then the one is forgotten that tried longest ago."""

WAIT_SECONDS = 5.0
"""As long as somebody else's try from this address is being checked: it may be a right one."""


class TooManyTries(Exception):
    """From this address came as many as are allowed; `seconds` until it may try again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many tries: again in {max(1, round(seconds))} s.")
        self.seconds = seconds


class _Address:
    """What is known of one address. Under the lock of the table."""

    __slots__ = ("changed", "in_flight", "waiting", "wrong_at")

    def __init__(self, lock: threading.Lock) -> None:
        # When the last wrong ones came, by the clock; and how many are being checked.
        self.wrong_at: list[float] = []
        self.in_flight = 0

        # Those who wait until one of these is checked.
        self.waiting = 0
        self.changed = threading.Condition(lock)

    @property
    def is_idle(self) -> bool:
        """Whether nobody needs it at this moment."""
        return not self.in_flight and not self.waiting


class Tries:
    """The table. Any thread may call any method."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        tries: int = TRIES,
        per_seconds: float = TRIES_SECONDS,
        max_addresses: int = MAX_ADDRESSES,
    ) -> None:
        self._clock = clock
        self._tries = tries
        self._per_seconds = per_seconds
        self._max_addresses = max_addresses

        # Guards the table, in the order of the last try.
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def begin(self, host: str, seconds: float = WAIT_SECONDS) -> None:
        """Ask before a password is checked; `end` must follow. Raises TooManyTries.

        Where others of this address are being checked that may turn out right, it waits for them.
        """
        key, deadline = network_of(host), Deadline(seconds)
        with self._lock:
            while True:
                address = self._addresses.setdefault(key, _Address(self._lock))
                self._addresses.move_to_end(key)
                now = self._clock()
                address.wrong_at = [at for at in address.wrong_at if now - at < self._per_seconds]
                if len(address.wrong_at) + address.in_flight < self._tries:
                    address.in_flight += 1
                    self._forget_some()
                    return
                if not address.in_flight or deadline.has_passed:
                    oldest = min(address.wrong_at, default=now - self._per_seconds)
                    raise TooManyTries(oldest + self._per_seconds - now)
                address.waiting += 1
                address.changed.wait(deadline.seconds_left)
                address.waiting -= 1

    def end(self, host: str, *, counts: bool) -> None:
        """Say how it ended: whether it `counts` as one of those that are bounded."""
        key = network_of(host)
        with self._lock:
            if address := self._addresses.get(key):
                address.in_flight -= 1
                if counts:
                    address.wrong_at.append(self._clock())
                elif address.is_idle and not address.wrong_at:
                    del self._addresses[key]
                if counts and not address.in_flight:
                    address.changed.notify_all()  # they can only be told
                else:
                    address.changed.notify()

    def _forget_some(self) -> None:
        if len(self._addresses) > self._max_addresses:
            idle = (key for key, each in self._addresses.items() if each.is_idle)
            if (oldest := next(idle, None)) is not None:
                del self._addresses[oldest]
