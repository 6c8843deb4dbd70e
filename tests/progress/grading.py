"""Grades a class: every phase of every learner, several at a time."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.progress.checks import How, Result, Run
from tests.progress.grades import NOT_GRADED, Grade
from tests.progress.servers import NoServer, command_for


@dataclass(frozen=True)
class Task:
    """How everybody is graded."""

    phases: Sequence[str]
    given: str | None  # the command that starts each server, or None: as it is found
    timeout: float  # seconds, of a phase
    how: How


class Grader:
    """Runs the checks. Several threads may grade at once; `stop` ends what they run."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._running: set[Run] = set()  # under _lock
        self._is_stopping = False  # under _lock

    def grade(self, phase: str, directory: Path) -> Grade:
        """Grade the server in `directory`, which may be none."""
        try:
            command = command_for(phase, directory, self._task.given)
            return self._grade(phase, directory, command)
        except NoServer as none:
            return Grade(phase, none.state, str(none))
        except OSError as error:  # a directory that we may not enter, say
            return Grade(phase, NOT_GRADED, f"{directory.name}: {error.strerror}")

    def _grade(self, phase: str, directory: Path, command: str) -> Grade:
        task = self._task
        result = Result()
        run = Run(phase, command, directory, task.how)
        with run, self._known(run), _ended_after(task.timeout, run) as is_late:
            for event in run.events():
                result.take(event)
            run.wait()
            complaint = f"stopped after {task.timeout:g} s" if is_late() else run.complaint()
        return result.grade(phase, complaint)

    @contextlib.contextmanager
    def _known(self, run: Run) -> Iterator[None]:
        """While it runs, `stop` ends it."""
        with self._lock:
            self._running.add(run)
            if self._is_stopping:
                run.kill()
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(run)

    def stop(self) -> None:
        """End all that runs; what begins from here on is ended at once."""
        with self._lock:
            self._is_stopping = True
            for run in self._running:
                run.kill()


@contextlib.contextmanager
def _ended_after(seconds: float, run: Run) -> Iterator[Callable[[], bool]]:
    """While this lasts, a run is ended when it takes too long. Gives what tells whether it did."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        run.interrupt()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield is_late.is_set
    finally:
        timer.cancel()
        timer.join()


class Row:
    """A learner, and the grades of their phases, which may not be there yet."""

    def __init__(self, name: str, directory: Path, futures: Sequence[Future[Grade]]) -> None:
        self.name = name
        self.directory = directory
        self._futures = futures

    def grades(self) -> Iterator[Grade]:
        """The grade of each phase, as soon as it is there."""
        for future in self._futures:
            yield future.result()


class Grading:
    """Grades a class in the background: `rows` are there at once, and fill.

    Use it in a `with` statement: leaving that by an exception ends all that runs.
    """

    def __init__(
        self, directories: Sequence[Path], task: Task, jobs: int, on_each: Callable[[], None]
    ) -> None:
        """`on_each` is called when a phase is graded, in any thread."""
        self._grader = Grader(task)
        self._pool = ThreadPoolExecutor(jobs)
        names = names_of(directories)
        self.rows = [
            Row(name, directory, [self._submit(each, directory, on_each) for each in task.phases])
            for name, directory in zip(names, directories, strict=True)
        ]

    def _submit(self, phase: str, directory: Path, on_each: Callable[[], None]) -> Future[Grade]:
        future = self._pool.submit(self._grader.grade, phase, directory / phase)
        future.add_done_callback(lambda _: on_each())
        return future

    def __enter__(self) -> Self:
        """Give the grading itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what is left; after an exception, end it."""
        if kind is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._grader.stop()
        self._pool.shutdown()


def names_of(directories: Sequence[Path]) -> list[str]:
    """What to call each learner: the directory's name, or its path where two have one name."""
    names = [Path(os.path.abspath(each)).name for each in directories]
    return [
        name if names.count(name) == 1 else str(directory)
        for name, directory in zip(names, directories, strict=True)
    ]
