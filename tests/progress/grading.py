"""Grades a class: every phase of every learner, several at a time; then again what was too late."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from shared.deadline import Deadline
from tests.progress import again
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
            return Grade(phase, none.state, str(none), found=none.found)
        except OSError as error:  # a directory that we may not enter, say
            name = Path(error.filename or directory).name
            return Grade(phase, NOT_GRADED, f"{name}: {error.strerror}")

    def _grade(self, phase: str, directory: Path, command: str) -> Grade:
        result, complaint = self._run(phase, command, directory, self._task.how, self._task.timeout)
        return result.grade(phase, complaint)

    def grade_again(self, grade: Grade, directory: Path, deadline: Deadline) -> Grade:
        """Ask what is uncertain once more, as far as the time reaches."""
        if deadline.has_passed:
            return grade
        how = again.more_patient(self._task.how, grade, deadline.seconds_left)
        try:
            command = command_for(grade.phase, directory, self._task.given)
            result, _ = self._run(grade.phase, command, directory, how, deadline.timeout())
        except (NoServer, OSError):  # it is not there any more
            return grade
        return again.corrected(grade, result)

    def _run(
        self, phase: str, command: str, directory: Path, how: How, seconds: float
    ) -> tuple[Result, str]:
        """What the checks have told, and why that is not all; "" where it is."""
        result = Result()
        run = Run(phase, command, directory, how)
        with run, self._known(run), TimeLimit(run, seconds) as limit:
            for event in run.events():
                result.take(event)
                if result.has_begun:
                    limit.begin()
            run.wait()
            complaint = limit.exceeded or run.complaint()
        return result, complaint

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


@dataclass
class _Phase:
    """A phase of a learner that is graded: `future` is there at once."""

    phase: str
    directory: Path
    first: Grade | None = None  # what came out when everybody was graded
    future: Future[Grade] = field(default_factory=Future)


class Grading:
    """Grades a class in the background: `rows` are there at once, and fill.

    A grade is there when it is final: one with checks that came too late waits for the others, and
    these checks are asked again. Use it in a `with` statement: leaving that by an exception ends
    all that runs.
    """

    def __init__(
        self, directories: Sequence[Path], task: Task, jobs: int, on_each: Callable[[], None]
    ) -> None:
        """`on_each` is called when a phase is graded, in any thread."""
        self._grader = Grader(task)
        self._lock = threading.Lock()
        self._left = len(directories) * len(task.phases)  # to be graded first; under _lock
        self._uncertain: list[_Phase] = []  # under _lock
        self._again_seconds = again.seconds_for(len(directories))
        # One on every second core leaves time for others, and may take longer than all of them.
        self._quiet_from = (os.cpu_count() or 1) // 2
        self._pool = ThreadPoolExecutor(jobs)
        few = again.JOBS_PER_CORE * (os.cpu_count() or 1)
        self._pool_again = ThreadPoolExecutor(min(jobs, few))
        names = names_of(directories)
        self.rows = [
            Row(name, directory, [self._submit(each, directory, on_each) for each in task.phases])
            for name, directory in zip(names, directories, strict=True)
        ]

    def _submit(self, phase: str, directory: Path, on_each: Callable[[], None]) -> Future[Grade]:
        graded = _Phase(phase, directory / phase)
        graded.future.add_done_callback(lambda _: on_each())
        self._pool.submit(self._grade, graded)
        return graded.future

    def _grade(self, graded: _Phase) -> None:
        """Grade a phase for the first time; when hardly any is left, the second round begins."""
        with _failing(graded.future):
            graded.first = self._grader.grade(graded.phase, graded.directory)
            if not graded.first.uncertain:
                graded.future.set_result(graded.first)
        with self._lock:
            self._left -= 1
            if not graded.future.done():
                self._uncertain.append(graded)
            if self._left > self._quiet_from:
                return
            uncertain, self._uncertain = self._uncertain, []
        deadline = Deadline(self._again_seconds)
        # First those that lack least: there a check more or less says most.
        for each in sorted(uncertain, key=lambda each: len(_first(each).uncertain)):
            self._pool_again.submit(self._grade_again, each, deadline)

    def _grade_again(self, graded: _Phase, deadline: Deadline) -> None:
        with _failing(graded.future):
            first, directory = _first(graded), graded.directory
            graded.future.set_result(self._grader.grade_again(first, directory, deadline))

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
            self._pool_again.shutdown(wait=False, cancel_futures=True)
            self._grader.stop()
        self._pool.shutdown()
        self._pool_again.shutdown()


@contextlib.contextmanager
def _failing(future: Future[Grade]) -> Iterator[None]:
    """Whoever waits for the future gets the exception that ends this."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is raised where the grade is wanted
        future.set_exception(error)


def _first(graded: _Phase) -> Grade:
    assert graded.first
    return graded.first


def names_of(directories: Sequence[Path]) -> list[str]:
    """What to call each learner: the directory's name, or its path where two have one name."""
    names = [Path(os.path.abspath(each)).name for each in directories]
    return [
        name if names.count(name) == 1 else str(directory)
        for name, directory in zip(names, directories, strict=True)
    ]
