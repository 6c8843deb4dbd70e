"""The command that shows the flaw of phase 1."""

from tests.harness import run
from tests.phases_common import in_lesson, without_numbers


def test_it_shows_the_flaw_as_the_lesson_says() -> None:
    status, output = run("phase1.flaw")
    assert status == 0
    assert without_numbers(output) == in_lesson("phase1", "python -m phase1.flaw")


def test_it_says_so_when_a_server_does_not_have_it() -> None:
    status, output = run("phase1.flaw", "phase2.server")
    assert status == 1
    assert without_numbers(output) == in_lesson("phase2", "python -m phase1.flaw phase2.server")
    assert output.endswith("So phase2.server does not have this flaw.")
