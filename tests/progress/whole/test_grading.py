"""What learners wrote is graded, whatever it is, and none of it holds up or hides the rest."""

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.grading import processes
from tests.kit.harness import ROOT, run
from tests.progress.__main__ import grade as grade_and_show
from tests.progress.checks import GRADE, How
from tests.progress.grading import Task
from tests.progress.inside import ALL_PATIENCES, FIRST_CHECKS, ROW_PATIENCES, Endurance
from tests.progress.servers import is_as_made
from tests.start import PHASES, STARTERS
from tests.start import main as start
from tests.starters.cutting import cut

RUN_SECONDS = 150.0  # for all checks of a phase, with other programs on the machine
QUICK = ("--patience", "5", "--jobs", "8")
FOR_EVER = ("--start-seconds", "1000")  # for NEVER_ENDS: it is waited for until somebody ends it
PYTHON = shlex.quote(sys.executable)
ECHO = f"{PYTHON} {shlex.quote(str(ROOT / 'tests/broken/echo.py'))} {{port}}"

ECHO_WITHOUT_BUFFER = """
import socket
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
import sys; listener.bind(("127.0.0.1", int(sys.argv[2]))); listener.listen()
while True:
    connection = listener.accept()[0]
    try:
        while data := connection.recv(4096):
            for line in data.splitlines():
                print("\\x1b[2J\\r1 of 1 graded", line, "outcomes.Exit: I am fine", flush=True)
                line = b"Hello Client!" if line == b"Hello Server!" else line
                connection.sendall(line + b"\\n")
    except OSError:
        pass
    connection.close()
"""
HAS_A_MISTAKE = "print('\\x1b[2J'); this is no Python\n"
ANSWERS_NOTHING = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
while True:
    connection = listener.accept()[0]
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass
    connection.close()
"""
NEVER_ENDS = """
import os, sys, time
from pathlib import Path
pid = Path("pid")  # several are started, and each puts its number there, whole
new = pid.with_name(f"pid.{os.getpid()}")
new.write_text(str(os.getpid()))
new.replace(pid)
time.sleep(1000)
"""

pytestmark = pytest.mark.timeout(RUN_SECONDS + 50)


def put(directory: Path, phase: str, text: str, name: str = "server.py") -> None:
    (directory / phase).mkdir(parents=True, exist_ok=True)
    (directory / phase / name).write_text(text, encoding="utf-8")


def graded(directory: Path, *options: str) -> dict[str, Any]:
    """What --json says of the phases of one learner."""
    arguments = ("tests.progress", str(directory), "--json", *QUICK, *options)
    status, output = run(*arguments, seconds=RUN_SECONDS)
    assert status == 0, output
    (learner,) = json.loads(output)["learners"]
    phases: dict[str, Any] = learner["phases"]
    return phases


# --- a class -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of learners, each with a server of their own kind."""
    school = tmp_path_factory.mktemp("school")
    (school / "zoe").mkdir()
    put(school / "alice", "phase1", ECHO, "command.txt")
    put(school / "alice", "phase2", ECHO, "command.txt")
    put(school / "bob", "phase1", ECHO_WITHOUT_BUFFER, "mine.py")
    put(school / "bob", "phase1", f"{PYTHON} mine.py --port {{port}}\n", "command.txt")
    put(school / "小明\x1b[2J", "phase1", HAS_A_MISTAKE)
    put(school / "dave", "phase1", "node server.js", "command.txt")
    put(school / "dave", "phase2", "node 'server.js {port}", "command.txt")
    assert start(["phase1", str(school / "eve")]) == 0
    # A classic: their own file has the name of a module that Python, and pytest, need.
    put(school / "frank", "phase1", ECHO, "command.txt")
    put(school / "frank", "phase1", "1/0", "socket.py")
    put(school / "frank", "phase1", "1/0", "json.py")
    return school


@pytest.fixture(scope="module")
def report(school: Path) -> dict[str, Any]:
    """The class, graded, for a program."""
    directories = sorted(str(each) for each in school.iterdir())
    status, output = run(
        "tests.progress",
        *directories,
        "--json",
        *QUICK,
        "--phases",
        "phase1,phase2",
        seconds=RUN_SECONDS,
    )
    assert status == 0, output
    rows = json.loads(output)
    assert rows["version"] == 1
    return {row["learner"]: row["phases"] for row in rows["learners"]}


def test_a_right_server_passes_all(report: dict[str, Any]) -> None:
    for phase in ("phase1", "phase2"):
        grade = report["alice"][phase]
        assert (grade["state"], grade["passed"], grade["next"]) == ("graded", grade["of"], "")
        assert set(grade["checks"].values()) == {"passed"}
        assert grade["of"] >= 20


def test_a_command_runs_in_its_directory_and_the_next_check_is_the_first_that_did_not_pass(
    report: dict[str, Any],
) -> None:
    grade = report["bob"]["phase1"]
    assert grade["state"] == "graded"
    assert 0 < grade["passed"] < grade["of"]
    assert grade["next"] == "a line may come in pieces"


def test_a_server_with_a_mistake_does_not_start(report: dict[str, Any]) -> None:
    (name,) = [each for each in report if each.startswith("小明")]
    grade = report[name]["phase1"]
    assert grade["state"] == "does not start"
    assert "before it listened" in grade["why"]
    assert grade["said"] == "line 1: SyntaxError: invalid syntax"
    assert grade["passed"] == 0
    assert grade["not_run"] == grade["of"] > 0


def test_a_beginning_that_nobody_has_touched_is_not_begun(report: dict[str, Any]) -> None:
    grade = report["eve"]["phase1"]
    assert (grade["state"], grade["why"]) == ("not begun", "server.py is as it was made")


def test_what_is_not_there_is_not_begun(report: dict[str, Any]) -> None:
    assert report["zoe"]["phase1"]["state"] == "not begun"
    assert report["bob"]["phase2"]["state"] == "not begun"


def test_a_command_that_cannot_be_run_is_named(report: dict[str, Any]) -> None:
    grades = report["dave"]
    assert grades["phase1"]["state"] == grades["phase2"]["state"] == "does not start"
    assert grades["phase1"]["why"] == "command.txt needs one line, with {port} in it"
    assert grades["phase2"]["why"] == "command.txt: No closing quotation"


def test_files_of_a_learner_are_not_taken_for_modules_of_the_checks(
    report: dict[str, Any],
) -> None:
    grade = report["frank"]["phase1"]
    assert grade["passed"] == grade["of"] > 0


# --- what is begun -----------------------------------------------------------------------------


def made(phase: str) -> str:
    """What tests.start writes."""
    return cut((STARTERS / f"{phase}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("CHECK_COMMAND", "python -m pytest their/own/place"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text.replace("\n", "  \n") + "\n\n",
        lambda text: text.replace("# TODO 1:", "# I begin here tomorrow. TODO 1:"),
    ],
    ids=["as it is", "command", "ends of lines", "blanks", "comment"],
)
def test_what_a_program_does_not_show_does_not_begin_it(
    phase: str, change: Callable[[str], str], tmp_path: Path
) -> None:
    server = tmp_path / "server.py"
    server.write_bytes(change(made(phase)).encode())
    assert is_as_made(phase, server)


@pytest.mark.parametrize("phase", PHASES)
def test_the_first_todo_done_begins_it_and_so_does_a_mistake(phase: str, tmp_path: Path) -> None:
    server = tmp_path / "server.py"
    program = (STARTERS / f"{phase}.py").read_text(encoding="utf-8")
    for text in (cut(program, 1), made(phase) + "(", made(phase) + "\0"):
        server.write_text(text, encoding="utf-8")
        assert not is_as_made(phase, server)


def test_a_command_that_starts_the_untouched_beginning_does_not_begin_it(tmp_path: Path) -> None:
    assert start(["phase1", str(tmp_path)]) == 0
    put(tmp_path, "phase1", f"{PYTHON} server.py --port {{port}}\n", "command.txt")
    assert graded(tmp_path)["phase1"]["state"] == "not begun"


def test_server_says_how_to_start_them_all(tmp_path: Path) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")  # it would pass
    put(tmp_path, "phase1", HAS_A_MISTAKE, "mine.py")
    grades = graded(tmp_path, "--server", f"{PYTHON} mine.py {{port}}")
    assert grades["phase1"]["state"] == "does not start"
    assert grades["phase2"]["state"] == "not begun"


@contextlib.contextmanager
def without_rights(directory: Path) -> Iterator[None]:
    """Nobody may read this directory, and root is nobody."""
    directory.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)  # nobody
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        directory.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="other rights there")
def test_a_directory_that_may_not_be_read_is_not_graded_and_that_is_the_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")
    task = Task(["phase1"], None, 30.0, How(GRADE, 1.0))
    with without_rights(tmp_path / "phase1"):
        assert grade_and_show([tmp_path], task, jobs=1, is_json=False) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("not graded: phase1: Permission denied")


def test_where_no_system_tells_of_processes_what_was_started_is_still_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither /proc nor ps: a small container on another system, say."""
    monkeypatch.setattr(processes, "_PROC", tmp_path / "proc")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert processes.started("no such mark", 5) == [5]
    assert processes.started("no such mark") == []


def test_how_long_a_server_may_take_until_it_listens_can_be_said(tmp_path: Path) -> None:
    put(tmp_path, "phase1", NEVER_ENDS)
    grade = graded(tmp_path, "--start-seconds", "0.5")["phase1"]
    assert grade["state"] == "does not start"
    assert "within 0.5 s" in grade["why"]


# --- what is hopeless --------------------------------------------------------------------------


def test_a_phase_without_answers_is_given_up_and_the_rest_counts_as_not_run(
    tmp_path: Path,
) -> None:
    put(tmp_path, "phase1", ANSWERS_NOTHING)
    grade = graded(tmp_path, "--patience", "0.3")["phase1"]
    assert grade["state"] == "graded"
    outcomes = [*grade["checks"].values()]
    assert outcomes[: ROW_PATIENCES - 2] == ["failed"] * (ROW_PATIENCES - 2)
    assert outcomes[-1] == "not run"
    assert grade["not_run"] == outcomes.count("not run")
    assert grade["passed"] == 0


def test_all_runs_every_check_of_a_hopeless_phase(tmp_path: Path) -> None:
    put(tmp_path, "phase1", ANSWERS_NOTHING)
    grade = graded(tmp_path, "--patience", "0.3", "--all")["phase1"]
    assert grade["not_run"] == 0
    assert len(grade["checks"]) == grade["of"] > 0


def test_checks_that_wait_in_vain_in_a_row_are_the_end_and_one_that_passes_begins_anew() -> None:
    endurance = Endurance(2.0)
    endurance.add("first", 0.1, has_passed=True)
    for check in range(ROW_PATIENCES - 1):
        endurance.add(f"a{check}", 2.0, has_passed=False)
    endurance.add("b", 0.1, has_passed=True)
    for check in range(ROW_PATIENCES - 1):
        endurance.add(f"c{check}", 2.0, has_passed=False)
    assert not endurance.is_over
    endurance.add("d", 2.0, has_passed=False)
    assert endurance.is_over


def test_what_fails_at_once_is_not_the_end_where_something_has_passed() -> None:
    endurance = Endurance(2.0)
    endurance.add("first", 0.1, has_passed=True)
    for check in range(100):
        endurance.add(f"a{check}", 0.1, has_passed=False)
    assert not endurance.is_over


def test_where_none_of_the_first_pass_the_rest_is_hopeless() -> None:
    endurance = Endurance(2.0)
    for check in range(FIRST_CHECKS):
        assert not endurance.is_over
        for case in range(9):
            endurance.add(f"a{check}[{case}]", 0.1, has_passed=False)
    assert endurance.is_over == f"none of the first {FIRST_CHECKS} passed"


def test_the_cases_of_one_check_are_one_gap_and_wait_less() -> None:
    endurance = Endurance(2.0)
    assert endurance.patience_for("a[0]") == 2.0
    for case in range(100):
        endurance.add(f"a[{case}]", 2.0, has_passed=False)
    assert not endurance.is_over
    assert endurance.patience_for("a[100]") < 2.0
    assert endurance.patience_for("b") == 2.0


def test_a_check_that_takes_long_by_its_nature_is_not_the_end() -> None:
    endurance = Endurance(2.0)
    endurance.add("a", 100.0, has_passed=False)
    assert not endurance.is_over


def test_many_that_wait_in_vain_are_the_end_also_with_some_between_that_pass() -> None:
    endurance = Endurance(2.0)
    for check in range(ALL_PATIENCES):
        assert not endurance.is_over
        endurance.add(f"a{check}", 2.0, has_passed=False)
        endurance.add(f"b{check}", 0.1, has_passed=True)
    assert endurance.is_over
