"""A learner sees how far they have come, and a teacher how far a class has, whatever they wrote."""

import contextlib
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.harness import ROOT, Program, run, wait_until
from tests.progress import (
    GRADED,
    NOT_BEGUN,
    Grade,
    Learner,
    Look,
    main,
    one_learner,
    promise,
    table,
)
from tests.start import main as start

RUN_SECONDS = 60.0
SLOW = ("alice", "bob", "frank")  # whose servers start, and are graded check by check
QUICK = ("--patience", "5", "--jobs", "8")
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
ANSWERS_ONE_CLIENT = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
listener.accept()[0].close()  # who only looks whether somebody listens
connection = listener.accept()[0]
with connection, connection.makefile("rwb", 0) as lines:
    for line in lines:
        lines.write(line.replace(b"Hello Server!", b"Hello Client!"))
kept = []
while True:
    kept.append(listener.accept()[0])
"""
HAS_A_MISTAKE = "print('\\x1b[2J'); this is no Python\n"
NEVER_ENDS = """
import os, sys, time
from pathlib import Path
Path("pid").write_text(str(os.getpid()))
time.sleep(1000)
"""


def put(directory: Path, phase: str, text: str, name: str = "server.py") -> None:
    (directory / phase).mkdir(parents=True, exist_ok=True)
    (directory / phase / name).write_text(text, encoding="utf-8")


def graded(directory: Path, *options: str) -> dict[str, Any]:
    """What --json says of the phases of one learner."""
    status, output = run("tests.progress", str(directory), "--json", *QUICK, *options, seconds=60)
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
        "tests.progress", *directories, "--json", *QUICK, "--phases", "phase1,phase2", seconds=60
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
    assert grade["why"] == "The server ended (status 1) before it listened"
    assert grade["passed"] == 0


def test_a_starter_does_not_start_before_its_first_todo_is_done(report: dict[str, Any]) -> None:
    assert report["eve"]["phase1"]["state"] == "does not start"


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


def test_a_class_is_a_table_that_nothing_breaks(school: Path) -> None:
    directories = sorted(str(each) for each in school.iterdir() if each.name not in SLOW)
    status, output = run("tests.progress", *directories, *QUICK, "--phases", "phase1", seconds=60)
    assert status == 0, output
    assert "\x1b" not in output
    head, *rows = output.splitlines()
    assert head.split() == ["phase1"]
    assert len(rows) == len(directories)
    ends = {row.split("  ")[0]: row.split("  ")[-1].strip() for row in rows}
    assert ends["zoe"] == "-"
    assert ends["dave"] == ends["eve"] == ends["小明\ufffd[2J"] == "does not start"


# --- one learner -------------------------------------------------------------------------------


def test_one_learner_gets_a_bar_for_each_phase(tmp_path: Path) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")
    put(tmp_path, "phase2", HAS_A_MISTAKE)
    status, output = run("tests.progress", str(tmp_path), *QUICK, seconds=60)
    assert status == 0, output
    first, second, *others = output.splitlines()
    assert re.fullmatch(r"phase1  █{10}  (\d+) of \1   done", first)
    assert re.fullmatch(r"phase2  ░{10}   0 of \d+   does not start: The server ended .*", second)
    assert others == ["phase3  not begun", "phase4  not begun"]


def test_server_says_how_to_start_them_all(tmp_path: Path) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")  # it would pass
    put(tmp_path, "phase1", HAS_A_MISTAKE, "mine.py")
    grades = graded(tmp_path, "--server", f"{PYTHON} mine.py {{port}}")
    assert grades["phase1"]["state"] == "does not start"
    assert grades["phase2"]["state"] == "not begun"


# --- what does not end -------------------------------------------------------------------------


Late = Callable[[str], tuple[dict[str, Any], Path]]
"""The grade of a phase, and where its server is."""

LATE = {
    "phase1": (ANSWERS_ONE_CLIENT, "20"),  # seconds in which a busy machine passes one check
    "phase2": (NEVER_ENDS, "9"),  # over 9 s, it "does not start"
}


@pytest.fixture(scope="module", autouse=True)
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Late]:
    """Servers that are too slow. Their grading begins early, and waits while the others run."""
    directory = tmp_path_factory.mktemp("late")
    with contextlib.ExitStack() as stack:
        programs: dict[str, Program] = {}
        for phase, (server, seconds) in LATE.items():
            put(directory, phase, server)
            slow = ("--phases", phase, "--patience", "100", "--timeout", seconds)
            program = Program("tests.progress", str(directory), "--json", *slow)
            programs[phase] = stack.enter_context(program)

        def grade_of(phase: str) -> tuple[dict[str, Any], Path]:
            assert programs[phase].wait(RUN_SECONDS) == 0
            (row,) = json.loads("\n".join(programs[phase].rest_of_output()))["learners"]
            return row["phases"][phase], directory / phase

        yield grade_of


def test_a_phase_that_takes_too_long_is_stopped_and_what_passed_counts(late: Late) -> None:
    grade, _ = late("phase1")
    assert (grade["state"], grade["why"]) == ("not graded", "stopped after 20 s")
    assert 0 < grade["passed"] < grade["of"]
    assert "not run" in grade["checks"].values()


def is_gone(pid: int) -> bool:
    """Whether no such process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " in stat.read_text()  # ended, and nobody has asked


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")
def test_a_server_that_never_listens_is_ended_with_the_deadline(late: Late) -> None:
    grade, directory = late("phase2")
    assert grade["state"] == "not graded"
    pid = int((directory / "pid").read_text())
    wait_until(lambda: is_gone(pid), "the learner's server to be gone")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_when_interrupted_it_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    put(tmp_path, "phase1", NEVER_ENDS)
    pid_file = tmp_path / "phase1" / "pid"
    with Program("tests.progress", str(tmp_path)) as program:
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the server to run", 30.0)
        program.signal(number)
        assert program.wait() == 130
    wait_until(lambda: is_gone(int(pid_file.read_text())), "the learner's server to be gone")


# --- wrong commands ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/no/such/place"], "There is no directory /no/such/place."),
        ([".", "--server", "node x"], "--server: the command needs {port}"),
        ([".", "--phases", "phase9"], "--phases: there is no 'phase9'"),
        ([".", "--patience", "soon"], "--patience: 'soon' is no time"),
        ([".", "--jobs", "0"], "--jobs: '0' is not a whole number over 0"),
    ],
)
def test_a_wrong_command_is_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = main(arguments)
    except SystemExit as wrong:  # argparse
        status = wrong.code
    assert status == 2
    assert said in capsys.readouterr().err


# --- how it looks ------------------------------------------------------------------------------


def learner(name: str, *grades: Grade) -> Learner:
    return Learner(name, Path(name), grades)


def of(phase: str, passed: int, total: int) -> Grade:
    checks = {f"x::test_check_{n}": "passed" if n < passed else "failed" for n in range(total)}
    return Grade(phase, GRADED, checks=checks)


def test_a_bar_is_full_and_empty_only_where_that_is_true() -> None:
    look = Look(80)
    assert look.bar(0, 20) == "░" * 10
    assert look.bar(1, 200) == "█" + "░" * 9
    assert look.bar(199, 200) == "█" * 9 + "░"
    assert look.bar(200, 200) == "█" * 10


def test_a_line_is_never_wider_than_the_terminal() -> None:
    grade = Grade("phase1", "does not start", "w" * 200, {"a::test_b": "failed"})
    (line,) = one_learner(learner("bob", grade), Look(60))
    assert len(line) == 60
    assert line.endswith("…")


def test_ascii_where_the_terminal_has_no_more() -> None:
    lines = [*one_learner(learner("bob", of("phase1", 5, 10)), Look(60, is_ascii=True))]
    lines += table([learner("小明", of("phase1", 5, 10)), learner("é", of("phase1", 1, 10))],
                   Look(60, is_ascii=True))  # fmt: skip
    assert all(line.isascii() for line in lines)
    assert lines[0].startswith("phase1  #####-----   5 of 10 ")


def test_colour_only_where_it_is_wanted() -> None:
    rows = [learner("bob", of("phase1", 5, 10))]
    assert "\x1b" not in "".join(one_learner(rows[0], Look(60)))
    assert "\x1b[32m█████\x1b[m░" in "".join(one_learner(rows[0], Look(60, has_colour=True)))


def test_columns_stand_below_each_other_whatever_the_names() -> None:
    grades = (of("phase1", 5, 10), Grade("phase2", NOT_BEGUN))
    lines = list(table([learner("小明", *grades), learner("Bartholomew", *grades)], Look(80)))
    assert lines == [
        "             phase1  phase2",
        "小明           5/10       -",
        "Bartholomew    5/10       -",
    ]


def test_a_narrow_terminal_cuts_names_and_no_figure() -> None:
    grades = tuple(of(f"phase{n}", 5, 10) for n in (1, 2, 3, 4))
    lines = list(table([learner("Bartholomew the Great", *grades)] * 2, Look(45)))
    assert {len(line) for line in lines} == {45}
    assert lines[1].startswith("Bartholomew ")
    assert lines[1].count("5/10") == 4


def test_two_directories_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "my").mkdir(parents=True)
    places = [str(tmp_path / place / "my") for place in ("a", "b")]
    status, output = run("tests.progress", *places)
    assert status == 0
    assert all(place in output for place in places)


def test_a_promise_is_read_from_the_name_of_its_check() -> None:
    assert promise("t.py::T::test_it_is_so[/pm Bob]") == "it is so (/pm Bob)"
    assert promise("") == ""
