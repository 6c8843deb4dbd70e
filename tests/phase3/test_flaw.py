"""The command that shows the flaw of phase 3."""

from tests.harness import run
from tests.phases_common import in_lesson, without_numbers


def test_it_shows_the_flaw_as_the_lesson_says() -> None:
    status, output = run("phase3.flaw")
    assert status == 0
    assert without_numbers(output) == in_lesson("phase3", "python -m phase3.flaw")
