"""A learner can begin with what tests/start.py copies (tests/right/ has where that leads)."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading.commands import words_of
from tests.kit.harness import ROOT, SECONDS, run
from tests.start import PHASES, check_command, main, quoted, quoted_whole
from tests.starters.cutting import cut
from tests.starters.steps import checks_of, program, steps_of


@pytest.mark.parametrize("phase", PHASES)
def test_with_all_todos_done_it_is_the_whole_program(phase: str) -> None:
    whole = cut(program(phase), len(checks_of(phase)))
    assert ast.dump(ast.parse(whole)) == ast.dump(ast.parse(program(phase)))
    assert "TODO" not in whole.partition('"""\n\nimport')[2]


@pytest.mark.parametrize("phase", PHASES)
def test_nothing_of_how_it_was_cut_is_left(phase: str) -> None:
    for done in steps_of(phase):
        assert not re.findall(r"^ *#(: | </?\d).*", cut(program(phase), done), re.MULTILINE)


@pytest.mark.parametrize("phase", PHASES)
def test_a_starter_uses_the_standard_library_only(phase: str) -> None:
    for node in ast.walk(ast.parse(cut(program(phase)))):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.partition(".")[0] in sys.stdlib_module_names


CUT = {
    0: """
def echo():
    # TODO 1: it answers
    #   Send it back.
    while False:
        pass

    # TODO 2: it ends

    return done
""",
    1: """
def echo():
    for line in lines:
        # TODO 2: it ends
        send(line)

    return done
""",
    2: """
def echo():
    for line in lines:
        if not line:
            break
        log(line)
        send(line)

    return done
""",
}


@pytest.mark.parametrize("done", CUT)
def test_what_is_not_done_yet_is_its_todo_and_what_stands_there_until_then(done: int) -> None:
    whole = """
def echo():
    # <1>
    # TODO 1: it answers
    #   Send it back.
    #: while False:
    #:     pass
    for line in lines:
        # <2>
        # TODO 2: it ends
        if not line:
            break
        # </2>
        # <2b>
        log(line)
        # </2b>
        send(line)
    # </1>

    return done
"""
    assert cut(whole, done) == CUT[done]


# --- python -m tests.start ----------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_it_writes_the_server_and_in_it_the_command_that_it_prints(
    phase: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([phase, str(tmp_path / "my dir")]) == 0
    server = tmp_path / "my dir" / phase / "server.py"
    command = check_command(phase, server)
    said = capsys.readouterr().out
    assert f"\n    {command}\n" in said
    assert f" -m tests.progress --watch {quoted(str(tmp_path / 'my dir'))}\n" in said
    text = server.read_text(encoding="utf-8")
    assert f"\n    {command}\n" in (ast.get_docstring(ast.parse(text), clean=False) or "")
    assert text.replace(command, "CHECK_COMMAND") == cut(program(phase))


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell reads the command")
@pytest.mark.parametrize("name", ["my dir", "it's", 'say "$HOME" `id`', "a\\b!"])
def test_the_command_that_it_prints_checks_that_server(name: str, tmp_path: Path) -> None:
    status, output = run("tests.start", "phase1", str(tmp_path / name))
    assert status == 0
    command = next(line.strip() for line in output.splitlines() if "-m pytest" in line)
    command += " --collect-only -q"  # does the shell, and pytest, read it as it is meant?
    words = shlex.split(command)
    server = words[words.index("--server") + 1]
    assert shlex.split(server)[1:] == [
        str(tmp_path / name / "phase1" / "server.py"), "--port", "{port}"
    ]  # fmt: skip
    as_shell = subprocess.run(
        ["sh", "-c", f'printf "%s\\n" {command.partition("--server ")[2]}'],
        capture_output=True, text=True, check=True, timeout=SECONDS,
    )  # fmt: skip
    assert as_shell.stdout.splitlines()[0] == server


def test_nothing_is_ever_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = tmp_path / "phase2" / "server.py"
    server.parent.mkdir()
    server.write_text("mine\n", encoding="utf-8")
    assert main(["phase2", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{server} is there already, and nothing was overwritten.")
    assert f" -m tests.progress --watch {tmp_path}\n" in said
    assert server.read_text(encoding="utf-8") == "mine\n"


def test_a_server_in_another_language_is_not_hidden(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = tmp_path / "phase1" / "command.txt"
    command.parent.mkdir()
    command.write_text("node server.js {port}\n", encoding="utf-8")
    assert main(["phase1", str(tmp_path)]) == 2
    assert "command.txt is there already" in capsys.readouterr().err
    assert list(command.parent.iterdir()) == [command]


@pytest.mark.skipif(sys.platform == "win32", reason="there an administrator makes links")
def test_a_link_that_leads_nowhere_is_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "phase1"
    folder.mkdir()
    (folder / "server.py").symlink_to(tmp_path / "elsewhere.py")
    assert main(["phase1", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere.py").exists()


def test_an_unknown_phase_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phase7", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err == "There is no 'phase7': choose phase1, phase2, phase3 or phase4.\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["phase1", str(file / "my")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Cannot write {file / 'my' / 'phase1' / 'server.py'} (")
    assert said.count("\n") == 1


NO_NAME_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="no file can have it there")


@pytest.mark.parametrize(
    "name", ["two\nlines", pytest.param('three"""quotes', marks=NO_NAME_ON_WINDOWS)]
)
def test_a_name_that_would_break_the_file_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phase1", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.startswith("Choose a simpler name than ")
    assert list(tmp_path.iterdir()) == []


def test_it_tells_how_to_go_on_with_ones_own_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phase1", str(tmp_path)]) == 0
    assert "your own" not in capsys.readouterr().out
    assert main(["phase2", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"{tmp_path / 'phase1' / 'server.py'} {tmp_path / 'phase2' / 'server.py'}\n" in said


def test_paths_in_the_repository_are_short() -> None:
    command = check_command("phase1", ROOT / "my" / "phase1" / "server.py")
    assert f"{Path('my/phase1/server.py')} --port" in command


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell reads the command")
def test_a_command_in_quotes_is_one_word_of_the_shell() -> None:
    for command in ("plain {port}", 'a "b" $c', "it's"):
        assert shlex.split(quoted_whole(command)) == [command]


def test_on_windows_a_command_with_blanks_in_quotes_reaches_the_checks_as_it_was() -> None:
    """In cmd and in PowerShell: there are no double quotes within the double quotes."""
    words = [r"C:\Program Files\python.exe", r"C:\Users\Ann Lee\my\server.py", "--port", "{port}"]
    command = f'"{words[0]}" "{words[1]}" --port {{port}}'
    typed = quoted_whole(command, is_windows=True)
    assert typed.count('"') == 2
    assert words_of(typed.strip('"'), is_windows=True) == words
