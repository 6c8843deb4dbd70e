"""Asks the checks of a phase of each mutant, and tells what became of it."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.grading.many import Graders, Grades, Job
from tests.mutation.harmless import reason
from tests.mutation.operators import Mutant

PATIENCE_SECONDS = "3"  # on one machine an answer takes milliseconds
JOB_SECONDS = 120.0
BOUNDED = Path(__file__).with_name("bounded.py")
KILLED, NOT_STARTED, OVERDUE, SURVIVED = "killed", "does not start", "takes too long", "passes"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: one of the four words above, and the check that found it."""

    mutant: Mutant
    what: str
    by: str = ""


def fates(mutants: Iterable[Mutant], jobs: int, directory: Path) -> Iterator[Fate]:
    """The fate of each, as soon as it is known; `jobs` are graded at once."""
    with Graders(jobs, directory / "grades") as graders, ThreadPoolExecutor(jobs) as pool:
        running: list[Future[Fate]] = [
            pool.submit(_fate, mutant, _written(mutant, directory / f"mutant{number}.py"), graders)
            for number, mutant in enumerate(mutants)
        ]
        try:
            for each in as_completed(running):
                yield each.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _written(mutant: Mutant, file: Path) -> Path:
    file.write_text(mutant.make(), encoding="utf-8")
    return file


def _fate(mutant: Mutant, file: Path, graders: Graders) -> Fate:
    try:
        # What takes long is asked last, and not of those that may pass: few come so far.
        for which in ("not patient",) if reason(mutant) else ("not patient", "patient"):
            grades = graders.grade(job_of(mutant.phase, file, which), JOB_SECONDS).result()
            if found := _found(mutant, grades):
                return found
    except AssertionError:
        return Fate(mutant, OVERDUE)
    finally:
        file.unlink()
    return Fate(mutant, SURVIVED)


def job_of(phase: int, file: Path, which: str) -> Job:
    """Grade a program in bounds, by some of the checks, and stop at the first that fails."""
    words = [sys.executable, str(BOUNDED), str(file), "--port", "{port}"]
    words += ["--log-dir", "{logs}"] if phase == 4 else []
    return Job(phase, shlex.join(words), ("--patience", PATIENCE_SECONDS, "-m", which))


def _found(mutant: Mutant, grades: Grades) -> Fate | None:
    if grades.stopped.startswith("no check was run"):  # none is patient in this phase
        return None
    if grades.stopped:
        return Fate(mutant, NOT_STARTED)
    failed = [check for check, how in grades.outcomes.items() if how == "failed"]
    return Fate(mutant, KILLED, failed[0]) if failed else None
