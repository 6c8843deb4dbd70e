"""A command that cannot start a server is told of, with what to write instead."""

import os
import sys
from pathlib import Path

import pytest

from tests.grading.commands import fault_of
from tests.grading.scripts import PYTHON
from tests.kit.harness import Program

posix = pytest.mark.skipif(os.name == "nt", reason="of POSIX shells")
HOME = os.path.expanduser("~")


@posix
@pytest.mark.parametrize(
    ("command", "sign", "instead"),
    [
        ("cd x && node s.js {port}", "&&", "Write: sh -c 'cd x && node s.js {port}'"),
        ("cd x; node s.js {port}", ";", "Write: sh -c 'cd x; node s.js {port}'"),
        ("make -s ; ./server {port}", ";", "Write: sh -c "),
        ("make || ./server {port}", "||", "Write: sh -c "),
        ("node s.js {port} | tee log", "|", "Write: sh -c "),
        ("node s.js {port} > log", ">", "Write: sh -c "),
        ("node s.js {port} >>log", ">>", "Write: sh -c "),
        ("node s.js {port} 2>&1", "2>&1", "Write: sh -c "),
        ("node s.js {port} </dev/null", "<", "Write: sh -c "),
        ("node s.js {port} &", "&", "Leave it out"),
        ("nohup node s.js {port}&", "&", "Leave it out"),
        ("DEBUG=1 node s.js {port}", "DEBUG=1", "Write: env DEBUG=1 node s.js {port}"),
        ("A=1 node s.js {port} > log", "A=1", "Write: sh -c 'A=1 node s.js {port} > log'"),
        ("~/bin/server {port}", "~", f"Write the whole path: {HOME}"),
        ("node ~/s.js {port}", "~", f"Write the whole path: {HOME}"),
        ("node $HOME/s.js {port}", "$HOME", f"Write what it stands for: {HOME}"),
        ("node ${NO_SUCH}/s.js {port}", "${NO_SUCH}", "Write: sh -c "),
        ("node $(cat name) {port}", "$(", "Write: sh -c "),
        ("node `cat name` {port}", "`", "Write: sh -c "),
        ("cd x {port}", "cd", "Write: sh -c "),
        ("source venv/bin/activate {port}", "source", "Write: sh -c "),
    ],
)
def test_what_only_a_shell_understands_is_told(
    command: str, sign: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", HOME)
    fault = fault_of(command, Path())
    assert fault.startswith(f"no shell reads this command, so {sign} means nothing in it. ")
    assert instead in fault


@posix
@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'cd x && DEBUG=1 exec node $HOME/s.js {port} > log 2>&1'",
        'sh -c "make; ./server {port} | tee log"',
        "sh server\\;1.sh {port}",
        "env DEBUG=1 sh s.sh {port}",
        "sh -cp lib.jar:. Outer$Inner --url=http://127.0.0.1/?a=1&b=2 {port}",
        "sh -e console.log(1>0) {port}",
        "sh a~b {port}",
    ],
)
def test_what_no_shell_needs_to_read_is_taken(command: str) -> None:
    assert fault_of(command, Path()) == ""


def put(file: Path, text: str = "", mode: int = 0o644) -> None:
    file.write_bytes(text.encode())
    file.chmod(mode)


@posix
@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("no_such_program", "there is no program no_such_program in your PATH."),
        ("./nothing", "there is no file ./nothing in "),
        ("./folder", "./folder is a directory, not a program."),
        ("./plain", "./plain may not be run. This allows it: chmod +x ./plain"),
        ("built", "write ./built: a program is searched in your PATH only, and not here."),
        ("./s.py", "begin with what runs it, python ./s.py"),
        ("s.js", "begin with what runs it, node s.js"),
        ("./s.jar", "begin with what runs it, java -jar ./s.jar"),
        ("./x.py", "begin with what runs it, python ./x.py"),
        ("./dos.py", "the first line of ./dos.py ends with \\r\\n"),
        ("./lost.py", "says in its first line that /no/such/python runs it"),
        ("./right.py", ""),
        ("./built", ""),
    ],
)
def test_a_program_that_cannot_be_run_is_told(tmp_path: Path, program: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("plain", "s.py", "s.js", "s.jar"):
        put(tmp_path / name)
    put(tmp_path / "built", "\x7fELF", 0o755)
    put(tmp_path / "x.py", "import socket\n", 0o755)
    put(tmp_path / "dos.py", "#!/usr/bin/env python3\r\n", 0o755)
    put(tmp_path / "lost.py", "#!/no/such/python\n", 0o755)
    put(tmp_path / "right.py", "#!/usr/bin/env python3\n", 0o755)
    fault = fault_of(f"{program} {{port}}", tmp_path)
    assert told in fault
    assert bool(told) == bool(fault)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (f"{PYTHON} -u server.js {{port}}", "does not run server.js. Write: node server.js"),
        (f"{PYTHON} -m server {{port}}", ""),
        (f"{PYTHON} server.py {{port}}", ""),
        (f"{PYTHON} -c 'import server' {{port}}", ""),
    ],
)
def test_a_file_of_another_language_is_told(command: str, told: str) -> None:
    fault = fault_of(command, Path())
    assert told in fault
    assert bool(told) == bool(fault)


def test_another_name_of_the_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = ".exe" if sys.platform == "win32" else ""
    put(tmp_path / f"python3{suffix}", "", 0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fault_of("python s.py {port}", Path()).endswith("PATH. But there is python3.")


@pytest.mark.parametrize("command", ["", "sh -c 'echo {port}", "cd x && node s.js {port}"])
def test_a_learner_reads_it_before_anything_is_run(command: str) -> None:
    with Program("pytest", "tests/phase1/test_wire.py", "--server", command) as grading:
        grading.expect("^ERROR: --server: ")
        grading.expect("^ *The command was: ")
        assert grading.wait() == 4
