"""The server's process, as the window sees it: start, stop, and a queue of what it tells.

It has the same shape as the client's core (phase4/client/): threads wait for what comes and put it
into a bounded queue, from which the window's own loop takes it. No toolkit here.
"""

import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from phase4.server_gui.reports import Report, parse_report
from shared.message import clean
from shared.stopping import apart

COMMAND = (sys.executable, "-m", "phase4.server_gui.child")

MAX_ASKED = 20
"""Questions without an answer. A pipe holds at least 4 KiB, and a write into a full one waits."""

_QUEUE_EVENTS = 100  # when it is full, the pipe is not read, and the child leaves lines out
_END_SECONDS = 2.0  # from the end of its output to its exit
_PUT_SECONDS = 0.5
_MAX_STRAY_BYTES = 4096
_MAX_LINE_BYTES = 64 * 1024 * 1024
"""2,000 lines of a chat (feed.py) may have 49 MB as JSON. More without a newline is no report."""


@dataclass(frozen=True, slots=True)
class Stray:
    """Something it printed that is not a report, such as a traceback."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event: the process is gone. A signal that ended it is a `status` below 0."""

    status: int


Event = Report | Stray | Ended


class ServerProcess:
    """One run of a server. One thread calls its methods; none of them waits.

    `events` always ends with Ended, once `start` has worked.
    """

    def __init__(self, arguments: Sequence[str], command: Sequence[str] = COMMAND) -> None:
        self.events: queue.Queue[Event] = queue.Queue(_QUEUE_EVENTS)
        self._command = [*command, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0  # questions without an answer yet
        self._is_left = False  # nobody takes events any more; only ever set

    def start(self) -> None:
        """Start it. Raises OSError where the system cannot."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            **apart(),
        )
        stderr = threading.Thread(
            target=self._read_stray, args=(self._process,), name="stderr", daemon=True
        )
        stderr.start()
        threading.Thread(
            target=self._read, args=(self._process, stderr), name="reports", daemon=True
        ).start()

    def order(self, line: str) -> bool:
        """Give it an operator's command; an Answer will come. False: it has stopped answering."""
        if self._process is None or self._process.stdin is None or self._asked >= MAX_ASKED:
            return False
        self._asked += 1
        with contextlib.suppress(OSError, ValueError):  # it has ended: the event is on its way
            self._process.stdin.write(f"{line}\n".encode())
        return True

    def renew(self) -> None:
        """Ask it to look for a renewed certificate now. A signal handler may call this."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it has ended
                self._process.stdin.write(b"renew\n")

    def answered(self) -> None:
        """An Answer was taken from the queue."""
        self._asked -= 1

    def stop(self) -> None:
        """Tell it to stop in order; Ended comes within about 2 s. May be called twice."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it at once: it did not stop when it was told to."""
        if self._process is not None:
            self._process.kill()

    def leave(self) -> None:
        """Let its threads end where nobody takes events any more."""
        self._is_left = True

    # --- threads of its own -----------------------------------------------------------------------

    def _read(self, process: "subprocess.Popen[bytes]", stderr: threading.Thread) -> None:
        for line in _lines(process.stdout):
            self._put(parse_report(line) or _stray(line))
        self._put(Ended(self._reap(process, stderr)))

    def _reap(self, process: "subprocess.Popen[bytes]", stderr: threading.Thread) -> int:
        try:
            status = process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        stderr.join(_END_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        return status

    def _read_stray(self, process: "subprocess.Popen[bytes]") -> None:
        for line in _lines(process.stderr):
            self._put(_stray(line))

    def _put(self, event: Event) -> None:
        while not self._is_left:
            with contextlib.suppress(queue.Full):
                self.events.put(event, timeout=_PUT_SECONDS)
                return


def _lines(stream: IO[bytes] | None) -> Iterator[bytes]:
    assert stream is not None
    buffered = bytearray()
    while data := stream.read(256 * 1024):  # what is there now: the stream has no buffer
        buffered += data
        if b"\n" in data:
            *lines, rest = bytes(buffered).split(b"\n")
            buffered = bytearray(rest)
            yield from lines
        if len(buffered) > _MAX_LINE_BYTES:
            yield bytes(buffered)
            buffered.clear()
    if buffered:
        yield bytes(buffered)


def _stray(line: bytes) -> Stray:
    return Stray(clean(line[:_MAX_STRAY_BYTES].decode("utf-8", "replace")))
