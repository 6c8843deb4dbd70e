"""What is typed behind `python -m tests.progress`, and what is said where that is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, run
from tests.progress.__main__ import main
from tests.progress.whole.test_grading import HAS_A_MISTAKE, put
from tests.start import quoted

# --- wrong commands ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/no/such/place"], f"There is no directory {Path('/no/such/place')}."),
        ([".", "--server", "node x"], "--server: the command needs {port}"),
        ([".", "--phases", "phase9"], "--phases: there is no 'phase9'"),
        ([".", "--patience", "soon"], "--patience: 'soon' is not a valid time"),
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


@pytest.mark.parametrize(("text", "wanted"), [("2", "phase2"), ("1, Phase3", "phase1,phase3")])
def test_a_phase_may_be_named_by_its_number(text: str, wanted: str, tmp_path: Path) -> None:
    status, output = run("tests.progress", str(tmp_path), "--phases", text)
    assert status == 0, output
    assert ",".join(line.split()[0] for line in output.splitlines()) == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators")
def test_a_link_that_leads_to_nothing_stops_no_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("anna", "bob"):
        (tmp_path / name).mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert main([*map(str, sorted(tmp_path.iterdir())), "--phases", "1"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        f"Left out: {tmp_path / name} is a link that leads to nothing."
        for name in ("dangling", "loop")
    ]
    assert [line.split()[0] for line in said.out.splitlines()] == ["phase1", "anna", "bob"]


def said_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a wrong command is told."""
    assert main([*arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_the_folder_of_a_class_says_that_its_subfolders_are_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "my class" / "anna", "phase1", HAS_A_MISTAKE)
    said = said_of(capsys, str(tmp_path / "my class"))
    assert f"its subfolders do: {tmp_path / 'my class' / '*'}\n" in said
    assert said.endswith(f"'{tmp_path / 'my class'}'{os.sep}*\n" if os.sep == "/" else "*\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_no_name_of_a_folder_reaches_the_terminal_as_more_than_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "class\x1b[2J" / "bob", "phase1", HAS_A_MISTAKE)
    assert "\x1b" not in said_of(capsys, str(tmp_path / "class\x1b[2J"))
    assert "\x1b" not in said_of(capsys, str(tmp_path / "class\x1b[2J" / "bob" / "phase1"))


def test_the_folder_of_a_phase_says_how_to_grade_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "phase2", HAS_A_MISTAKE)
    said = said_of(capsys, str(tmp_path / "phase2"))
    assert said.endswith(f" -m tests.progress {tmp_path} --phases phase2\n")


def test_an_asterisk_that_no_shell_has_expanded_is_all_that_it_means(tmp_path: Path) -> None:
    for name in ("anna", "bob"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").touch()
    status, output = run("tests.progress", f"{tmp_path}{os.sep}*", "--phases", "phase1")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines()] == ["phase1", "anna", "bob"]


def test_a_directory_that_is_given_twice_is_graded_once(tmp_path: Path) -> None:
    put(tmp_path / "anna", "phase1", HAS_A_MISTAKE)
    again = str(tmp_path / "anna" / "phase1" / os.pardir)
    status, output = run("tests.progress", str(tmp_path / "anna"), again, "--phases", "phase1")
    assert status == 0
    first, *rows = output.splitlines()
    assert first == f"Graded once: {again} was given before."
    assert len(rows) == 1
    assert "does not start" in rows[0]


def test_two_directories_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "my").mkdir(parents=True)
    places = [str(tmp_path / place / "my") for place in ("a", "b")]
    status, output = run("tests.progress", *places)
    assert status == 0
    assert all(place in output for place in places)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_pytest_it_says_in_one_sentence_what_installs_it(tmp_path: Path) -> None:
    """Without any library, in a folder that was unpacked and in which nothing is set up."""
    for name in ("shared", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tests.progress", "my"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "tests.progress needs the library pytest, which this Python does not have: "
        "sh .ci/setup learn\n"
    )


def test_pytest_alone_is_enough_to_grade_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ("--collect-only", "-q", "-p", "no:cacheprovider")
    status, output = run(
        "pytest",
        "tests/phase1",
        "--server",
        f"{quoted(sys.executable)} mine.py {{port}}",
        *options,
        cwd=ROOT,
    )
    assert status == 0, output
