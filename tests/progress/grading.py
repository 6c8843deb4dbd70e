"""Grades a class: every phase of every learner, several at a time."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from tests.progress.checks import How, Result, Run
from tests.progress.grades import NOT_GRADED, Grade
from tests.progress.servers import NoServer, command_for

BEGIN_SECONDS = 60.0  # for Python to start and to read the checks; on a busy machine it took 20


@dataclass(frozen=True)
class Task:
    """How everybody is graded."""

    phases: Sequence[str]
    given: str | None  # the command that starts each server, or None: as it is found
    timeout: float  # seconds, of the checks of a phase
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
        with run, self._known(run), TimeLimit(run, task.timeout) as limit:
            for event in run.events():
                result.take(event)
                if result.has_begun:
                    limit.begin()
            run.wait()
            complaint = limit.exceeded or run.complaint()
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


class TimeLimit:
    """Ends a run that takes too long, from the moment in which it knows its checks.

    Until then Python starts and reads them: that is no time of the learner's, and has a bound of
    its own. Use it in a `with` statement, in one thread; a timer's thread ends the run.
    """

    def __init__(self, run: Run, seconds: float) -> None:
        self.exceeded = ""  # what to say of it; written by a timer, read when the run has ended
        self._run = run
        self._seconds = seconds
        self._has_begun = False
        why = f"its checks did not begin within {BEGIN_SECONDS:g} s"
        self._timer = Timer(BEGIN_SECONDS, self._end, [why])

    def __enter__(self) -> Self:
        """Wait for its beginning."""
        self._timer.start()
        return self

    def begin(self) -> None:
        """Its time counts from now on. May be called again."""
        if not self._has_begun:
            self._has_begun = True
            self._stop()
            self._timer = Timer(self._seconds, self._end, [f"stopped after {self._seconds:g} s"])
            self._timer.start()

    def _end(self, why: str) -> None:
        self.exceeded = self.exceeded or why
        self._run.interrupt()

    def _stop(self) -> None:
        self._timer.cancel()
        self._timer.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Its time does not matter any more."""
        self._stop()


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

    def known(self) -> list[Grade | None]:
        """The grades that are there by now; None for each that is not."""
        return [_result_of(future) for future in self._futures]


def _result_of(future: Future[Grade]) -> Grade | None:
    if not future.done() or future.cancelled() or future.exception():
        return None
    return future.result()


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
