"""Each broken server fails the checks that its docstring names, and no other."""

import ast
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.grading.many import WIRE, Graders, Grades, Job, patient_checks
from tests.grading.titles import title_of

HERE = Path(__file__).parent
PATIENCE_SECONDS = "3"  # on one machine an answer takes milliseconds
RUN_SECONDS = 200.0  # until the turn of the last one has come, on a machine that may be slow
GRADED_AT_ONCE = 8
RIGHT = {("echo", 1), ("echo", 2), ("broadcast", 3), ("chat", 4)}


@dataclass(frozen=True)
class Piece:
    """A server of the museum, and what its docstring says."""

    name: str
    phase: int
    fails: frozenset[str]
    may_fail: frozenset[str] = frozenset()  # where chance has a hand in it; "any" is all
    patience: str = PATIENCE_SECONDS
    needs_fresh: bool = False  # who leaves one check would disturb the next


def pieces() -> list[Piece]:
    """All servers in this folder."""
    found = [Piece(name, phase, frozenset()) for name, phase in sorted(RIGHT)]
    for file in sorted(HERE.glob("[!_]*.py")):
        if file.stem not in {"test_museum", "tk_from_a_thread", *(name for name, _ in RIGHT)}:
            said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            phase = re.findall(r"^Phase: (\d)$", said, re.MULTILINE)
            fails = re.findall(r"^Fails: (test_\w+)$", said, re.MULTILINE)
            may_fail = re.findall(r"^May fail: (\w+)", said, re.MULTILINE)
            assert len(phase) == 1, f"{file.name} has no line 'Phase: N'"
            assert fails, f"{file.name} has no line 'Fails: test_...'"
            is_fresh = "\nFresh: yes" in said
            patience = (
                re.findall(r"^Patience: ([\d.]+)$", said, re.MULTILINE) or [PATIENCE_SECONDS]
            )[0]
            found.append(
                Piece(
                    file.stem,
                    int(phase[0]),
                    frozenset(fails),
                    frozenset(may_fail),
                    patience,
                    is_fresh,
                )
            )
    return found


def job_of(piece: Piece) -> Job:
    """Grade it by all checks; by those that take long, only if the piece is about one of them."""
    is_about_patience = not piece.fails or (piece.fails | piece.may_fail) & patient_checks()
    return Job(
        piece.phase,
        f"{shlex.quote(sys.executable)} -m tests.broken.{piece.name} {{port}} {{logs}}",
        (
            *("--all", "--patience", piece.patience),
            *(["--fresh"] if piece.needs_fresh else []),
            *([] if is_about_patience else ["-m", "not patient"]),
        ),
    )


def flaw_of(phase: int, next_phase: int, check: str) -> Job:
    """Ask our server of a phase one check of the next phase."""
    server = f"{shlex.quote(sys.executable)} -m phase{phase}.server --port {{port}}"
    return Job(next_phase, server, ("--patience", "0.5", "-k", check))


FLAWS = [
    (1, 2, "test_two_clients_are_served_at_once"),
    (2, 3, "test_everybody_hears_what_one_says"),
    (3, 4, "test_a_newcomer_gives_a_name_and_is_welcomed"),
    (3, 4, "test_what_one_says_all_others_hear_with_the_name"),
]

Grade = Callable[[Job], Grades]


@pytest.fixture(scope="module")
def grade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grade]:
    """Grade a server. All are graded at once, a few at a time: they mostly wait."""
    jobs = [*map(job_of, pieces()), *(flaw_of(*flaw) for flaw in FLAWS)]
    with Graders(GRADED_AT_ONCE, tmp_path_factory.mktemp("grades")) as graders:
        grading = {job: graders.grade(job) for job in jobs}
        yield lambda job: grading[job].result()


@pytest.mark.timeout(RUN_SECONDS)
@pytest.mark.parametrize("piece", pieces(), ids=lambda piece: f"{piece.name}-{piece.phase}")
def test_exactly_the_checks_that_it_names_fail(piece: Piece, grade: Grade) -> None:
    grades = grade(job_of(piece))
    assert not grades.stopped
    assert piece.fails <= grades.failed
    if "any" not in piece.may_fail:
        assert grades.failed - piece.may_fail == piece.fails, grades.first


@pytest.mark.timeout(RUN_SECONDS)
@pytest.mark.parametrize("flaw", FLAWS)
def test_each_phase_fails_the_check_of_the_flaw_that_it_hands_on(
    flaw: tuple[int, int, str], grade: Grade
) -> None:
    grades = grade(flaw_of(*flaw))
    assert grades.failed == {flaw[2]}
    assert grades.not_yet == title_of(flaw[2])


def test_every_check_is_failed_by_somebody() -> None:
    """A check that nothing fails could be one that cannot fail."""
    failed = {check for piece in pieces() for check in piece.fails}
    failed |= {check for _, _, check in FLAWS}
    checks = {
        name
        for file in WIRE
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert failed == checks
