"""The page is where the teacher opens it, from the first moment to the last, and whole."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, Program, run, wait_until
from tests.progress.__main__ import grade, main
from tests.progress.checks import GRADE, How
from tests.progress.grading import Task
from tests.progress.page.file import PageFile
from tests.progress.whole.test_grading import (
    FOR_EVER,
    HAS_A_MISTAKE,
    NEVER_ENDS,
    QUICK,
    RUN_SECONDS,
    put,
)

PHASE_1 = ("--phases", "phase1")

pytestmark = pytest.mark.timeout(RUN_SECONDS + 50)

DOES_NOT_START = "<b>does not start</b>"
ASKS_AGAIN = re.compile(r'<body data-again|http-equiv="refresh"')


@pytest.fixture
def school(tmp_path: Path) -> Path:
    """A class of two, neither of whose servers starts."""
    for name in ("anna", "bob"):
        put(tmp_path / "class" / name, "phase1", HAS_A_MISTAKE)
    return tmp_path / "class"


def test_it_fills_while_the_checks_run_and_says_so_when_it_is_stopped(school: Path) -> None:
    put(school / "bob", "phase1", NEVER_ENDS)
    page = school / "table.html"
    options = (*PHASE_1, *QUICK, *FOR_EVER, "--html", str(page))
    with Program("tests.progress", *map(str, (school / "anna", school / "bob")), *options) as it:
        it.expect(rf"Open {re.escape(str(page))} in a browser: it fills while the checks run\.")
        assert ASKS_AGAIN.search(page.read_text(encoding="utf-8"))  # from the first moment on
        wait_until(
            lambda: DOES_NOT_START in page.read_text(encoding="utf-8"), "anna's grade", RUN_SECONDS
        )
        assert "1 of 2 phases are graded" in page.read_text(encoding="utf-8")
        it.interrupt()
        assert it.wait() == 130
    text = page.read_text(encoding="utf-8")
    assert "It was stopped when 1 of 2 phases were graded." in text
    assert not ASKS_AGAIN.search(text)


def test_beside_json_it_is_complete_and_standard_output_is_json_alone(school: Path) -> None:
    page = school / "table.html"
    command = [sys.executable, "-m", "tests.progress", str(school / "anna"), "--json", *PHASE_1]
    command += ["--html", str(page)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed)["version"] == 1
    text = page.read_text(encoding="utf-8")
    assert "All phases are graded." in text
    assert "How far <bdi>anna</bdi> has come" in text
    assert not ASKS_AGAIN.search(text)


def test_the_page_in_the_folder_of_the_class_is_in_no_ones_way(
    school: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shell makes all that is in class/ of class/*, as soon as it is there."""
    page = school / "table.html"
    (school / "notes.txt").touch()
    for _ in range(2):
        everything = [str(each) for each in sorted(school.iterdir())]
        assert main([*everything, "--html", str(page), *PHASE_1]) == 0
        said = capsys.readouterr()
        assert said.err.splitlines() == [
            f"Left out: {school / 'notes.txt'} is a file.",
            f"Open {page} in a browser: it fills while the checks run.",
        ]
        assert [line.split()[0] for line in said.out.splitlines()[1:3]] == ["anna", "bob"]


def cannot_be_written(page: Path, school: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said, once, before anything is graded."""
    assert main([str(school / "anna"), "--html", str(page), *PHASE_1]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return line


def test_a_place_where_no_page_can_be_is_told_before_anything_is_graded(
    school: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for page, why in (
        (school, "it is a directory, not an ordinary file"),
        (school / "none" / "table.html", "No such file or directory"),
        (school / "anna" / "phase1" / "server.py" / "x", "Not a directory"),
    ):
        assert cannot_be_written(page, school, capsys) == f"Cannot write {page} ({why})."


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_fifo_is_no_place_for_a_page(school: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(school / "fifo")
    assert "it is a FIFO" in cannot_be_written(school / "fifo", school, capsys)


def test_what_somebody_else_has_written_is_left_as_it_is(
    school: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = school / "anna" / "phase1" / "server.py"
    said = cannot_be_written(server, school, capsys)
    assert said == f"Cannot write {server} (it is there, and was not made by this program)."
    assert server.read_text(encoding="utf-8") == HAS_A_MISTAKE


def test_a_last_page_that_cannot_be_written_is_told_and_is_the_status(
    school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    page = PageFile(folder / "table.html", ["anna"], ["phase1"])
    shutil.rmtree(folder)
    task = Task(["phase1"], None, 60.0, How(GRADE, 1.0))
    assert grade([school / "anna"], task, 1, is_json=False, page=page) == 1
    said = capsys.readouterr()
    assert said.out.startswith("phase1 ")
    assert said.err == f"Cannot write {folder / 'table.html'} (No such file or directory).\n"


def test_only_its_owner_may_read_marks(school: Path) -> None:
    if sys.platform != "win32":
        page = PageFile(school / "table.html", ["anna"], ["phase1"])
        assert page.path.stat().st_mode & 0o777 == 0o600


def test_it_is_not_for_watching(school: Path) -> None:
    page = school / "table.html"
    status, output = run("tests.progress", "--watch", str(school / "anna"), "--html", str(page))
    assert status == 2
    assert "--watch is for one directory, and for a person" in output
    assert not page.exists()
