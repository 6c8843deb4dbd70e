"""A lock for two threads that take turns: one receives, one sends, and sending goes first."""

import threading

_GIVE_WAY_SECONDS = 0.05
"""How long the receiving thread leaves its turn to a sender that asked and could not wait."""


class Turns:
    """The lock around OpenSSL's engine: `with` to receive, `take` to send.

    The receiving thread lets a sender go first. With a lock alone, a thread that gives it back and
    asks again at once gets it, as a rule. A peer that sends without end, and makes each record dear
    to decipher, made the writing thread wait for seconds so, and with it everybody in the chat.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Set while no sender waits for its turn. A sender clears it before it waits and sets it
        # when it has the lock; the receiving thread sets it when that sender has not come again.
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()

    def take(self, seconds: float = -1) -> bool:
        """Take the lock to send, within `seconds` (-1: however long it takes); whether it was got.

        Any thread but the receiving one.
        """
        if not self._lock.acquire(blocking=False):
            self._nobody_waits.clear()
            if not self._lock.acquire(timeout=seconds):
                return False  # the receiving thread keeps our turn for a moment
        # As a rule it is set already, and to look costs less than to set it again.
        if not self._nobody_waits.is_set():
            self._nobody_waits.set()
        return True

    def give_back(self) -> None:
        """Release what `take` has taken."""
        self._lock.release()

    def __enter__(self) -> None:
        """Take the lock to receive: after any sender that waits for it, but not for long."""
        if not self._nobody_waits.wait(_GIVE_WAY_SECONDS):
            self._nobody_waits.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        self._lock.release()
