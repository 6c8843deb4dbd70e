"""Takes what the server has to tell, and hands it to the window; the server never waits.

The server's threads put lines into a bounded list, under a lock held for a moment; one thread
writes them into the pipe, many at once. When the window does not read, the pipe is full, that
thread waits, and the oldest lines are left out and counted. The chat does not notice.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from phase4.server_gui.reports import News, Report, Told
from phase4.server_gui.reports import format_report as _format
from shared.message import clean
from shared.status import Snapshot

MAX_WAITING_LINES = 2_000
"""At most so many between two writes. A person has no use for more: with 20 writes a second, this
is a screen each millisecond."""

WRITE_SECONDS = 0.05
"""Between two writes: what is said meanwhile goes out with one."""

SNAPSHOT_SECONDS = 0.5
"""Between two snapshots; longer where they take much time (see _SNAPSHOT_SHARE)."""

_SNAPSHOT_SHARE = 20  # a snapshot of a thousand people takes milliseconds: at most a 20th of all
_CLOSE_SECONDS = 0.5

_DATE_CHARACTERS = len("2026-11-21T")
_TIME_CHARACTERS = len("14:03:05")


class Feed:
    """Stands in for the server's console, and for a log. Any thread may tell it something."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

        # Guards what follows, up to the bell.
        self._lock = threading.Lock()

        # Lines for the window, as text or as entries of messages.txt; and how many were left out,
        # in all and since the last write.
        self._lines: deque[str | bytes] = deque()
        self.dropped = 0
        self._left_out = 0

        # They are few, and none is left out.
        self._reports: deque[Report] = deque()

        # Wakes the writing thread.
        self._bell = threading.Event()
        self._is_closing = threading.Event()

        # Nobody reads any more. The writing thread's own.
        self._is_broken = False

        # Set once, by `watch`.
        self._snapshot: Callable[[], Snapshot] | None = None

        # A daemon: while it waits for a window that hangs, nothing can wake it.
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def print(self, text: str) -> None:
        """A warning: what the server says on its console."""
        self._add([f"! {clean(text)}"])

    def show(self, time_now: str, text: str) -> None:
        """What happened at `time_now`, "14:03:05": who comes and goes."""
        self._add([f"[{time_now}] * {clean(text)}"])

    def note(self, text: str) -> None:
        """What happened just now."""
        self.show(time.strftime("%H:%M:%S"), text)

    def append(self, entries: list[bytes]) -> None:
        """Entries of messages.txt, once they are in the file: a Log, to the server."""
        self._add(entries)

    def report(self, report: Told) -> None:
        """Something that must not be left out. The lines before it go first."""
        with self._lock:
            self._reports.append(report)
        self._bell.set()

    def watch(self, snapshot: Callable[[], Snapshot]) -> None:
        """From now on, send snapshots as well."""
        self._snapshot = snapshot
        self._bell.set()

    def close(self) -> None:
        """Give what was told a moment to be written."""
        self._is_closing.set()
        self._bell.set()
        self._thread.join(_CLOSE_SECONDS)

    def _add(self, lines: list[str] | list[bytes]) -> None:
        with self._lock:
            self._lines.extend(lines)
            while len(self._lines) > MAX_WAITING_LINES:
                self._lines.popleft()
                self._left_out += 1
                self.dropped += 1
        self._bell.set()

    # --- the writing thread -----------------------------------------------------------------------

    def _run(self) -> None:
        snapshot_at = 0.0
        while not self._is_closing.is_set():
            self._bell.wait(max(0.0, snapshot_at - time.monotonic()) if self._snapshot else None)
            self._bell.clear()
            self._write_news()
            if self._snapshot and time.monotonic() >= snapshot_at:
                snapshot_at = self._write_snapshot(self._snapshot)
            self._is_closing.wait(WRITE_SECONDS)
        if self._snapshot:  # the last figures: everybody has left
            self._write_snapshot(self._snapshot)
        self._write_news()

    def _write_news(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, deque()
            reports, self._reports = self._reports, deque()
            left_out, self._left_out = self._left_out, 0
        if lines:
            self._write(News(tuple(map(_as_line, lines)), left_out))
        for report in reports:
            self._write(report)

    def _write_snapshot(self, take: Callable[[], Snapshot]) -> float:
        """Write one; when the next one is due, by time.monotonic()."""
        began = time.monotonic()
        snapshot = take()
        taken = time.monotonic()
        self._write(snapshot)
        return taken + max(SNAPSHOT_SECONDS, (taken - began) * _SNAPSHOT_SHARE)

    def _write(self, report: Report) -> None:
        data = memoryview(_format(report))
        try:
            while data and not self._is_broken:
                data = data[os.write(self._descriptor, data) :]
        except OSError:  # the window is gone, which the end of our input says, too
            self._is_broken = True


def _as_line(line: str | bytes) -> str:
    """An entry of messages.txt, as it is on the wire: `[14:03:05] Alice: hello`."""
    if isinstance(line, str):
        return line
    stamp, _, said = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
    return f"[{stamp[_DATE_CHARACTERS:][:_TIME_CHARACTERS]}] {said}"
