"""Private messages that a page may not have seen: kept, and given to it when it comes back.

New here: an acknowledgement by the program itself. send() returns when the system has the bytes,
and the system is content when the peer's has them. A phone that fell asleep reads none of them. So
the page counts the private messages that it has shown, and says the number when it connects. What
is beyond that number is sent again: nothing twice, and nothing is missing (XEP-0198 does the same).

Public messages need none of this, as the page asks the archive for them. Only who shows a secret
and counts has lines kept. What several servers of a room do about it: shared_coming_back.py.
"""

from collections import deque

UNSEEN_BYTES = 64 * 1024
"""Kept for one person: a thousand lines as people type them, or sixteen of the longest. A dead
connection is noticed within 75 s."""


class Unseen:
    """The last lines for one person alone. They have numbers, from 1 on. Under the room's lock."""

    __slots__ = ("_bytes", "_lines", "count", "lost")

    def __init__(self, count: int) -> None:
        """`count`: how many they have seen before; the next line has the number after it."""
        self.count = count

        # Of those that another server kept before, how many are lost, which they were not told.
        self.lost = 0
        self._lines: deque[bytes] = deque()
        self._bytes = 0

    def add(self, line: bytes) -> None:
        """One line more was sent to them, or would have been."""
        self.count += 1
        self._lines.append(line)
        self._bytes += len(line)
        while self._bytes > UNSEEN_BYTES:
            self._bytes -= len(self._lines.popleft())

    def after(self, count: int) -> list[bytes]:
        """The lines that follow so many, as far as they are kept."""
        new = max(0, self.count - count)
        return list(self._lines)[-new:] if new else []

    def missed(self, count: int) -> tuple[int, list[bytes]]:
        """How many that follow so many are not kept any more, and the lines that are."""
        lines = self.after(count)
        return self.lost + max(0, self.count - count) - len(lines), lines
