"""The options of the grading: what is run, in which order, and when it ends."""

import re
import shlex
from pathlib import Path

import pytest

from tests.grading.scripts import PYTHON, THREAD, echo
from tests.kit.harness import run

FIRST = "NOT YET: hello is answered and every other line is sent back"
FOLDERS = ("tests/phase2", "tests/phase1")  # not the order of the lessons


def graded(*options: str) -> str:
    """What the run prints, and that something failed."""
    status, output = run("pytest", *options, "-p", "no:cacheprovider", "--patience", "0.5")
    assert status == 1
    return output


def explanations(output: str) -> int:
    """How many failures are explained; pytest's summary, which may repeat them, does not count."""
    return len(re.findall("^NOT YET", output, re.MULTILINE))


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Starts a server that answers in capitals: nearly every check fails."""
    file = tmp_path_factory.mktemp("my server") / "server.py"
    file.write_text(echo("connection.sendall(line.upper())"), encoding="utf-8")
    return f"{PYTHON} {shlex.quote(str(file))} {{port}}"


@pytest.fixture(scope="module")
def first_failure(command: str) -> str:
    """What is printed of two phases."""
    return graded(*FOLDERS, "--server", command)


def test_the_first_failure_in_the_order_of_the_lessons_ends_the_run(first_failure: str) -> None:
    assert explanations(first_failure) == 1
    assert FIRST in first_failure
    assert (
        "The first check that fails ends the run: --hints 1 tells more of it; --a" in first_failure
    )


def test_it_does_so_with_several_processes(command: str) -> None:
    output = graded(*FOLDERS, "-x", "-n", "2", "--server", command)
    assert explanations(output) == 1
    assert FIRST in output


def test_it_says_how_to_run_the_check_again_in_the_same_way(
    first_failure: str, command: str
) -> None:
    again = (
        "Again:   python -m pytest tests/phase1/test_wire.py::test_hello_is_answered_and_every_"
        f'other_line_is_sent_back --patience 0.5 --server "{command}"'
    )
    assert again in first_failure


def test_a_server_that_does_not_come_again_is_one_failure(tmp_path: Path) -> None:
    """An error while a check is set up counts as well: it is told once, and with its reason."""
    once = "import pathlib\nif pathlib.Path(__file__ + '.ran').exists(): raise SystemExit('twice')"
    script = tmp_path / "server.py"
    script.write_text(f"{once}\npathlib.Path(__file__ + '.ran').touch()\n{echo(serve=THREAD)}")
    options = ("-k", "fifty or holds_up", "--server", f"{PYTHON} {script} {{port}}")
    output = graded("tests/phase2", *options)  # the second of the two wants a fresh server
    assert explanations(output) == 1
    assert "The server ended with status 1 before it listened" in output
    assert "| twice" in output


def test_all_of_them_where_all_are_wanted(command: str) -> None:
    output = graded(
        "tests/phase1",
        "-k",
        "hello_is_answered or newline_is_dropped",
        "--all",
        "--server",
        command,
    )
    assert explanations(output) == 2
    assert "ends the run" not in output


def test_a_learner_may_have_pytest_alone() -> None:
    """What is said for pytest-timeout, by pyproject.toml or by us, is no mistake without it."""
    plugins = ("timeout", "xdist", "hypothesispytest", "cacheprovider")
    server = f"{PYTHON} -m tests.broken.echo {{port}}"
    status, output = run(
        "pytest", "tests/phase1", "-k", "hello_is_answered", *(f"-pno:{each}" for each in plugins),
        "--server", server, "--start-seconds", "60",
    )  # fmt: skip
    assert status == 0, output
    assert "1 passed" in output


def test_only_what_grades_a_server_is_collected() -> None:
    """However much else there is: a learner's run begins at once."""
    status, output = run("pytest", "--collect-only", "-q", "--server", "node my_server.js {port}")
    assert status == 0, output
    checks = [line for line in output.splitlines() if "::" in line]
    assert {each.partition("::")[0] for each in checks} == {
        f"tests/phase{phase}/test_wire.py" for phase in (1, 2, 3, 4)
    }
    assert "deselected" not in output


def test_a_start_may_be_given_more_or_less_time(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text("import time; time.sleep(60)")
    command = f"{PYTHON} {shlex.quote(str(script))} {{port}}"
    output = graded("tests/phase1", "--start-seconds", "0.3", "--server", command)
    assert "Nobody could connect to 127.0.0.1 port" in output
    assert "within 0.3 s" in output


def test_a_server_that_takes_too_long_over_all_is_told_so(tmp_path: Path) -> None:
    """Not where the threads of the checks were when the time was up."""
    pytest.importorskip("pytest_timeout")
    script = tmp_path / "server.py"
    script.write_text(echo("time.sleep(0.02)\nconnection.sendall(line)"))
    options = ("-k", "burst", "--timeout", "2", "--server", f"{PYTHON} {script} {{port}}")
    output = graded("tests/phase1", *options)
    assert "Likely:  Each answer comes late." in output
    assert "Stack of" not in output
