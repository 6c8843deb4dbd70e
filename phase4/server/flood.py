"""A token bucket: how fast a person may speak, on average and in a burst.

The bucket holds `burst` tokens and gains `per_second` tokens a second; each line costs one. Where
none is left, the next line waits. Meanwhile that person's socket is not read, its buffer fills, and
TCP makes their program wait (backpressure): nothing is lost, and nobody else notices.
"""

import time


class TokenBucket:
    """For one thread at a time. At a rate of 0 there is no limit."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = burst
        self._at = time.monotonic()

    def take(self, tokens: float = 1.0) -> float:
        """Take tokens; the seconds to wait before going on, 0 where there were as many."""
        if not self._per_second:
            return 0.0
        self._fill()
        self._tokens -= tokens  # what is below zero must be waited for
        return max(0.0, -self._tokens / self._per_second)

    def take_now(self) -> bool:
        """Take one token if there is one; whether there was."""
        self._fill()
        is_there = self._tokens >= 1.0
        self._tokens -= is_there
        return is_there

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
