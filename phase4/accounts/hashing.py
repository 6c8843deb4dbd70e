"""One thread that computes hashes, one at a time: slow on purpose, and yet nobody who talks waits.

A hash takes some 20 ms of a processor and 19 MiB. Two hundred at once would take all there is. So
there is one thread for it, which the system runs when nobody else wants the processor, and a queue.
Those who are in it wait in their own threads.
"""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from shared.deadline import Deadline

QUEUE = 8
"""Hashes that wait for the one that is computed: together a fifth of a second."""

PLACE_SECONDS = 5.0
"""How long somebody waits for a place in the queue. A class of thirty that comes back at once needs
half a second, and on a busy machine some."""

STOP_SECONDS = 0.25
"""A hash takes a tenth of it; what waits for a disk that hangs is not waited for."""

_NICE = 5  # of 19: behind everybody who talks, and yet not starved by other programs
_T = TypeVar("_T")


class Busy(Exception):
    """No place in the queue became free in time."""


class Stopped(Exception):
    """The server stops: nothing is computed any more."""


class _Job(Generic[_T]):
    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._result: list[_T] = []
        self._error: BaseException | None = None
        self._is_over = threading.Event()

    def run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._error = error
        self._is_over.set()

    def cancel(self) -> None:
        self._error = Stopped()
        self._is_over.set()

    def wait(self) -> _T:
        self._is_over.wait()
        if self._error is not None:
            raise self._error
        return self._result[0]


class HashingThread:
    """Any thread may call any method; the owner calls `stop` at the end."""

    def __init__(self, queue: int = QUEUE) -> None:
        """The thread begins with the first work: a server without accounts has none."""
        self._queue = queue

        # Guards all below. Of those who wait for a place each free one wakes one: to wake all of
        # them, again and again, would take the time of those who talk.
        lock = threading.Lock()
        self._has_work = threading.Condition(lock)
        self._has_place = threading.Condition(lock)
        self._jobs: deque[_Job[Any]] = deque()
        self._thread: threading.Thread | None = None
        self._is_busy = self._is_stopping = False

    def do(self, work: Callable[[], _T], seconds: float = PLACE_SECONDS) -> _T:
        """What `work()` gives, or raises, in the thread. Waits until it is done.

        Raises Busy where no place in the queue was free within `seconds`, and Stopped.
        """
        job = _Job(work)
        self._put(job, Deadline(seconds))
        return job.wait()

    def do_soon(self, work: Callable[[], None]) -> None:
        """Do `work()` in the thread, where it has nothing else to do; else nothing. Never waits."""
        with self._has_work:
            if not self._jobs and not self._is_stopping and not self._is_busy:
                self._append(_Job(work))

    def _put(self, job: _Job[_T], deadline: Deadline) -> None:
        with self._has_place:
            while len(self._jobs) >= self._queue and not self._is_stopping:
                if not self._has_place.wait(deadline.seconds_left) and deadline.has_passed:
                    raise Busy
            if self._is_stopping:
                raise Stopped
            self._append(job)

    def _append(self, job: _Job[Any]) -> None:
        """Holding the lock."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="hashing", daemon=True)
            thread.start()
            self._thread = thread
        self._jobs.append(job)
        self._has_work.notify()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it: what waits is given up, and what is computed is not waited for longer."""
        with self._has_work:
            self._is_stopping = True
            given_up = [*self._jobs]
            self._jobs.clear()
            self._has_work.notify()
            self._has_place.notify_all()
            thread = self._thread
        for job in given_up:
            job.cancel()
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        _step_back()
        while True:
            with self._has_work:
                self._is_busy = False
                while not self._jobs and not self._is_stopping:
                    self._has_work.wait()
                if self._is_stopping:
                    return
                self._is_busy = True
                job = self._jobs.popleft()
                self._has_place.notify()
            job.run()


def _step_back() -> None:
    """Let the system prefer all other threads to this one, where it can: on Linux.

    There each thread has a niceness of its own (sched(7)); elsewhere a process has one for all.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
