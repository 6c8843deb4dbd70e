"""What the server tells of itself to whoever looks on: one snapshot, shared by all who ask.

A monitor asks every few seconds, and a hundred of them ask a hundred times as often. To look at a
thousand people and to write them as JSON takes some milliseconds, in which no other thread of this
process runs Python. So who asks a moment after somebody else gets the same answer: looking on
costs the same, however many look.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from shared.status import Snapshot, format_snapshot

SNAPSHOT_SECONDS = 0.1
"""A snapshot serves all who ask for so long. Half of the shortest interval of our monitor, so it
never gets the same one twice."""


def resident_bytes(pid: int | str = "self") -> int | None:
    """The memory that a process holds now; None where the system does not say.

    Linux says it in proc(5), statm. The standard library knows no way elsewhere: the ru_maxrss of
    getrusage(2) is the most that the process ever held, which is another thing.
    """
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class SharedSnapshot:
    """The snapshot that `take` gives, and its line, at most SNAPSHOT_SECONDS old. Any thread."""

    def __init__(self, take: Callable[[], Snapshot], *, seconds: float = SNAPSHOT_SECONDS) -> None:
        self._take = take
        self._seconds = seconds
        # Of its own, not the room's: those who look on wait for each other, and nobody else does.
        self._lock = threading.Lock()
        self._snapshot = Snapshot()  # under _lock
        self._line: bytes | None = None  # of _snapshot, if anybody has asked for it; under _lock
        self._good_until = float("-inf")  # time.monotonic(); under _lock

    def get(self) -> Snapshot:
        """The figures."""
        with self._lock:
            return self._fresh()

    def line(self) -> bytes:
        """The figures as the status port sends them."""
        with self._lock:
            snapshot = self._fresh()
            if self._line is None:
                self._line = format_snapshot(snapshot)
            return self._line

    def _fresh(self) -> Snapshot:
        if time.monotonic() >= self._good_until:
            self._snapshot, self._line = self._take(), None
            self._good_until = time.monotonic() + self._seconds
        return self._snapshot
