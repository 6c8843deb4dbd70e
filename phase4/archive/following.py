"""The historian's process: python -m phase4.archive follow LOG_DIR

The server starts it, and holds its standard input open. When that ends, however the server ended,
the historian takes in what is left, and ends too. A signal ends it as well; but Ctrl-C, which a
terminal sends to both, does not end it before the server that still writes.
"""

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from phase4.archive.errors import (
    AlreadyFollowed,
    ArchiveError,
    NewerArchive,
    NotAnArchive,
)
from phase4.archive.guard import Guard
from phase4.archive.historian import Historian
from phase4.archive.place import Place
from phase4.archive.store import Keep
from shared.deadline import Deadline
from shared.stopping import on_stop_signals
from shared.wakeup import Wakeup

PAUSE_SECONDS = 0.1
"""Between two looks at a log that grows. A look costs some 20 µs."""

IDLE_PAUSE_SECONDS = 0.2
"""Between two looks at a log in which nothing is said."""

BATCH_BYTES = 8 * 1024
BATCH_SECONDS = 0.5
"""Where much is said, what was said is taken in when it has so many bytes, or waits for so long: a
transaction costs as much as ten lines. 8 KiB are 240 of the shortest lines. At 2,000 a second, 200
come until the next look; and the server's memory holds 1,000 for those who ask meanwhile."""

RETRY_SECONDS = 1.0
"""After something failed: a full disk, a lock, a directory that was closed to us."""

LAST_SECONDS = 5.0
"""What is left is taken in for so long at the end. The rest waits in the log for the next start."""

PREDECESSOR_SECONDS = 10.0
"""How long a historian waits for the last one: where the server was started again, it may still
take in what is left."""


_NICE = 10
"""Of -20 to 19 (nice(2)): where processor time is scarce, the server and its clients go first."""


class Follower:
    """Follows the log until `stop`. The main thread uses it; any thread, and a signal, may stop it.

    `report` is told once when something begins to fail, and once when it works again.
    """

    def __init__(self, log_dir: Path, keep: Keep, report: Callable[[str], None]) -> None:
        self._log_dir = log_dir
        self._keep = keep
        self._report = report
        self._historian: Historian | None = None
        self._owned = contextlib.ExitStack()  # the guard and the historian, while there is one
        self._places: list[Place] = []  # where the last historian was, should the archive be gone
        self._trouble = ""  # what was last reported
        self._wakeup = Wakeup()
        self._pause = PAUSE_SECONDS
        self._batch_ends = Deadline(0)
        self._predecessor_ends = Deadline(PREDECESSOR_SECONDS)
        self._is_ending = False

    def stop(self) -> None:
        """End soon, with what is in the log by then."""
        self._wakeup.ring()

    def run(self) -> None:
        """Follow the log. Raises AlreadyFollowed, NewerArchive and NotAnArchive."""
        try:
            while not self._wakeup.wait(self._turn()):
                pass
            self._finish()
        finally:
            self._close()
            self._wakeup.close()

    def _finish(self) -> None:
        """Take in what is left."""
        self._is_ending = True
        deadline = Deadline(LAST_SECONDS)
        while not deadline.has_passed and self._turn() == 0:
            pass

    def _turn(self) -> float:
        """One step; how many seconds to wait until the next."""
        try:
            has_more = self._step()
        except (NewerArchive, NotAnArchive):
            raise
        except AlreadyFollowed:
            if self._is_ending or self._predecessor_ends.has_passed:
                raise
            return PAUSE_SECONDS
        except ArchiveError as error:
            self._note(str(error))
            self._close()
            return RETRY_SECONDS
        self._note("")
        self._pause = PAUSE_SECONDS if has_more else min(self._pause * 1.5, IDLE_PAUSE_SECONDS)
        return 0 if has_more else self._pause

    def _step(self) -> bool:
        if self._historian is None:
            self._historian = self._begin()
        elif not self._is_due(self._historian):
            return False
        has_more = self._historian.step()
        self._batch_ends = Deadline(BATCH_SECONDS)
        self._historian.forget()
        return has_more

    def _is_due(self, historian: Historian) -> bool:
        """Whether enough is waiting to be taken in, or for long enough."""
        if self._is_ending or self._batch_ends.has_passed:
            return True
        waiting = historian.waiting_bytes
        return waiting is None or waiting >= BATCH_BYTES

    def _begin(self) -> Historian:
        with contextlib.ExitStack() as on_failure:
            # Taken anew each time: where the directory was made anew, so is the file of the lock.
            on_failure.enter_context(Guard(self._log_dir))
            historian = Historian(self._log_dir, self._keep, self._places)
            on_failure.callback(historian.close)
            self._owned = on_failure.pop_all()
        return historian

    def _note(self, trouble: str) -> None:
        if trouble and not self._trouble:
            self._report(f"{trouble} What is said waits in the log.")
        elif self._trouble and not trouble:
            self._report("The archive is written again.")
        self._trouble = trouble

    def _close(self) -> None:
        if self._historian is not None:
            self._places = self._historian.places
            self._historian = None
        with contextlib.suppress(ArchiveError):
            self._owned.close()


def follow(log_dir: Path, keep: Keep) -> None:
    """Follow the log until standard input or a signal says that it is over. Main thread.

    Raises AlreadyFollowed, NewerArchive and NotAnArchive.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    follower = Follower(log_dir, keep, _tell)
    on_stop_signals(follower.stop)
    if _is_held_by_another():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_stop_at_end_of_input, args=(follower,), daemon=True).start()
    follower.run()


def _tell(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads it any more
        print(f"phase4.archive: {text}", file=sys.stderr, flush=True)


def _is_held_by_another() -> bool:
    """Whether standard input is a pipe: its other end is in the hands of whoever started us."""
    with contextlib.suppress(OSError):
        mode = os.fstat(0).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def _stop_at_end_of_input(follower: Follower) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    follower.stop()
