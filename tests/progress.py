"""How far a learner has come: python -m tests.progress mydir

Runs the checks of each phase on the learner's servers, and shows what passed:

    phase1  ████████░░  16 of 20   next: a client that vanishes takes nobody along
    phase2  ░░░░░░░░░░   0 of 20   does not start: The server ended (status 1) before it listened
    phase3  not begun
    phase4  not begun

With several directories, a table: a row for each learner. `--json` gives all of it to a program.

A server is mydir/phase1/server.py, as `python -m tests.start phase1 mydir` makes it. In another
language, mydir/phase1/command.txt holds the command that starts it, with {port} where the port
belongs (and {logs} for a directory in which phase 4 may write), such as `node server.js {port}`.
It is run in mydir/phase1.

For teachers: this RUNS the programs of your learners, with all your rights. Use an account, or a
machine, that holds nothing of worth.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from shared.arguments import file_path, positive_number
from shared.console import accept_any_text, exit_with
from shared.stopping import interrupt_on_stop_signals
from shared.text import as_ascii, cells, cut, left, printable, right
from tests.grading.commands import words_of
from tests.kit.harness import ROOT
from tests.start import COMMAND, PHASES, SERVER, arguments_of, quoted

PATIENCE_SECONDS = 2.0  # of a check; on one machine an answer takes milliseconds
PHASE_SECONDS = 120.0  # for all checks of a phase: each of 40 that fails needs its patience
STOP_SECONDS = 5.0  # for pytest to end its server and write down what it knows
BAR_CELLS = 10

NOT_BEGUN, GRADED, DOES_NOT_START, NOT_GRADED = (
    "not begun", "graded", "does not start", "not graded"
)  # fmt: skip
"""The states of a phase. Of one that does not start, or was not graded, `why` tells more."""


@dataclass(frozen=True)
class Grade:
    """What came out for one phase of one learner."""

    phase: str
    state: str
    why: str = ""
    checks: dict[str, str] = field(default_factory=dict)  # each check, and its outcome

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(outcome == "passed" for outcome in self.checks.values())

    @property
    def next_check(self) -> str:
        """The first check that has not passed, in words; "" where all have."""
        ahead = (each for each, outcome in self.checks.items() if outcome != "passed")
        return promise(next(ahead, ""))


def promise(check: str) -> str:
    """What a check asks, in words.

    >>> promise("tests/phase3/test_wire.py::TestStream::test_who_goes_is_announced[reset]")
    'who goes is announced (reset)'
    """
    name, _, case = check.rpartition("::")[2].removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" ({case.removesuffix(']')})" if case else "")


# --- grading -----------------------------------------------------------------------------------


class NoServer(Exception):
    """There is nothing to grade. `state` says what that means, and the text says why."""

    def __init__(self, state: str, why: str = "") -> None:
        super().__init__(why)
        self.state = state


def command_for(phase: str, directory: Path, given: str | None) -> str:
    """How to start the server of a phase, in its directory. Raises NoServer."""
    if given is not None:
        if not directory.is_dir():
            raise NoServer(NOT_BEGUN)
        return given
    written = directory / COMMAND
    if written.is_file():
        command = _read(written).strip()
        if "{port}" not in command or "\n" in command:
            raise NoServer(DOES_NOT_START, f"{COMMAND} needs one line, with {{port}} in it")
        try:
            words_of(command)
        except ValueError as error:
            raise NoServer(DOES_NOT_START, f"{COMMAND}: {error}") from error
        return command
    if (directory / SERVER).is_file():
        return f"{quoted(sys.executable)} {SERVER} {arguments_of(phase)}"
    raise NoServer(NOT_BEGUN)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoServer(DOES_NOT_START, f"{file.name} cannot be read") from error


class Grader:
    """Runs the checks. Several threads may grade at once; `stop` ends what they run."""

    def __init__(self, patience: float, seconds: float) -> None:
        self._patience = patience
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()  # under _lock
        self._is_stopping = False  # under _lock

    def grade(self, phase: str, directory: Path, given: str | None) -> Grade:
        """Grade the server in `directory`, which may be none."""
        try:
            command = command_for(phase, directory, given)
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
                return self._grade(phase, directory, command, Path(scratch))
        except NoServer as none:
            return Grade(phase, none.state, str(none))
        except OSError as error:  # a directory that we may not enter, say
            return Grade(phase, NOT_GRADED, str(error.strerror))

    def _grade(self, phase: str, directory: Path, command: str, scratch: Path) -> Grade:
        grades, printed = scratch / "grades.json", scratch / "printed.txt"
        with printed.open("wb") as output:
            is_late = self._run(self._pytest(phase, command, scratch, grades), directory, output)
        said = printed.read_text(encoding="utf-8", errors="replace")
        checks = _written(grades)
        if exit_reason := re.search(r"^! _pytest\.outcomes\.Exit: (.*)", said, re.MULTILINE):
            return Grade(phase, DOES_NOT_START, exit_reason[1].rstrip(" !."), checks)
        if is_late:
            return Grade(phase, NOT_GRADED, f"stopped after {self._seconds:g} s", checks)
        if not checks:
            return Grade(phase, NOT_GRADED, (said.strip().splitlines() or ["nothing came"])[-1])
        return Grade(phase, GRADED, checks=checks)

    def _pytest(self, phase: str, command: str, scratch: Path, grades: Path) -> list[str]:
        return [
            sys.executable,
            "-P",  # or a socket.py of the learner's would be taken for Python's
            *("-m", "pytest", str(ROOT / "tests" / phase / "test_wire.py")),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)),
            *("--server", command, "--patience", str(self._patience), "--grades", str(grades)),
            *("--basetemp", str(scratch / "logs"), "--all", "-q", "--tb=no"),
            *("-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
        ]

    def _run(self, command: list[str], directory: Path, output: IO[bytes]) -> bool:
        """Run the checks to their end; True where they had to be stopped."""
        with self._lock:
            if self._is_stopping:
                return True
            # A group of its own: so it can be ended with all that it has started.
            process = subprocess.Popen(
                command,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
            self._running.add(process)
        try:
            return _has_to_be_stopped(process, self._seconds)
        finally:
            _kill(process)
            process.wait(STOP_SECONDS)
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """End all that runs, and start nothing more."""
        with self._lock:
            self._is_stopping = True
            for process in self._running:
                _kill(process)


def _written(grades: Path) -> dict[str, str]:
    """The outcome of each check; nothing where the checks were ended before they wrote it."""
    try:
        checks: dict[str, str] = json.loads(grades.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return checks


def _environment() -> dict[str, str]:
    """For pytest, which prints more where CI is set, what learners' programs print included."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return {**kept, "PYTEST_ADDOPTS": "", "PYTHONUTF8": "1"}


def _has_to_be_stopped(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return False
    if sys.platform != "win32":
        process.send_signal(signal.SIGINT)  # it ends its server, and writes what it knows so far
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process, and what it has started."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: zombies
        os.killpg(process.pid, signal.SIGKILL)


# --- learners ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Learner:
    """A directory, and the grades of its phases."""

    name: str
    directory: Path
    grades: tuple[Grade, ...]


def grade_all(
    directories: Sequence[Path], phases: Sequence[str], given: str | None, jobs: int, grader: Grader
) -> list[Learner]:
    """Grade every phase of every learner, `jobs` at a time."""
    names = names_of(directories)
    with ThreadPoolExecutor(jobs) as pool, contextlib.ExitStack() as unless_done:
        # After Ctrl-C, say, the pool would wait for all of them.
        unless_done.callback(grader.stop)
        unless_done.callback(pool.shutdown, wait=False, cancel_futures=True)
        grading = [
            [pool.submit(grader.grade, each, directory / each, given) for each in phases]
            for directory in directories
        ]
        show = Counter(sum(map(len, grading)))
        for row in grading:
            for future in row:
                future.add_done_callback(lambda _: show.one_more())
        learners = [
            Learner(name, directory, tuple(each.result() for each in row))
            for name, directory, row in zip(names, directories, grading, strict=True)
        ]
        unless_done.pop_all()
    return learners


def names_of(directories: Sequence[Path]) -> list[str]:
    """What to call each learner: the directory's name, or its path where two have one name."""
    names = [Path(os.path.abspath(each)).name for each in directories]
    return [
        name if names.count(name) == 1 else str(directory)
        for name, directory in zip(names, directories, strict=True)
    ]


class Counter:
    """Tells a person who waits how much is done; only on a terminal, and on one line."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._lock = threading.Lock()
        self._done = 0  # under _lock

    def one_more(self) -> None:
        """Something is done. Any thread."""
        with self._lock:
            self._done += 1
            if sys.stderr.isatty():
                end = "\r" if self._done < self._total else "\r\x1b[K"
                print(f"\r{self._done} of {self._total} graded", end=end, file=sys.stderr)
                sys.stderr.flush()


# --- what a person sees ------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """What the terminal can show."""

    width: int
    is_ascii: bool = False
    has_colour: bool = False

    def bar(self, done: int, total: int) -> str:
        """A bar; it is full, and empty, only where that is true."""
        full, empty = "#-" if self.is_ascii else "█░"
        filled = done * BAR_CELLS // total if total else 0
        filled = max(filled, 1) if done else 0
        return self.paint(full * filled, "32") + empty * (BAR_CELLS - filled)

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, where colours are wanted."""
        return f"\x1b[{colour}m{text}\x1b[m" if self.has_colour and text else text

    def safe(self, text: str) -> str:
        """`text` without control characters, and with none that this terminal lacks."""
        return as_ascii(printable(text)) if self.is_ascii else printable(text)

    def cut(self, text: str, width: int) -> str:
        """`text`, safe, and in so many cells at most."""
        return cut(self.safe(text), width, "~" if self.is_ascii else "…")


def look_of_terminal() -> Look:
    """What standard output can show."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
    try:
        "█░…".encode(sys.stdout.encoding or "ascii")
        is_ascii = False
    except UnicodeEncodeError:
        is_ascii = True
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")  # https://no-color.org
    return Look(max(width, 40), is_ascii, colour and os.environ.get("TERM") != "dumb")


def one_learner(learner: Learner, look: Look) -> Iterator[str]:
    """A bar for each phase."""
    for grade in learner.grades:
        if grade.state == NOT_BEGUN:
            yield f"{grade.phase}  {NOT_BEGUN}"
            continue
        total = len(grade.checks)
        count = f"{grade.passed:3} of {total:<3}" if total else " " * 9
        head = f"{grade.phase}  {look.bar(grade.passed, total)} {count}  "
        # The escape sequences of colours take no cells.
        room = look.width - len(f"{grade.phase}   {count}  ") - BAR_CELLS
        yield head + look.cut(_how_it_stands(grade), room)


def _how_it_stands(grade: Grade) -> str:
    if grade.state != GRADED:
        return f"{grade.state}: {grade.why}"
    return f"next: {grade.next_check}" if grade.next_check else "done"


def table(learners: Sequence[Learner], look: Look) -> Iterator[str]:
    """A row for each learner, a column for each phase."""
    phases = [grade.phase for grade in learners[0].grades]
    columns = [[_in_table(learner.grades[n]) for learner in learners] for n in range(len(phases))]
    widths = [max(map(len, [name, *column])) for name, column in zip(phases, columns, strict=True)]
    room = max(look.width - sum(widths) - 2 * len(widths), 8)
    names = [look.cut(learner.name, room) for learner in learners]
    first = max(map(cells, names))
    yield (" " * first + _row(phases, widths)).rstrip()
    for row, name in enumerate(names):
        figures = [column[row] for column in columns]
        yield (left(name, first) + _row(figures, widths)).rstrip()


def _row(figures: Sequence[str], widths: Sequence[int]) -> str:
    return "".join("  " + right(*each) for each in zip(figures, widths, strict=True))


def _in_table(grade: Grade) -> str:
    """One cell: short, and the same on every terminal."""
    if grade.state == GRADED:
        return f"{grade.passed}/{len(grade.checks)}"
    return "-" if grade.state == NOT_BEGUN else grade.state


def as_json(learners: Sequence[Learner]) -> str:
    """All of it, for a program."""
    rows = [
        {
            "learner": learner.name,
            "directory": str(learner.directory),
            "phases": {
                grade.phase: {
                    **asdict(grade),
                    "passed": grade.passed,
                    "of": len(grade.checks),
                    "next": grade.next_check,
                }
                for grade in learner.grades
            },
        }
        for learner in learners
    ]
    return json.dumps({"version": 1, "learners": rows}, indent=1)


# --- the command line --------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Grade, and show it. Gives the exit status: 0 where all was graded, 2 for a wrong command."""
    options = _parse(arguments)
    accept_any_text()
    for directory in options.directories:
        if not directory.is_dir():
            print(f"There is no directory {printable(str(directory))}.", file=sys.stderr)
            return 2
    # To be killed is to be interrupted: what runs is ended too.
    interrupt_on_stop_signals()
    grader = Grader(options.patience, options.timeout)
    try:
        learners = grade_all(
            options.directories, options.phases, options.server, options.jobs, grader
        )
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    show(learners, is_json=options.json)
    return 0


def show(learners: Sequence[Learner], *, is_json: bool) -> None:
    """Print what came out."""
    look = look_of_terminal()
    if is_json:
        print(as_json(learners))
    elif len(learners) == 1:
        print(*one_learner(learners[0], look), sep="\n")
    else:
        print(*table(learners, look), sep="\n")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    said = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(
        prog="python -m tests.progress", description=said[0], epilog=" ".join(said[-4:]).strip()
    )
    parser.add_argument(
        "directories", metavar="DIR", nargs="+", type=file_path, help="of a learner"
    )
    parser.add_argument("--json", action="store_true", help="all of it, for a program")
    parser.add_argument(
        "--server", metavar="COMMAND", type=_with_port, help="how to start each server, with {port}"
    )
    parser.add_argument(
        "--phases", type=_phases, default=PHASES, help="such as phase1,phase2 (default: all)"
    )
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help="how long a check waits for an answer (default %(default)g)",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=PHASE_SECONDS,
        metavar="SECONDS",
        help="how long a phase's checks may take (default %(default)g)",
    )
    parser.add_argument(
        "--jobs",
        type=positive_number,
        default=max(2, os.cpu_count() or 1),
        metavar="N",
        help="how many phases are graded at once (default %(default)s)",
    )
    return parser.parse_args(arguments)


def _with_port(text: str) -> str:
    if "{port}" not in text:
        raise argparse.ArgumentTypeError("the command needs {port} where the port belongs")
    return text


def _phases(text: str) -> tuple[str, ...]:
    wanted = text.split(",")
    if unknown := sorted(set(wanted) - set(PHASES)):
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}: {', '.join(PHASES)}")
    return tuple(each for each in PHASES if each in wanted)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no time in seconds over 0")
    return seconds


if __name__ == "__main__":
    exit_with(main)
