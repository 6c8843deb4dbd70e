"""The command that shows the flaw of phase 2."""

from tests.harness import run
from tests.phases_common import in_lesson, without_numbers


def test_it_shows_the_flaw_as_the_lesson_says() -> None:
    status, output = run("phase2.flaw")
    assert status == 0
    assert without_numbers(output) == in_lesson("phase2", "python -m phase2.flaw")


def test_it_says_so_when_a_server_does_not_have_it() -> None:
    status, output = run("phase2.flaw", "phase3.server")
    assert status == 1
    assert output.endswith("So phase3.server does not have this flaw.")
