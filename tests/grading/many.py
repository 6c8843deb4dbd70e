"""Grades many servers, a few at a time, each as `python -m pytest --server COMMAND` would.

To start pytest takes longer than most servers take to be graded. So a few processes do it, and each
grades one server after the other. They read a job from their standard input, print the grades, and
wait for the next; Python's own pools of processes need /dev/shm, which not every machine has.

    with Graders(5, directory) as graders:
        future = graders.grade(Job(1, "node my_server.js {port}"))
        assert not future.result().failed
"""

import ast
import json
import queue
import re
import shutil
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.kit.harness import ROOT, Program

JOB_SECONDS = 150.0  # several run at once, on a machine that may be slow
JOBS_OF_A_PROCESS = 40  # then another takes its place: each port that was used costs a descriptor

NOT_NEEDED = ("terminal", "cacheprovider", "hypothesispytest", "xdist", "unraisableexception")
WIRE = (
    *ROOT.glob("tests/phase*/test_wire.py"),
    *ROOT.glob("tests/grading/*_checks.py"),
    *ROOT.glob("tests/grading/chat/*.py"),
)


def patient_checks() -> frozenset[str]:
    """The checks that take seconds even of a right server: they are marked `patient`."""
    return frozenset(
        node.name
        for file in WIRE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(each) == "pytest.mark.patient" for each in node.decorator_list)
    )


@dataclass(frozen=True)
class Job:
    """A server to be graded. `options` are pytest's and ours: `--all`, `-m`, `-k`, `--patience`."""

    phase: int
    command: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grades:
    """What came of it."""

    outcomes: dict[str, str]
    """`passed`, `failed` or `skipped` for each check that ran, by its name with its case."""
    first: str
    """The whole explanation of the first failure; nothing where all passed."""
    stopped: str
    """Why nothing could be graded, because nobody could connect; else nothing."""

    @property
    def failed(self) -> frozenset[str]:
        """The names of the checks that failed, without their cases."""
        return frozenset(
            check.partition("[")[0] for check, how in self.outcomes.items() if how == "failed"
        )

    @property
    def not_yet(self) -> str:
        """What is not kept yet: the promise of the first check that failed, in words."""
        found = re.match(r"NOT YET: (.*)", self.first)
        return found[1] if found else self.first


class Graders:
    """A few processes that grade. Any thread may give them jobs."""

    def __init__(self, count: int, directory: Path) -> None:
        """`count` servers are graded at once; what they write goes to `directory`, for a while."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.Lock()
        self._is_open = True  # under the lock
        self._programs: dict[int, Program] = {}  # those that run, by their places; under the lock
        self._jobs_done = [0] * count  # by whoever has the place
        self._places: queue.SimpleQueue[int] = queue.SimpleQueue()
        for place in range(count):
            self._places.put(place)
        self._pool = ThreadPoolExecutor(count)

    def __enter__(self) -> Self:
        """Give the graders themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them, with the servers that they grade; jobs that are not done are cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_open = False
            running = [*self._programs.values()]
        for program in running:
            program.kill()  # and no more: the thread that waits for its answer must see its end
        self._pool.shutdown()
        for place in [*self._programs]:
            self._end(place)

    def grade(self, job: Job, seconds: float = JOB_SECONDS) -> Future[Grades]:
        """The grades of a server, as soon as its turn has come.

        The future raises AssertionError where that takes more than `seconds`, or the process dies.
        """
        return self._pool.submit(self._grade, job, seconds)

    def _grade(self, job: Job, seconds: float) -> Grades:
        place = self._places.get()
        try:
            with ExitStack() as unless_answered:  # else nobody knows what it is about
                unless_answered.callback(self._end, place)
                program = self._program_at(place)
                text = json.dumps([asdict(job), str(self._directory / f"place{place}")])
                program.type(text + "\n")
                grades = Grades(*json.loads(program.expect(r"^\[.*\]$", seconds)[0]))
                unless_answered.pop_all()
            self._jobs_done[place] += 1
            return grades
        finally:
            self._places.put(place)

    def _program_at(self, place: int) -> Program:
        """The process at a place that nobody else has now; a new one if need be."""
        if self._jobs_done[place] >= JOBS_OF_A_PROCESS:
            self._end(place)
        with self._lock:
            assert self._is_open, "nothing is graded any more"
            if place not in self._programs:
                self._programs[place] = Program("tests.grading.many")
                self._jobs_done[place] = 0
            return self._programs[place]

    def _end(self, place: int) -> None:
        with self._lock:
            program = self._programs.pop(place, None)
        if program:
            program.__exit__(None, None, None)


# --- in the process that grades -------------------------------------------------------------------


class _Recorder:
    """A plugin of pytest that remembers how each check went."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.first = ""
        self.stopped = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A check is as good as the worst of its three parts."""
        check = report.nodeid.rpartition("::")[2]
        if report.outcome != "passed" or self.outcomes.get(check) is None:
            self.outcomes[check] = report.outcome
        if report.failed and not self.first:
            self.first = str(report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file of checks that cannot be read is a failure, too."""
        if report.failed and not self.first:
            self.first = str(report.longrepr)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Nothing could be checked, because no server listened."""
        self.stopped = str(excinfo.value)


def grade_here(job: Job, directory: Path) -> Grades:
    """Grade a server in this process, and leave nothing in `directory`."""
    recorder = _Recorder()
    arguments = [
        *(f"tests/phase{job.phase}/test_wire.py", "--server", job.command, *job.options),
        *("-o", "addopts=", "--basetemp", str(directory)),
        # No person reads this, and what is not needed costs time: to collect the garbage, say.
        *(f"-pno:{each}" for each in NOT_NEEDED),
    ]
    status = pytest.main(arguments, plugins=[recorder])
    shutil.rmtree(directory, ignore_errors=True)
    if not recorder.outcomes and not recorder.stopped:
        recorder.stopped = recorder.first or f"no check was run (status {status})"
    return Grades(recorder.outcomes, recorder.first, recorder.stopped)


def _work(print_answer: Callable[[str], None]) -> None:
    """Do one job after the other, until the end of the standard input."""
    for line in sys.stdin:
        job, directory = json.loads(line)
        job["options"] = tuple(job["options"])
        grades = grade_here(Job(**job), Path(directory))
        print_answer(json.dumps([grades.outcomes, grades.first, grades.stopped]))


if __name__ == "__main__":
    _work(lambda answer: print(answer, flush=True))
