"""Many servers are graded in a few processes, and nothing of them is left."""

import shlex
import sys
from pathlib import Path

import pytest

from tests.grading.many import Graders, Job
from tests.kit.harness import wait_until

PYTHON = shlex.quote(sys.executable)
RIGHT = f"{PYTHON} -m tests.broken.echo {{port}}"
WRONG = f"{PYTHON} -m tests.broken.first_line_only {{port}}"
LINES = "test_several_lines_in_one_segment_are_several_lines"


def test_the_grades_are_those_of_pytest(tmp_path: Path) -> None:
    with Graders(2, tmp_path) as graders:
        right = graders.grade(Job(1, RIGHT, ("-k", "hello or lines")))
        wrong = graders.grade(Job(1, WRONG, ("--patience", "0.5", "-k", "hello or lines")))
        nobody = graders.grade(Job(1, f"{PYTHON} no_such_program.py {{port}}"))
        assert right.result().outcomes[LINES] == "passed"
        assert right.result().failed == frozenset()
        assert right.result().not_yet == ""
        assert wrong.result().not_yet == "several lines in one segment are several lines"
        assert wrong.result().failed == {LINES}  # and there it stopped
        assert "no_such_program" in nobody.result().stopped


def test_a_process_that_hangs_is_ended_with_its_server_and_another_grades_on(
    tmp_path: Path,
) -> None:
    mark = tmp_path / "it has begun"
    hangs = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(''); time.sleep(600)"
    command = f"{PYTHON} -c {shlex.quote(hangs)} {shlex.quote(str(mark))} {{port}}"
    with Graders(1, tmp_path / "grades") as graders:
        hanging = graders.grade(Job(1, command), 6.0)
        following = graders.grade(Job(1, RIGHT, ("-k", "hello")))
        with pytest.raises(AssertionError, match="within 6 s"):
            hanging.result()
        assert following.result().failed == frozenset()
    assert mark.exists()
    wait_until(lambda: not _runs(str(mark)), "the server is gone")


def test_at_the_end_nothing_more_is_graded(tmp_path: Path) -> None:
    with Graders(1, tmp_path) as graders:
        jobs = [graders.grade(Job(1, RIGHT)) for _ in range(3)]
    assert jobs[-1].cancelled()


def _runs(word: str) -> bool:
    """Whether a process has this word in its command, where the system tells."""
    commands = (file for file in Path("/proc").glob("[0-9]*/cmdline"))
    return any(word.encode() in _text(file).split(b"\0") for file in commands)


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
