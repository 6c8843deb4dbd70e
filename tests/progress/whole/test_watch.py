"""Whoever saves a file sees at once what to do next, on a terminal and without one."""

import contextlib
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.harness import Program, wait_until
from tests.kit.terminal import Terminal  # skips all of this where there are no pseudo-terminals
from tests.progress.test_ends import is_gone
from tests.progress.whole.test_grading import ECHO, FOR_EVER, NEVER_ENDS, put
from tests.start import STARTERS
from tests.start import main as start
from tests.starters.cutting import cut

WATCH = ("tests.progress", "--watch")
ALL_DONE = 99
ALL_SECONDS = 120.0  # for all checks of a phase: one of them is silent for long, to see what comes

pytestmark = pytest.mark.timeout(200)


def save(directory: Path, done: int, phase: str = "phase1") -> None:
    """A beginning with so many TODOs done."""
    put(directory, phase, cut((STARTERS / f"{phase}.py").read_text(encoding="utf-8"), done))


def never_ends(pid: Path) -> str:
    """A server that nobody can connect to; its number is in that file."""
    return NEVER_ENDS.replace('Path("pid")', f"Path({str(pid)!r})")


@contextlib.contextmanager
def watching(directory: Path, *options: str) -> Iterator[Terminal]:
    """A terminal on which somebody watches a learner's directory."""
    where = (*WATCH, str(directory), *options)
    with Terminal("-m", *where, columns=120, rows=50) as terminal:
        try:
            terminal.until("Watching")
            yield terminal
        finally:
            if terminal.process.poll() is None:
                terminal.signal(signal.SIGTERM)  # so that it ends what it has started
                terminal.wait()


def test_each_save_shows_the_first_check_that_fails_until_all_pass(tmp_path: Path) -> None:
    assert start(["phase1", str(tmp_path)]) == 0
    save(tmp_path, 1, "phase2")
    with watching(tmp_path, "--phases", "phase1,phase2") as terminal:
        terminal.until("phase2 .* next: ")  # the first that is begun
        save(tmp_path, 1)
        terminal.until("server.py: saved")
        terminal.until("(?s)NOT YET: hello is answered.*Likely: .*Lesson: .*phase1 .* next: hello")
        save(tmp_path, 2)
        terminal.until("(?s)NOT YET: a line may come in pieces.*next: a line may come in pieces")
        save(tmp_path, ALL_DONE)
        terminal.until(r"phase1  █{10}  (\d+) of \1   done", ALL_SECONDS)
        terminal.until(
            r"Compare .*\n +tests/starters/phase1.py .*\n +phase1/server.py +ours\n +tests/right/ "
        )
        terminal.until(r"Read next: phase2/README.md.\n(?s:.*)phase2 .* next: ")  # begun already
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.has_its_settings


def test_keys_show_one_hint_after_the_other_or_all_and_run_it_again(tmp_path: Path) -> None:
    save(tmp_path, 2)
    with watching(tmp_path) as terminal:
        terminal.until(r"h: a hint \(3 left\)")
        assert not re.search("Hint 1|--hints|Again: ", terminal.text)  # the keys do that
        terminal.press("h")
        terminal.until(r"(?s)Hint 1: .*\(2 left\)")
        terminal.press("\r")
        terminal.until(r"(?s)Hint 2: .*\(1 left\)")
        terminal.press("h")
        terminal.until(r"(?s)Hint 3: .*\nr: run again +q: quit")
        terminal.press("h")
        terminal.until("There is no more hint")
        terminal.press("r")
        terminal.until(r"(?s)no more hint.*NOT YET: a line may come in pieces.*\(3 left\)")
        terminal.press("a")
        terminal.until("(?s)no more hint.*Hint 1: .*Hint 2: .*Hint 3: ")
        terminal.press("\x04")  # Ctrl-D
        assert terminal.wait() == 0


def test_a_server_that_does_not_start_is_shown_with_what_it_printed(tmp_path: Path) -> None:
    put(tmp_path, "phase1", "print('Hm.')\nimport argparse (\n")
    with watching(tmp_path) as terminal:
        terminal.until(r"(?s)printed.*SyntaxError: .*\nphase1 .*does not start: line 2: Syntax")


def test_a_server_that_does_not_start_has_a_lesson_and_hints_by_a_key(tmp_path: Path) -> None:
    put(tmp_path, "phase3", "1/0")
    with watching(tmp_path, "--phases", "phase3") as terminal:
        terminal.until(r"(?s)Lesson: +phase3/README.md, Run it\n.*h: a hint \(3 left\)")
        assert "--hints" not in terminal.text  # the keys do that
        terminal.press("h")
        terminal.until(r"(?s)Hint 1: +Start it yourself in a terminal.*\(2 left\)")


def test_what_is_not_begun_says_how_to_begin_and_is_seen_when_it_comes(tmp_path: Path) -> None:
    with watching(tmp_path) as terminal:
        terminal.until("phase1 is not begun. In another terminal:\n    .* -m tests.start phase1 ")
        assert start(["phase1", str(tmp_path)]) == 0
        terminal.until("phase1 is as it was made. Do TODO 1, and save it:\n    .*server.py")
        save(tmp_path, 1, "phase2")
        terminal.until("phase2 .* next: ")


def test_the_folder_of_one_phase_is_watched_alone(tmp_path: Path) -> None:
    save(tmp_path, 2)
    save(tmp_path, ALL_DONE, "phase2")
    with watching(tmp_path / "phase2") as terminal:
        terminal.until(r"phase2  █{10}  (\d+) of \1   done", ALL_SECONDS)
        terminal.until("Read next: phase3/README.md")
        terminal.until(r"Then begin phase3. In another terminal:\n    .* -m tests.start phase3 ")
        assert "phase1 " not in terminal.text


def test_a_save_while_the_checks_run_ends_them_and_begins_anew(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    put(tmp_path / "my", "phase1", never_ends(pid))
    with watching(tmp_path / "my", *FOR_EVER) as terminal:
        terminal.until(lambda: pid.exists() and pid.read_text())
        save(tmp_path / "my", 2)
        terminal.until("next: a line may come in pieces")
        assert is_gone(int(pid.read_text()))
        assert "Nobody could connect" not in terminal.text


def test_what_the_server_writes_does_not_run_it_again_for_ever(tmp_path: Path) -> None:
    diary = "\n__import__('pathlib').Path('diary.txt').open('a').write('x')\n"
    put(tmp_path, "phase1", diary + cut((STARTERS / "phase1.py").read_text(encoding="utf-8"), 2))
    with watching(tmp_path) as terminal:
        terminal.until("next: a line may come in pieces")
        terminal.press("r")
        terminal.until("(?s)in pieces.*in pieces.*next: a line may come in pieces.*q: quit")
        put(tmp_path, "phase2", "")  # a fence: what was written before is seen before
        terminal.until("server.py: saved")
        assert b"diary.txt" not in terminal.output


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "Ctrl-C"], ids=str)
def test_its_end_leaves_nothing_behind_and_the_terminal_as_it_was(
    tmp_path: Path, how: signal.Signals | str
) -> None:
    pid = tmp_path / "pid"
    put(tmp_path / "my", "phase1", never_ends(pid))
    with watching(tmp_path / "my", *FOR_EVER) as terminal:
        terminal.until(lambda: pid.exists() and pid.read_text())
        assert not terminal.has_its_settings
        terminal.press("\x03") if isinstance(how, str) else terminal.signal(how)
        assert terminal.wait() == 130
        assert terminal.has_its_settings
        assert "Stopped." in terminal.text
    wait_until(lambda: is_gone(int(pid.read_text())), "the learner's server to be gone")


def test_a_terminal_that_is_closed_ends_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    put(tmp_path / "my", "phase1", never_ends(pid))
    with watching(tmp_path / "my", *FOR_EVER) as terminal:
        terminal.until(lambda: pid.exists() and pid.read_text())
        terminal.close()
        terminal.process.wait(20)
    wait_until(lambda: is_gone(int(pid.read_text())), "the learner's server to be gone")


def test_without_a_terminal_a_line_is_a_key_and_the_end_of_them_is_no_end(tmp_path: Path) -> None:
    save(tmp_path, 2)
    with Program(*WATCH, str(tmp_path)) as program:
        program.expect(r"h: a hint \(3 left\)")
        program.type("\n")
        program.expect("^Hint 1: ")
        program.type("a\n")
        program.expect("^Hint 3: ")
        program.end_of_input()
        save(tmp_path, 1)
        program.expect("^phase1 .* next: hello is answered")
        program.interrupt()
        assert program.wait() == 130
        assert not any("\x1b" in line or "\r" in line for line in program.rest_of_output())


def test_without_a_terminal_q_ends_it(tmp_path: Path) -> None:
    with Program(*WATCH, str(tmp_path)) as program:
        program.expect("phase1 is not begun")
        program.type("q\n")
        assert program.wait() == 0


@pytest.mark.parametrize("more", [["other"], ["--json"]])
def test_only_one_directory_is_watched_and_by_a_person(tmp_path: Path, more: list[str]) -> None:
    with Program(*WATCH, str(tmp_path), *more) as program:
        assert program.wait() == 2
        assert "--watch is for one directory, and for a person" in program.rest_of_output()[0]


def test_any_language_is_watched(tmp_path: Path) -> None:
    put(tmp_path, "phase3", ECHO, "command.txt")
    with watching(tmp_path, "--phases", "phase3") as terminal:
        terminal.until("phase3 .* next: ")
        put(tmp_path, "phase3", f"{sys.executable} no_such_file.py {{port}}", "command.txt")
        terminal.until("(?s)command.txt: saved.*no_such_file.py.*does not start: .*can.t open")
