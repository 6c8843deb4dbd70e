"""The checks lead through the TODOs of each beginning, and pass when all are done."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.grading.many import Graders, Grades, Job, patient_checks
from tests.grading.titles import promise_of
from tests.start import PHASES, arguments_of
from tests.starters.cutting import cut
from tests.starters.steps import checks_of, program, steps_of

RUN_SECONDS = 200.0  # until the turn of a step has come, on a machine that may be slow
GRADED_AT_ONCE = 7

NO_SERVER = "somebody can connect"  # the name of what is asked before the first check


def job_of(phase: str, done: int, directory: Path) -> Job:
    """Check a server after so many TODOs, as a learner does.

    What takes long is asked where its TODO comes next, and when all is done.
    """
    server = directory / f"{phase}_{done}.py"
    server.write_text(cut(program(phase), done), encoding="utf-8")
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(server))} {arguments_of(phase)}"
    due = checks_of(phase)[done:][:1]
    patient = {*map(promise_of, patient_checks())}
    is_patient = not due or any(due[0].startswith(each) for each in patient)
    return Job(int(phase[-1]), command, () if is_patient else ("-m", "not patient"))


STEPS = [(phase, done) for phase in PHASES for done in steps_of(phase)]
Step = Callable[[str, int], Grades]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Step]:
    """The grades after so many TODOs. All are graded at once, a few at a time: they mostly wait."""
    directory = tmp_path_factory.mktemp("servers")
    with Graders(GRADED_AT_ONCE, directory / "grades") as graders:
        grading = {step: graders.grade(job_of(*step, directory)) for step in reversed(STEPS)}
        yield lambda phase, done: grading[phase, done].result()


@pytest.mark.timeout(RUN_SECONDS)
@pytest.mark.parametrize(("phase", "done"), STEPS)
def test_with_each_todo_done_the_check_that_fails_is_that_of_the_next(
    phase: str, done: int, after: Step
) -> None:
    names = [*checks_of(phase), ""]  # and with the last one done, nothing fails
    grades = after(phase, done)
    failed = NO_SERVER if "before it listened" in grades.stopped else grades.not_yet
    assert failed == names[done] or (names[done] and failed.startswith(f"{names[done]}, "))
