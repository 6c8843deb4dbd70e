"""The moment by which something must be over, for what waits more than once on the way there."""

import time


class Deadline:
    """A moment, so many seconds from when it is made. Any thread; it does not change."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """How long it is until then; 0 from then on, never less."""
        return max(0.0, self._at - time.monotonic())

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._at

    def timeout(self) -> float:
        """The seconds left, for a socket's settimeout(). Raises TimeoutError where none is left.

        For there 0 means something else: not to wait, and to raise BlockingIOError.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left
