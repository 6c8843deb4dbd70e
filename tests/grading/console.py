"""What a program prints, read as it comes: a part that is bounded is kept."""

import contextlib
import select
import subprocess
import sys
import threading
from collections import deque
from typing import IO

from shared.deadline import Deadline

KEPT_LINES = 10_000  # what a check may ask for was printed a moment ago
MAX_PRINTED_BYTES = 4096  # of a line; a longer one counts as several
QUIET_SECONDS = 0.05  # between two lines of one message
CATCH_UP_SECONDS = 0.5  # a program that prints without end is never caught up with

_GOES_ON = (" ", "\t", "Traceback", "Exception in thread")  # a trace, which has an end
_MOST_AT_ONCE = 65536


class Console:
    """The output of a process. One thread reads it; any thread may ask."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """`process` has its output in an unbuffered pipe."""
        assert process.stdout is not None
        self._stream: IO[bytes] = process.stdout
        self._changed = threading.Condition()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)  # under _changed
        self._count = 0  # of all lines there were; under _changed
        self._unfinished = b""  # under _changed
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self._stream:  # closed here alone: to close it waits for its reader
            while self._read_some():
                pass
        with self._changed:
            if self._unfinished:
                self._keep(self._unfinished)
            self._unfinished = b""
            self._changed.notify_all()

    def _read_some(self) -> bool:
        """Take what has come; False at the end."""
        if sys.platform == "win32":  # select() knows sockets only
            data = self._stream.read(_MOST_AT_ONCE)
        else:
            select.select([self._stream], [], [])
        with self._changed:  # on POSIX what has left the pipe is here for whoever has the lock
            if sys.platform != "win32":
                data = self._stream.read(_MOST_AT_ONCE)
            self._take(data)
            self._changed.notify_all()
        return bool(data)

    def _take(self, data: bytes) -> None:
        *whole, rest = (self._unfinished + data).split(b"\n")
        for line in whole:
            for begin in range(0, len(line) or 1, MAX_PRINTED_BYTES):
                self._keep(line[begin : begin + MAX_PRINTED_BYTES])
        while len(rest) >= MAX_PRINTED_BYTES:
            self._keep(rest[:MAX_PRINTED_BYTES])
            rest = rest[MAX_PRINTED_BYTES:]
        self._unfinished = rest

    def _keep(self, line: bytes) -> None:
        self._lines.append(line.decode("utf-8", "replace").rstrip("\r"))
        self._count += 1

    def says(self, text: str, seconds: float, *, in_lines: int = 1) -> bool:
        """Whether so many lines were printed that differ and hold `text`; waits for them."""
        with self._changed:
            return self._changed.wait_for(
                lambda: len({line for line in self._lines if text in line}) >= in_lines, seconds
            )

    def position(self) -> int:
        """How many lines there were so far, for `since`."""
        with self._changed:
            return self._count

    def since(self, position: int = 0) -> list[str]:
        """The lines that came after `position`, as far as they are kept; and one half printed."""
        with self._changed:
            begin = max(len(self._lines) - (self._count - position), 0)
            lines = list(self._lines)[begin:]
            if self._unfinished:
                lines.append(self._unfinished.decode("utf-8", "replace"))
            return lines

    def catch_up(self) -> None:
        """Return when all that was printed before is read, or after a while."""
        deadline = Deadline(CATCH_UP_SECONDS)
        pause = threading.Event()  # never set
        while self._has_more() and not deadline.has_passed:
            pause.wait(0.001)

    def settle(self) -> None:
        """Return when nothing more is printed for a moment, or after a while.

        A thread that ends by an exception closes its connection first, and prints the reason then.
        """
        deadline = Deadline(CATCH_UP_SECONDS)
        with self._changed:
            while not deadline.has_passed:
                is_quiet = not self._changed.wait(QUIET_SECONDS)
                if is_quiet and not (self._lines and self._lines[-1].startswith(_GOES_ON)):
                    return

    def _has_more(self) -> bool:
        with self._changed, contextlib.suppress(OSError, ValueError):  # closed: all is read
            return sys.platform != "win32" and bool(select.select([self._stream], [], [], 0)[0])
        return False

    def has_ended(self, seconds: float) -> bool:
        """Whether nobody can print any more: all that held the pipe have closed it. Waits."""
        self._reader.join(seconds)
        return not self._reader.is_alive()
