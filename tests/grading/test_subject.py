"""Whatever command starts a learner's server: nothing of it stays, and nothing waits for it."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading import processes
from tests.grading import running as runnings
from tests.grading.console import KEPT_LINES, MAX_PRINTED_BYTES
from tests.grading.people import DAEMON, Verdict
from tests.grading.processes import end_marked, family, new_mark, start_marked, started
from tests.grading.running import Running
from tests.grading.scripts import echo, verdict_of
from tests.grading.subject import Subject
from tests.kit.harness import ROOT, SECONDS, Peer, Program, environment, wait_until

PYTHON = shlex.quote(sys.executable)

STARTS_IT = """
import signal, subprocess, sys
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # and the child begins so
child = subprocess.Popen([sys.executable, "-m", "tests.broken.echo", sys.argv[1]])
signal.signal(signal.SIGTERM, signal.SIG_DFL)
sys.exit(child.wait())
"""
"""As `go run` and `npm start` do."""

LEAVES_IT = """
import os, signal, socket, subprocess, sys
way, file = sys.argv[2:]
if way == "starts":
    subprocess.Popen([sys.executable, *sys.argv[:2], "is", file], start_new_session=True)
    sys.exit(0)
if way in ("forks", "twice", "silent"):
    if os.fork():
        sys.exit(0)
    os.setsid()
if way == "twice" and os.fork():
    os._exit(0)
if way == "silent":  # it neither prints nor listens
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    os.dup2(1, 2)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(file + ".new", "w") as new:
    new.write(str(os.getpid()))
os.rename(file + ".new", file)
if way != "silent":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        listener.accept()[0].close()
signal.pause()
"""
"""As a daemon does, in several ways."""

PRINTS_MUCH = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for _ in range(3):
    print("\\n".join(map(str, range(50_000))))
    print("x" * 10_000_000)
print("the end", flush=True)
while True:
    listener.accept()[0].close()
"""

WRITES_ITS_NUMBER = """
import os, time
open(f"{os.getpid()}.pid", "w").close()
time.sleep(60)
"""

STARTS_AND_ENDS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.returncode = 0  # nobody waits for it
"""

needs_posix = pytest.mark.skipif(os.name == "nt", reason="no such signals on Windows")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program's file, in a directory with a blank in its name."""
    (tmp_path / "my server").mkdir()
    return tmp_path / "my server" / "server.py"


def start(command: str, logs: Path) -> Running:
    return Subject(command, ROOT, 1.0).start(logs)


def of(script: Path, *words: str) -> str:
    """The command that runs it."""
    return " ".join([PYTHON, shlex.quote(str(script)), "{port}", *words])


def is_gone(pid: int) -> bool:
    """Whether no such process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " in stat.read_text(
        encoding="utf-8"
    )  # ended, and nobody has asked


def is_free(port: int) -> bool:
    try:
        Peer("127.0.0.1", port).close()
    except OSError:
        return True
    return False


@needs_posix
@pytest.mark.parametrize("way", ["end", "terminate"])
@pytest.mark.parametrize("kind", ["deaf", "hears"])
def test_what_the_command_has_started_ends_with_it(
    script: Path, tmp_path: Path, way: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would hold the port, and the pipe of its output, for which we would wait."""
    monkeypatch.setattr(runnings, "STOP_SECONDS", 1.0)
    script.write_text(STARTS_IT, encoding="utf-8")
    running = start(of(script, kind), tmp_path)
    assert len(family(running.process.pid)) == 2
    if way == "terminate":
        running.terminate()
        assert is_free(running.port)
    running.end()
    wait_until(lambda: is_free(running.port), "nobody listens")


@needs_posix
@pytest.mark.parametrize("way", ["forks", "twice", "starts", "silent"])
def test_a_server_that_goes_into_the_background_is_told_not_to_and_ended(
    script: Path, tmp_path: Path, way: str
) -> None:
    """At once, and nothing is left of it: it has another parent by then, and another session."""
    script.write_text(LEAVES_IT, encoding="utf-8")
    pid = tmp_path / "pid"
    with pytest.raises(
        Verdict, match=r"in the background\. It has to stay in the foreground"
    ) as it:
        start(of(script, way, shlex.quote(str(pid))), tmp_path)
    assert it.value.kind == DAEMON
    if pid.exists():
        wait_until(lambda: is_gone(int(pid.read_text())), "it is gone")


@needs_posix
@pytest.mark.parametrize("end", ["& sleep 0.01", "& exec >&-", "&"])
def test_a_shell_that_leaves_its_server_behind_is_told_so(
    script: Path, tmp_path: Path, end: str
) -> None:
    script.write_text(LEAVES_IT, encoding="utf-8")
    pid = tmp_path / "pid"
    command = f"nohup {of(script, 'is', str(pid))} {end}"
    with pytest.raises(Verdict, match="It has to stay in the foreground"):
        start(f"sh -c {shlex.quote(command)}", tmp_path)
    if pid.exists():
        wait_until(lambda: is_gone(int(pid.read_text())), "it is gone")


@needs_posix
def test_one_that_goes_into_the_background_later_is_told_so_as_well(tmp_path: Path) -> None:
    left = "if lines and os.fork(): os._exit(0)"
    verdict, text = verdict_of(tmp_path, echo(left=left))
    assert verdict.kind == DAEMON
    assert "The command ended, and left its server running in the background." in text


@needs_posix
@pytest.mark.parametrize("way", ["end", "terminate"])
def test_a_daemon_beside_the_server_ends_with_it(script: Path, tmp_path: Path, way: str) -> None:
    """It has its own session, no parent of ours, and hears no SIGTERM."""
    script.write_text(LEAVES_IT, encoding="utf-8")
    pid, server = tmp_path / "pid", tmp_path / "echo.py"
    server.write_text(echo())
    daemon = of(script, "silent", str(pid))
    command = f"{daemon}; exec {of(server)}"
    running = start(f"sh -c {shlex.quote(command)}", tmp_path)
    wait_until(pid.exists, "the daemon runs")
    getattr(running, way)()
    running.end()
    wait_until(lambda: is_gone(int(pid.read_text())), "it is gone")


@needs_posix
def test_where_there_is_no_proc_ps_tells_the_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in family(os.getpid())
        end_marked(new_mark(), pid=child.pid)
        assert child.wait() == -signal.SIGKILL


@needs_posix
def test_a_mark_finds_what_was_started_with_it_and_no_other() -> None:
    marks = [new_mark(), new_mark()]
    sleeps = [
        subprocess.Popen(["sleep", "60"], env={**os.environ, marks[0]: "1", mark: "1"})
        for mark in marks
    ]
    wait_until(lambda: len(started(marks[0])) == 2, "both run")
    assert started(marks[1]) == [sleeps[1].pid]
    end_marked(marks[0])
    assert [each.wait() for each in sleeps] == [-signal.SIGKILL] * 2
    assert started(marks[0]) == []


def test_what_a_program_has_started_is_found_and_ended_when_the_program_itself_has_ended() -> None:
    """On every system: by the environment, or as a member of a job."""
    mark, other = new_mark(), new_mark()
    words = [sys.executable, "-c", STARTS_AND_ENDS]
    with start_marked(mark, words, env=environment(), stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert parent.wait(SECONDS) == 0
        assert child in started(mark)
        assert started(other) == []
        end_marked(mark)
        assert parent.stdout.read() == b""  # the child had it too, and is gone
        assert started(mark) == []


def test_of_what_it_prints_a_bounded_part_is_kept(script: Path, tmp_path: Path) -> None:
    script.write_text(PRINTS_MUCH, encoding="utf-8")
    running = start(of(script), tmp_path)
    try:
        wait_until(lambda: "the end" in running.console.since(), "it has printed all")
        assert len(running.console.since()) == KEPT_LINES
        assert max(map(len, running.console.since())) <= MAX_PRINTED_BYTES
    finally:
        running.end()


@needs_posix
def test_ctrl_c_while_they_start_leaves_nothing(script: Path, tmp_path: Path) -> None:
    """The terminal sends it to all; when it is sent to the grading alone, it is the same."""
    script.write_text(WRITES_ITS_NUMBER, encoding="utf-8")
    with Program(
        *("pytest", str(ROOT / "tests/phase1/test_wire.py"), "--rootdir", str(ROOT)),
        *("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("--server", of(script)),
        cwd=tmp_path,
    ) as grading:
        wait_until(lambda: any(tmp_path.glob("*.pid")), "one has begun to start")
        grading.signal(signal.SIGINT)
        assert grading.wait() == 2
        assert all(is_gone(int(each.stem)) for each in tmp_path.glob("*.pid"))


@needs_posix
def test_ctrl_c_that_ends_the_server_as_well_ends_the_run(script: Path, tmp_path: Path) -> None:
    """The terminal sends it to both, and the server's end is nothing to complain of then."""
    heard = tmp_path / "heard"
    script.write_text(echo(f"open({str(heard)!r}, 'w')"), encoding="utf-8")
    with Program(
        *("pytest", "tests/phase1/test_wire.py", "-k", "hello_is", "-p", "no:cacheprovider"),
        *("--patience", "50", "--server", of(script)),
    ) as grading:
        wait_until(heard.exists, "the server has heard a line")
        os.killpg(grading.process.pid, signal.SIGINT)
        assert grading.wait() == 2
        assert not any("INTERNALERROR" in line for line in grading.rest_of_output())
