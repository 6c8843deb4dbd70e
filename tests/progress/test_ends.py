"""What takes too long, or is interrupted, ends in time, and leaves nothing behind.

Where time has to be up, it is up when something has happened: a busy machine changes nothing.
"""

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import pytest

from tests.grading.titles import title_of
from tests.kit.harness import Program, run, wait_until
from tests.progress.checks import GRADE, How
from tests.progress.grades import Grade
from tests.progress.grading import BEGIN_SECONDS, Grader, Task
from tests.progress.whole.test_grading import ECHO, FOR_EVER, NEVER_ENDS, RUN_SECONDS, put

pytestmark = pytest.mark.timeout(RUN_SECONDS + 50)

ANSWERS_FEW_CLIENTS = """
import pathlib, select, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
answered = set()
while len(answered) < 4:  # a visitor only looks whether anybody listens
    connection = listener.accept()[0]
    with connection, connection.makefile("rwb", 0) as lines:
        for line in lines:
            lines.write(b"Hello Client!\\n" if line == b"Hello Server!\\n" else line)
            answered.add(connection)
kept, gone = [listener], []
while True:
    for each in select.select(kept, [], [])[0]:
        if each is listener:
            kept.append(listener.accept()[0])
        elif each.recv(4096):
            pathlib.Path("stuck").touch()  # a check waits for an answer, and those before are over
        else:
            gone.append(kept.pop(kept.index(each)))
"""
STARTS_A_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        new = f"pid.{os.getpid()}"
        with open(new, "w") as file:
            file.write(str(os.getpid()))
        os.rename(new, "pid")
    else:
        os._exit(0)
time.sleep(1000)
"""


def graded_until(
    happens: Callable[[], object], directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Grade:
    """The grade of a phase whose time is up when something happens, however long that takes."""
    bounds: list[float] = []

    def timer(seconds: float, end: Callable[[str], None], arguments: list[str]) -> Timer:
        bounds.append(seconds)
        if seconds == BEGIN_SECONDS:
            return Timer(seconds, end, arguments)

        def wait() -> None:
            wait_until(happens, "the time to be up")
            end(*arguments)

        return Timer(0.0, wait)

    monkeypatch.setattr("tests.progress.grading.Timer", timer)
    task = Task(["phase1"], None, 20.0, How(GRADE, patience=100.0, start_seconds=100.0))
    grade = Grader(task).grade("phase1", directory / "phase1")
    assert bounds == [BEGIN_SECONDS, 20.0]
    return grade


def test_a_phase_that_takes_too_long_is_stopped_and_what_passed_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "phase1", ANSWERS_FEW_CLIENTS)
    grade = graded_until((tmp_path / "phase1" / "stuck").exists, tmp_path, monkeypatch)
    assert (grade.state, grade.why) == ("not graded", "stopped after 20 s")
    assert 0 < grade.passed < len(grade.checks)
    assert grade.not_run > 0
    assert grade.next_check == next(
        title_of(check) for check, outcome in grade.checks.items() if outcome != "passed"
    )


def test_the_time_of_a_phase_is_a_bound_and_where_it_was_reached_is_the_status(
    tmp_path: Path,
) -> None:
    put(tmp_path, "phase1", NEVER_ENDS)
    bounds = ("--phases", "phase1", *FOR_EVER, "--timeout", "0.1")
    status, output = run("tests.progress", str(tmp_path), *bounds, seconds=RUN_SECONDS)
    assert status == 1
    assert re.fullmatch(r"phase1 .* next: .* \(\d+ not run: stopped after 0\.1 s\)", output)


def test_a_run_that_does_not_begin_is_stopped_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")
    monkeypatch.setattr("tests.progress.grading.BEGIN_SECONDS", 0.001)  # no Python starts in that
    grade = Grader(Task(["phase1"], None, 20.0, How(GRADE, 1.0))).grade(
        "phase1", tmp_path / "phase1"
    )
    assert grade.state == "not graded"
    assert grade.why == "its checks did not begin within 0.001 s"


def is_gone(pid: int) -> bool:
    """Whether no such process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " in stat.read_text()  # ended, and nobody has asked


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")
def test_a_server_that_never_listens_is_ended_with_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "phase1", NEVER_ENDS)
    pid_file = tmp_path / "phase1" / "pid"
    assert graded_until(pid_file.exists, tmp_path, monkeypatch).state == "not graded"
    wait_until(lambda: is_gone(int(pid_file.read_text())), "the learner's server to be gone")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")
@pytest.mark.parametrize(
    ("number", "server"), [(signal.SIGINT, NEVER_ENDS), (signal.SIGTERM, STARTS_A_DAEMON)]
)
def test_when_interrupted_it_leaves_nothing_behind(
    tmp_path: Path, number: int, server: str
) -> None:
    put(tmp_path, "phase1", server)
    pid_file = tmp_path / "phase1" / "pid"
    with Program("tests.progress", str(tmp_path), *FOR_EVER) as program:
        wait_until(
            lambda: pid_file.exists() and pid_file.read_text(), "the server to run", RUN_SECONDS
        )
        program.signal(number)
        assert program.wait() == 130
    wait_until(lambda: is_gone(int(pid_file.read_text())), "the learner's server to be gone")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_when_killed_it_leaves_nothing_behind_either(tmp_path: Path) -> None:
    put(tmp_path, "phase1", NEVER_ENDS)
    pid_file = tmp_path / "phase1" / "pid"
    with Program("tests.progress", str(tmp_path), "--phases", "phase1", *FOR_EVER) as program:
        wait_until(
            lambda: pid_file.exists() and pid_file.read_text(), "the server to run", RUN_SECONDS
        )
        pid = int(pid_file.read_text())
        assert not is_gone(pid)
        program.process.kill()
        wait_until(lambda: is_gone(pid), "the learner's server to be gone")
