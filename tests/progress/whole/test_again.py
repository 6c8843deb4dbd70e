"""A mark does not depend on how busy the machine was: what came too late is asked once more."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.deadline import Deadline
from tests.grading.people import (
    AS_PYTHON,
    CHARSET,
    DEAD,
    GONE,
    LATE,
    MISMATCH,
    NUL,
    SILENCE,
    SLOW,
    UNACCEPTED,
    UNFINISHED,
    UNREAD,
    UNREADY,
)
from tests.kit.harness import ROOT
from tests.progress.again import corrected, more_patient, seconds_for
from tests.progress.checks import GRADE, GRADE_ALL, How, Result
from tests.progress.grades import DOES_NOT_START, GRADED, NOT_RUN, Grade
from tests.progress.grading import Grader, Task
from tests.progress.inside import is_late
from tests.progress.whole.test_grading import PYTHON, RUN_SECONDS, graded, put

SLOW_ONCE = f"""
import pathlib, runpy, socket, time
receive, was_slow = socket.socket.recv, pathlib.Path("was_slow")
def slowly(self, *arguments):
    data = receive(self, *arguments)
    if data and not was_slow.exists():
        was_slow.touch()
        time.sleep(4)  # as on a machine that has a class to serve
    return data
socket.socket.recv = slowly
runpy.run_path({str(ROOT / "tests/broken/echo.py")!r}, run_name="__main__")
"""
STARTS_LATE = f"""
import pathlib, runpy, time
while pathlib.Path("busy").exists():
    time.sleep(0.05)
runpy.run_path({str(ROOT / "tests/broken/echo.py")!r}, run_name="__main__")
"""

pytestmark = pytest.mark.timeout(RUN_SECONDS + 50)


def late(outcomes: str, why: str = "") -> Grade:
    """A grade by a letter for each check: passed, failed, late or not run."""
    words = {"p": "passed", "f": "failed", "l": "failed", "n": NOT_RUN}
    result = Result()
    result.take({"checks": [f"test_{n}" for n in range(len(outcomes))]})
    for number, letter in enumerate(outcomes.replace("n", "")):
        outcome = {"check": f"test_{number}", "outcome": words[letter]}
        result.take({**outcome, "is_late": letter == "l"})
    if why:
        result.take({"given_up": why})
    return result.grade("phase1", "")


def test_what_came_too_late_once_passes_when_it_is_asked_again(tmp_path: Path) -> None:
    put(tmp_path, "phase1", SLOW_ONCE, "mine.py")
    put(tmp_path, "phase1", f"{PYTHON} mine.py {{port}}", "command.txt")
    grade = graded(tmp_path, "--phases", "phase1", "--patience", "2")["phase1"]
    assert (tmp_path / "phase1" / "was_slow").exists()
    assert (grade["passed"], grade["uncertain"]) == (grade["of"], [])


def test_only_what_failed_for_want_of_time_is_uncertain() -> None:
    assert late("pflp").uncertain == ("test_2",)


def failed(seconds: float, *told: tuple[str, object]) -> pytest.TestReport:
    """What pytest reports of a check that took so long, and says this of its failure."""
    return pytest.TestReport(
        "test_1", ("", None, ""), {}, "failed", "", "call", duration=seconds, user_properties=told
    )


@pytest.mark.parametrize("kind", [DEAD, GONE, MISMATCH, NUL, CHARSET, AS_PYTHON])
def test_what_no_wait_spares_is_certain_however_long_it_took(kind: str) -> None:
    assert not is_late(failed(9.0, ("kind", kind), ("has waited", False)), 2.0)


@pytest.mark.parametrize("kind", [SILENCE, LATE, UNFINISHED, UNACCEPTED, UNREAD, UNREADY, SLOW])
def test_what_got_no_answer_is_late(kind: str) -> None:
    assert is_late(failed(0.1, ("kind", kind), ("has waited", False)), 2.0)


def test_what_was_waited_for_is_late_though_it_is_told_as_something_else_that_came() -> None:
    assert is_late(failed(2.0, ("kind", MISMATCH), ("has waited", True)), 2.0)


def test_of_a_failure_that_says_nothing_its_time_tells() -> None:
    assert is_late(failed(2.0), 2.0)
    assert not is_late(failed(1.9), 2.0)


def test_what_is_hopeless_is_certain() -> None:
    assert late("pflnn", "too many got no answer").uncertain == ()


def test_what_is_asked_again_is_certain_and_what_passes_then_has_passed() -> None:
    first = late("pllll")
    again = Result()
    again.take({"checks": first.uncertain})
    again.take({"check": "test_1", "outcome": "passed"})
    again.take({"check": "test_2", "outcome": "failed", "is_late": True})
    grade = corrected(first, again)
    assert [*grade.checks.values()] == ["passed", "passed", "failed", "failed", "failed"]
    assert grade.uncertain == ("test_3", "test_4")
    again.take({"given_up": "too many got no answer"})
    assert corrected(first, again).uncertain == ("test_3", "test_4")


def test_nothing_is_given_up_when_it_is_asked_again() -> None:
    """All of it has failed once: that there is no answer in a row is no wonder."""
    grade = late("plllllll")
    how = more_patient(How(GRADE, 1.0), grade, 12.0)
    assert (how.purpose, how.only) == (GRADE_ALL, grade.uncertain)


# --- a server that does not start ----------------------------------------------------------------


def unready(*, is_late: bool = True) -> Result:
    """What a run tells of a server that did not listen in time."""
    result = Result()
    result.take({"checks": ["test_0", "test_1", "test_2"]})
    told = {"no_server": "Nobody could connect", "said": "", "text": "", "hints": []}
    result.take({**told, "is_late": is_late})
    return result


def test_a_server_that_was_too_slow_to_start_is_graded_when_it_is_started_again(
    tmp_path: Path,
) -> None:
    put(tmp_path, "phase1", STARTS_LATE, "mine.py")
    put(tmp_path, "phase1", f"{PYTHON} mine.py {{port}}", "command.txt")
    put(tmp_path, "phase1", "as the machine is", "busy")
    grader = Grader(Task(["phase1"], None, RUN_SECONDS, How(GRADE, 5.0, start_seconds=5.0)))
    first = grader.grade("phase1", tmp_path / "phase1")
    assert first.state == DOES_NOT_START
    assert first.uncertain == (*first.checks,) != ()
    (tmp_path / "phase1" / "busy").unlink()
    grade = grader.grade_again(first, tmp_path / "phase1", Deadline(RUN_SECONDS))
    assert (grade.state, grade.passed, grade.uncertain) == (GRADED, len(first.checks), ())


def test_a_server_that_has_ended_or_told_of_a_fault_is_certain_not_to_start() -> None:
    assert unready(is_late=False).grade("phase1", "").uncertain == ()


def test_it_is_given_no_less_time_to_start_and_more_where_there_is_some() -> None:
    grade, how = unready().grade("phase1", ""), How(GRADE, 1.0, start_seconds=10.0)
    assert more_patient(how, grade, 60.0) == How(GRADE, 2.0, start_seconds=20.0)
    assert more_patient(how, grade, 12.0).start_seconds == 11.0
    assert more_patient(how, grade, 5.0).start_seconds == 10.0


def test_what_does_not_start_again_does_not_start_and_what_was_not_reached_is_uncertain() -> None:
    first, nothing = unready().grade("phase1", ""), Result()
    assert corrected(first, unready()) == replace(first, uncertain=())
    assert corrected(first, unready(is_late=False)).uncertain == ()
    assert corrected(first, nothing) == first
    nothing.take({"checks": first.uncertain})
    assert corrected(first, nothing) == first
    nothing.take({"check": "test_0", "outcome": "passed"})
    grade = corrected(first, nothing)
    assert (grade.state, grade.passed, grade.uncertain) == (GRADED, 1, ("test_1", "test_2"))
    nothing.take({"given_up": "too many got no answer"})
    assert corrected(first, nothing).uncertain == ()


def test_that_it_may_start_with_more_time_is_said() -> None:
    from tests.progress.screen import Look, Table, bar_line

    grade = unready().grade("phase1", "")
    told = "does not start: Nobody could connect (not certain: was the machine busy?)"
    assert bar_line(grade, Path("my"), Look(120)).endswith(told)
    table = Table(["bob"], ["phase1"], Look(120))
    assert table.row("bob", [grade]).split() == ["bob", "no", "start?"]
    assert list(table.notes("bob", [grade])) == [f"bob phase1: {told}"]


# --- the time for it -----------------------------------------------------------------------------


def test_what_there_is_no_time_to_ask_again_stays_uncertain(tmp_path: Path) -> None:
    grader = Grader(Task(["phase1"], None, 30.0, How(GRADE, 1.0)))
    grade = late("pl")
    assert grader.grade_again(grade, tmp_path / "phase1", Deadline(0.0)) == grade


def test_a_class_of_ten_waits_for_it_no_longer_than_a_learner_alone() -> None:
    assert seconds_for(1) == seconds_for(10) < seconds_for(30) < 60


def test_a_grade_that_is_not_certain_says_so() -> None:
    from tests.progress.screen import Look, Table, bar_line

    grade = late("pl")
    assert grade.state == GRADED
    told = bar_line(grade, Path("my"), Look(99))
    assert told.endswith("next: 1 (1 not certain: was the machine busy?)")
    table = Table(["bob"], ["phase1"], Look(80))
    assert table.row("bob", [grade]).split() == ["bob", "1/2?"]
    assert list(table.notes("bob", [grade])) == [
        "bob phase1: next: 1 (1 not certain: was the machine busy?)"
    ]
    assert table.row("bob", [replace(grade, uncertain=())]).split() == ["bob", "1/2"]
