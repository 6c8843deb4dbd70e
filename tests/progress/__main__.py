"""How far a learner has come: python -m tests.progress mydir

Runs the checks of each phase on the learner's servers, and shows what passed:

    phase1  ████████░░  16 of 20   next: a client that vanishes takes nobody along
    phase2  ░░░░░░░░░░   0 of 21   does not start: SyntaxError: '(' was never closed
    phase3  not begun (mydir/phase3/server.py is as it was made)
    phase4  not begun

With several directories, a table: a row for each learner. `--html FILE` writes it as a page for a
browser, with each check, and `--json` gives all of it to a program.
With --watch it stays, runs the checks again when a file changes, and shows the first that fails.

A server is mydir/phase1/server.py, as `python -m tests.start phase1 mydir` makes it. In another
language, mydir/phase1/command.txt holds the command that starts it, with {port} where the port
belongs (and {logs} for a directory in which phase 4 may write), such as `node server.js {port}`.
It is run in mydir/phase1.

The exit status is 0 where all was graded, whatever the marks; 1 where something could not be graded
(its time was up, say); 2 for a wrong command; 130 after Ctrl-C.

For teachers: this RUNS the programs of your learners, with all your rights. Use an account, or a
machine, that holds nothing of worth.
"""

import argparse
import contextlib
import glob
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.libraries import missing

try:
    import pytest  # noqa: F401 - first of all: without it there is nothing to do here
except ImportError as error:
    raise missing(error, "learn") from error

from shared.arguments import file_path, positive_number
from shared.console import accept_any_text, exit_with
from shared.stopping import interrupt_on_stop_signals, on_stop_signals
from shared.text import printable
from tests.grading.running import START_SECONDS
from tests.progress.checks import GRADE, GRADE_ALL, WATCH, How
from tests.progress.grades import NOT_GRADED, Grade
from tests.progress.grading import Grading, Task, names_of
from tests.progress.page.file import PageFile
from tests.progress.screen import Paper, Table, as_json, bar_line, look_of_terminal
from tests.progress.watching import Watch
from tests.start import PHASES, python_name, quoted

PATIENCE_SECONDS = 2.0  # of a check; on one machine an answer takes milliseconds
WATCH_PATIENCE_SECONDS = 5.0  # as where a learner runs the checks with pytest: one wait is no pain
PHASE_SECONDS = 120.0  # for all checks of a phase, on a busy machine
JOBS_PER_CORE = 6  # as checks mostly wait


class WrongCommand(Exception):
    """The text is one sentence that says why."""


def main(arguments: list[str] | None = None) -> int:
    """Grade, and show it. Gives the exit status, as above."""
    options = _parse(arguments)
    accept_any_text()
    try:
        if options.watch:
            _choose_what_to_watch(options)
        directories = _directories(options.directories, options.html)
        page = _page(options, directories)
    except WrongCommand as error:
        print(error, file=sys.stderr)
        return 2
    if options.watch:
        return watch(options, *directories)
    # To be killed is to be interrupted: what runs is ended too.
    interrupt_on_stop_signals()
    try:
        patience = options.patience or PATIENCE_SECONDS
        how = How(GRADE_ALL if options.all else GRADE, patience, options.start_seconds)
        task = Task(options.phases, options.server, options.timeout, how)
        return grade(directories, task, options.jobs, is_json=options.json, page=page)
    except KeyboardInterrupt:
        return _stopped()


def _stopped() -> int:
    print("Stopped.", file=sys.stderr)
    return 130


def watch(options: argparse.Namespace, directory: Path) -> int:
    """Run the checks of one learner again and again. Gives the exit status."""
    patience = options.patience or WATCH_PATIENCE_SECONDS
    how = How(WATCH, patience, options.start_seconds)
    watch = Watch(directory, options.phases, options.server, how, look_of_terminal())
    on_stop_signals(watch.stop)
    return 0 if watch.run() else _stopped()


def grade(
    directories: Sequence[Path],
    task: Task,
    jobs: int,
    *,
    is_json: bool,
    page: PageFile | None = None,
) -> int:
    """Grade these learners, and show each as soon as it is known. Gives the exit status."""
    paper = Paper(len(directories) * len(task.phases))
    with contextlib.ExitStack() as stack:
        stack.callback(paper.end)
        grading = stack.enter_context(_grading(directories, task, jobs, paper, page))
        if is_json:
            learners = [(row.name, row.directory, [*row.grades()]) for row in grading.rows]
            paper.line(as_json(learners))
            grades = [grade for _, _, theirs in learners for grade in theirs]
        elif len(directories) == 1:
            grades = _show_one(grading, paper)
        else:
            grades = _show_class(grading, task.phases, paper)
    if page and page.error:
        print(_cannot_write(page.path, page.error), file=sys.stderr)
        return 1
    return int(any(each.state == NOT_GRADED for each in grades))


@contextlib.contextmanager
def _grading(
    directories: Sequence[Path], task: Task, jobs: int, paper: Paper, page: PageFile | None
) -> Iterator[Grading]:
    """A grading that tells paper and page of what is known."""

    def on_each() -> None:
        paper.one_more()
        if page:
            page.one_more()

    # When it is stopped, the page ends first: what is ended with the grading is not a grade.
    with (
        Grading(directories, task, jobs, on_each) as grading,
        page.filled_by(grading.rows) if page else contextlib.nullcontext(),
    ):
        yield grading


def _show_one(grading: Grading, paper: Paper) -> list[Grade]:
    look = look_of_terminal()
    (row,) = grading.rows
    grades = []
    for each in row.grades():
        grades.append(each)
        paper.line(bar_line(each, row.directory, look))
    return grades


def _show_class(grading: Grading, phases: Sequence[str], paper: Paper) -> list[Grade]:
    table = Table([row.name for row in grading.rows], phases, look_of_terminal())
    paper.line(table.head)
    grades: list[Grade] = []
    notes: list[str] = []
    for row in grading.rows:
        theirs = [*row.grades()]
        paper.line(table.row(row.name, theirs))
        notes += table.notes(row.name, theirs)
        grades += theirs
    for note in ["", *notes] if notes else []:
        paper.line(note)
    return grades


# --- the command line --------------------------------------------------------------------------


def _page(options: argparse.Namespace, directories: Sequence[Path]) -> PageFile | None:
    """The page that is wanted, written for the first time. Raises WrongCommand."""
    if options.html is None:
        return None
    try:
        page = PageFile(options.html, names_of(directories), options.phases)
    except OSError as error:
        raise WrongCommand(_cannot_write(options.html, error)) from error
    where = printable(str(options.html))
    print(f"Open {where} in a browser: it fills while the checks run.", file=sys.stderr)
    return page


def _cannot_write(path: Path, error: OSError) -> str:
    return f"Cannot write {printable(str(path))} ({error.strerror})."


def _directories(given: Sequence[Path], page: Path | None) -> list[Path]:
    """The learners' directories, each once, in natural order. Raises WrongCommand.

    class/* is what is in class/: files, too, such as the page of the last time.
    """
    found: dict[str, Path] = {}
    for directory in (each for one in given for each in _expanded(one)):
        if len(given) > 1 and (what := _what_else(directory)):
            if directory != page:
                print(f"Left out: {printable(str(directory))} {what}.", file=sys.stderr)
            continue
        if not os.path.isdir(directory):
            raise WrongCommand(f"There is no directory {printable(str(directory))}.")
        same = found.setdefault(os.path.realpath(directory), directory)
        if same is not directory:
            print(f"Graded once: {printable(str(directory))} was given before.", file=sys.stderr)
    if not found:
        raise WrongCommand(f"There is no directory {printable(str(given[0]))}.")
    if not any(map(_has_phase, found.values())):  # one that has none says so in its row
        for directory in found.values():
            _refuse_folder_of_others(directory)
    return sorted(found.values(), key=_natural)


def _what_else(path: Path) -> str:
    """What is there in place of a directory; "" where one is, or nothing at all."""
    if os.path.isdir(path) or not os.path.lexists(path):
        return ""
    if os.path.exists(path):
        return "is a file"
    return "is a link that leads to nothing"


def _choose_what_to_watch(options: argparse.Namespace) -> None:
    """Take the folder of one phase for that phase alone. Raises WrongCommand."""
    if len(options.directories) > 1 or options.json or options.html:
        raise WrongCommand("--watch is for one directory, and for a person: leave out the rest.")
    (directory,) = options.directories
    phase = directory.resolve().name
    if phase in PHASES and directory.is_dir() and not _has_phase(directory):
        options.directories, options.phases = [directory.parent], (phase,)


def _expanded(directory: Path) -> list[Path]:
    """class/* where no shell has done it, as on Windows."""
    if "*" not in str(directory) or directory.exists():
        return [directory]
    return [each for each in map(Path, glob.glob(str(directory))) if each.is_dir()] or [directory]


def _refuse_folder_of_others(directory: Path) -> None:
    """Say what was meant. Raises WrongCommand."""
    if _has_phase(directory):
        return
    name, start = printable(str(directory)), f"{python_name()} -m tests.progress"
    if directory.resolve().name in PHASES:
        raise WrongCommand(
            f"{name} is the folder of one phase. Type: {start} {_typed(directory.parent)}"
            f" --phases {directory.resolve().name}"
        )
    if any(_has_phase(each) for each in _subfolders(directory)):
        subfolders = printable(str(directory / "*"))
        raise WrongCommand(
            f"{name} has no folder of a phase, but its subfolders do: {subfolders}\n"
            f"Type: {start} {_typed(directory)}{os.sep}*"
        )


def _typed(directory: Path) -> str:
    """A directory in a command that is shown."""
    return printable(quoted(str(directory)))


def _has_phase(directory: Path) -> bool:
    return any(os.path.isdir(directory / phase) for phase in PHASES)


def _subfolders(directory: Path) -> list[Path]:
    try:
        return [each for each in directory.iterdir() if os.path.isdir(each)]
    except OSError:  # it is graded, and that says why nothing came of it
        return []


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that anna2 comes before anna10."""
    words = re.findall(r"\d+|\D+", str(path).casefold())
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in words]


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    paragraphs = (__doc__ or "").strip().split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.progress",
        description=paragraphs[0],
        epilog=" ".join(" ".join(paragraphs[-2:]).split()),
    )
    parser.add_argument(
        "directories", metavar="DIR", nargs="+", type=file_path, help="of a learner"
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="run the checks of one learner again when a file changes; DIR may be mydir/phase2",
    )
    parser.add_argument("--json", action="store_true", help="all of it, for a program")
    parser.add_argument(
        "--html",
        metavar="FILE",
        type=file_path,
        help="a page for a browser as well, which fills while the checks run",
    )
    parser.add_argument(
        "--server", metavar="COMMAND", type=_with_port, help="how to start each server, with {port}"
    )
    parser.add_argument(
        "--phases", type=_phases, default=PHASES, help="such as phase1,phase2 (default: all)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="run every check, also where many in a row have got no answer",
    )
    _add_bounds(parser)
    return parser.parse_args(arguments)


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--patience",
        type=_seconds,
        metavar="SECONDS",
        help="how long a check waits for an answer"
        f" (default {PATIENCE_SECONDS:g}; with --watch {WATCH_PATIENCE_SECONDS:g})",
    )
    parser.add_argument(
        "--start-seconds",
        type=_seconds,
        default=START_SECONDS,
        metavar="SECONDS",
        help="how long a server may take until it listens, go run, say (default %(default)g)",
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
        default=JOBS_PER_CORE * (os.cpu_count() or 1),
        metavar="N",
        help="how many phases are graded at once (default %(default)s)",
    )


def _with_port(text: str) -> str:
    if "{port}" not in text:
        raise argparse.ArgumentTypeError("the command needs {port} where the port belongs")
    return text


def _phases(text: str) -> tuple[str, ...]:
    wanted = [_phase(each.strip()) for each in text.split(",")]
    if unknown := sorted(set(wanted) - set(PHASES)):
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}: {', '.join(PHASES)}")
    return tuple(each for each in PHASES if each in wanted)


def _phase(text: str) -> str:
    return f"phase{text}" if text.isdecimal() else text.lower()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid time in seconds over 0")
    return seconds


if __name__ == "__main__":
    exit_with(main)
