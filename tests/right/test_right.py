"""A right server passes, in whatever language it is written, and in one thread."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from tests.conftest import Need
from tests.grading.many import Graders, Grades
from tests.right.servers import LANGUAGES, PHASES, job_of

RUN_SECONDS = 200.0  # until the turn of the last one has come, on a machine that may be slow
GRADED_AT_ONCE = 4

Grading = Callable[[str, int], Future[Grades]]


@pytest.fixture(scope="module")
def grading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grading]:
    """The grades of each. All are graded at once, a few at a time: they mostly wait."""
    directory = tmp_path_factory.mktemp("right")
    with Graders(GRADED_AT_ONCE, directory / "grades") as graders:
        running = {
            (language, phase): graders.grade(job_of(language, phase, directory))
            for language, (program, _) in LANGUAGES.items()
            for phase in PHASES
            if shutil.which(program)
        }
        yield lambda language, phase: running[language, phase]


@pytest.mark.timeout(RUN_SECONDS)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_right_server_passes_all_checks_of_its_phase(
    language: str, phase: int, need: Need, grading: Grading
) -> None:
    need(LANGUAGES[language][0])
    grades = grading(language, phase).result()
    assert not grades.stopped
    assert not grades.failed, grades.first
    assert set(grades.outcomes.values()) == {"passed"}  # and none was skipped
