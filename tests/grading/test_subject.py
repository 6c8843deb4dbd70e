"""Whatever command starts a learner's server: nothing of it stays, and nothing waits for it."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.grading import subject as subjects
from tests.grading.people import Verdict
from tests.grading.processes import family
from tests.grading.subject import MAX_PRINTED_BYTES, SEARCHED_LINES, Running, Subject
from tests.kit.harness import ROOT, Peer, Program, wait_until

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
import os, signal, sys
if os.fork():
    sys.exit(0)
os.setsid()
with open(sys.argv[2], "w") as file:
    file.write(f"{os.getpid()} ")
signal.pause()
"""

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
    monkeypatch.setattr(subjects, "STOP_SECONDS", 1.0)
    script.write_text(STARTS_IT)
    running = start(of(script, kind), tmp_path)
    assert len(family(running.process.pid)) == 2
    if way == "terminate":
        running.terminate()
        assert is_free(running.port)
    running.end()
    wait_until(lambda: is_free(running.port), "nobody listens")


@needs_posix
def test_a_server_that_goes_into_the_background_is_told_not_to(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it, although it holds the pipe."""
    monkeypatch.setattr(subjects, "STOP_SECONDS", 0.2)
    script.write_text(LEAVES_IT)
    pid = tmp_path / "pid"
    try:
        with pytest.raises(Verdict, match=r"ended \(status 0\).* has to stay in the foreground"):
            start(of(script, str(pid)), tmp_path)
    finally:
        wait_until(lambda: pid.exists() and pid.read_text().endswith(" "), "it has left")
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_of_what_it_prints_a_bounded_part_is_kept(script: Path, tmp_path: Path) -> None:
    script.write_text(PRINTS_MUCH)
    running = start(of(script), tmp_path)
    try:
        wait_until(lambda: "the end" in running.output, "it has printed all")
        assert len(running.said()) == SEARCHED_LINES
        assert max(map(len, running.said())) <= MAX_PRINTED_BYTES
    finally:
        running.end()


@needs_posix
def test_ctrl_c_while_it_starts_leaves_nothing(script: Path, tmp_path: Path) -> None:
    """The terminal sends it to all; who sends it to the grading alone has the same."""
    script.write_text("import os, time; open('pid', 'w').write(f'{os.getpid()} '); time.sleep(60)")
    pid = tmp_path / "pid"
    with Program(
        *("pytest", str(ROOT / "tests/phase1/test_wire.py"), "--rootdir", str(ROOT)),
        *("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("--server", of(script)),
        cwd=tmp_path,
    ) as grading:
        wait_until(lambda: pid.exists() and pid.read_text().endswith(" "), "it has begun to start")
        grading.signal(signal.SIGINT)
        assert grading.wait() == 2
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("command", ["", "sh -c 'echo {port}"])
def test_a_command_that_cannot_be_one_is_a_sentence(command: str) -> None:
    with Program("pytest", "tests/phase1/test_wire.py", "--server", command) as grading:
        grading.expect("^ERROR: .*--server")
        assert grading.wait() == 4
