"""The child process that follows messages.txt into the archive, started when it is needed.

It is a process of its own so that it takes nothing from the writing thread: beside a busy one, each
row put into a database from a thread waits for the interpreter's lock. It ends when its standard
input does: so it outlives no server, however that ends.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from shared.stopping import apart

RETRY_SECONDS = 30.0
"""From the end of a historian that nobody asked to end until another one is started."""

END_SECONDS = 0.5
"""It needs milliseconds to end. Killed, it loses nothing: see phase4/archive."""

COMMAND = (sys.executable, "-m", "phase4.archive", "follow")


class Historian:
    """Keeps one running, from the first moment at which `is_needed()` says so. One thread."""

    def __init__(
        self,
        arguments: Sequence[str],
        is_needed: Callable[[], bool],
        report: Callable[[str], None],
    ) -> None:
        """`arguments` follow the command; `report` is told once when it does not stay.

        What it writes to standard error itself is shown until then: those that follow it would say
        the same every half minute.
        """
        self._command = [*COMMAND, *arguments]
        self._is_needed = is_needed
        self._report = report
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0  # not before this, by time.monotonic()
        self._is_reported = False

    def look(self) -> None:
        """Start it where it is needed and not there. Waits for nothing."""
        if self._process is not None and self._process.poll() is not None:
            self._lost(f"The archive's process ended with status {self._process.returncode}")
            self._let_go()
        is_due = self._process is None and time.monotonic() >= self._start_at
        if is_due and self._is_needed():
            self._start()

    def stop(self) -> None:
        """End it, at once. What is in the log and not in the archive yet, the next one takes."""
        if self._process is None:
            return
        self._close_input()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # it waits for a disk that hangs
                self._process.wait(END_SECONDS)
        self._process = None

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if self._is_reported else None,
                **apart(),
            )
        except OSError as error:
            self._lost(f"The archive's process could not be started: {error.strerror}")

    def _lost(self, why: str) -> None:
        self._start_at = time.monotonic() + RETRY_SECONDS
        if not self._is_reported:
            self._is_reported = True
            self._report(f"{why}. The chat goes on; /search will miss what is said now.")

    def _let_go(self) -> None:
        self._close_input()
        self._process = None

    def _close_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
