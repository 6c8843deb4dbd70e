"""Each broken server fails the checks that its docstring names, and no other."""

import ast
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, Program, run

HERE = Path(__file__).parent
PATIENCE_SECONDS = "3"  # on one machine an answer takes milliseconds
RUN_SECONDS = 150.0  # several run at once, on a machine that may be slow
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


def failed_checks(piece: Piece, directory: Path) -> frozenset[str]:
    """Grade a server; the names of the checks that did not pass."""
    grades = directory / f"{piece.name}-{piece.phase}.json"
    command = f"{shlex.quote(sys.executable)} -m tests.broken.{piece.name} {{port}} {{logs}}"
    with Program(
        *("pytest", f"tests/phase{piece.phase}/test_wire.py", "--server", command),
        *("--patience", piece.patience, "--grades", str(grades)),
        *("--all", "-q", "--tb=no", "-p", "no:cacheprovider"),
        *(["--fresh"] if piece.needs_fresh else []),
        *("-p", "no:hypothesispytest"),  # 0.8 s to import, and not needed
    ) as grading:
        grading.end_of_input()
        assert grading.wait(RUN_SECONDS) in (0, 1), grading.rest_of_output()
    outcomes: dict[str, str] = json.loads(grades.read_text(encoding="utf-8"))
    assert outcomes, "nothing was graded"
    return frozenset(
        check.rpartition("::")[2].partition("[")[0]
        for check, outcome in outcomes.items()
        if outcome != "passed"
    )


Grade = Callable[[Piece], frozenset[str]]


@pytest.fixture(scope="module")
def grade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grade]:
    """Grade a server. All are graded at once, a few at a time: they mostly wait."""
    directory = tmp_path_factory.mktemp("grades")
    with ThreadPoolExecutor(5) as pool:
        grading: dict[Piece, Future[frozenset[str]]] = {
            piece: pool.submit(failed_checks, piece, directory) for piece in pieces()
        }
        yield lambda piece: grading[piece].result()
        for future in grading.values():
            future.cancel()


@pytest.mark.timeout(RUN_SECONDS + 30)
@pytest.mark.parametrize("piece", pieces(), ids=lambda piece: f"{piece.name}-{piece.phase}")
def test_exactly_the_checks_that_it_names_fail(piece: Piece, grade: Grade) -> None:
    failed = grade(piece)
    assert piece.fails <= failed
    if "any" not in piece.may_fail:
        assert failed - piece.may_fail == piece.fails


FLAWS = [
    (1, "phase2", "test_fifty_clients_are_served_at_once"),
    (2, "phase3", "test_everybody_hears_what_one_says"),
    (3, "phase4", "test_a_newcomer_gives_a_name_and_is_welcomed"),
    (3, "phase4", "test_what_one_says_all_others_hear_with_the_name"),
]


@pytest.mark.parametrize(("phase", "next_phase", "check"), FLAWS)
def test_each_phase_fails_the_check_of_the_flaw_that_it_hands_on(
    phase: int, next_phase: str, check: str
) -> None:
    server = f"{shlex.quote(sys.executable)} -m phase{phase}.server --port {{port}}"
    status, output = run(
        *("pytest", f"tests/{next_phase}/test_wire.py::{check}", "--server", server),
        *("--patience", "0.5", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
        seconds=RUN_SECONDS,
    )
    assert status == 1
    assert "NOT YET" in output
    assert "1 failed" in output


def test_every_check_is_failed_by_somebody() -> None:
    """A check that nothing fails could be one that cannot fail."""
    failed = {check for piece in pieces() for check in piece.fails}
    failed |= {check for _, _, check in FLAWS}
    wire = [*ROOT.glob("tests/phase*/test_wire.py"), ROOT / "tests/grading/stream_checks.py"]
    checks = {
        name
        for file in wire
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert failed == checks
