"""What a person sees of the grades: a bar for each phase, or a table of a class."""

import json
import os
import re
import shutil
import sys
import textwrap
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.text import as_ascii, cells, cut, left, printable, right
from tests.progress.grades import (
    DOES_NOT_START,
    GRADED,
    NOT_BEGUN,
    Grade,
    how_it_stands,
)

BAR_CELLS = 10
CELLS = {NOT_BEGUN: "-", DOES_NOT_START: "no start"}
"""What stands in the table for a phase that has no figures."""

COLUMN_CELLS = (
    10  # "not graded"; one width for all, so that a row is shown before the next is known
)
LEAST_NAME_CELLS = 8
REST, UNCERTAIN = "*", "?"
"""Behind figures: not all checks were run; or some came too late, and were not asked again."""
_LABEL = re.compile(r"(?:Likely|Hint \d+): +(?=\S)")


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

    def wrapped(self, line: str) -> list[str]:
        """A line, safe, in as many rows as it needs; what a label tells stands beside the label."""
        label = _LABEL.match(line)
        if not label:
            return [self.safe(line)]
        beside = " " * label.end()
        return textwrap.wrap(self.safe(line), self.width, subsequent_indent=beside)

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


# --- one learner ---------------------------------------------------------------------------------


def bar_line(grade: Grade, directory: Path, look: Look) -> str:
    """A phase of one learner: the bar, the figures, and how it stands."""
    if grade.state == NOT_BEGUN:
        if grade.found:
            return look.cut(f"{grade.phase}  {how_it_stands(grade)}", look.width)
        why = f" ({directory / grade.phase / grade.why})" if grade.why else ""
        return look.cut(f"{grade.phase}  {NOT_BEGUN}{why}", look.width)
    total = len(grade.checks)
    count = f"{grade.passed:3} of {total:<3}" if total else " " * 10
    head = f"{grade.phase}  {look.bar(grade.passed, total)} {count}  "
    # The escape sequences of colours take no cells.
    room = look.width - len(f"{grade.phase}   {count}  ") - BAR_CELLS
    return head + look.cut(how_it_stands(grade), room)


# --- a class -------------------------------------------------------------------------------------


class Table:
    """A row for each learner, a column for each phase. A row needs no other.

    On a narrow terminal the figures stand below the name.
    """

    def __init__(self, names: Sequence[str], phases: Sequence[str], look: Look) -> None:
        self._look = look
        columns = (COLUMN_CELLS + 2) * len(phases)
        self._has_two_lines = look.width < columns + LEAST_NAME_CELLS
        self._figure_cells = min(COLUMN_CELLS, look.width // len(phases) - 2)
        room = look.width if self._has_two_lines else look.width - columns
        self._first = max(cells(look.cut(name, room)) for name in names)
        self.head = self._figures(phases)
        if not self._has_two_lines:
            self.head = " " * self._first + self.head

    def _figures(self, figures: Iterable[str]) -> str:
        cells_each = self._figure_cells
        cut = (self._look.cut(each, cells_each) for each in figures)
        return "".join("  " + right(each, cells_each) for each in cut)

    def row(self, name: str, grades: Sequence[Grade]) -> str:
        """The row of a learner."""
        shown = self._look.cut(name, self._first)
        figures = self._figures(map(_in_table, grades))
        return f"{shown}\n{figures}" if self._has_two_lines else left(shown, self._first) + figures

    def notes(self, name: str, grades: Sequence[Grade]) -> Iterator[str]:
        """What a row is too short for: what comes next, and why that is not all."""
        found = ""
        for grade in grades:
            is_news = grade.found != found  # it may be the same of each phase
            if grade.state not in (GRADED, NOT_BEGUN) or grade.next_check or is_news:
                note = self._look.safe(f"{name} {grade.phase}: {how_it_stands(grade)}")
                yield from textwrap.wrap(note, self._look.width, subsequent_indent="  ")
            found = grade.found or found


def _in_table(grade: Grade) -> str:
    """One cell: short, and the same on every terminal."""
    doubt = UNCERTAIN if grade.uncertain else ""
    if grade.state in CELLS:
        return CELLS[grade.state] + doubt
    if not grade.passed and grade.state != GRADED:
        return grade.state
    rest = REST if grade.not_run else ""
    return f"{grade.passed}/{len(grade.checks)}{doubt or rest}"


def as_json(learners: Sequence[tuple[str, Path, Sequence[Grade]]]) -> str:
    """All of it, for a program."""
    rows = [
        {
            "learner": name,
            "directory": str(directory),
            "phases": {grade.phase: grade.as_dict() for grade in grades},
        }
        for name, directory, grades in learners
    ]
    return json.dumps({"version": 1, "learners": rows}, indent=1)


class Paper:
    """Lines on standard output, each as soon as it is known. Any thread.

    On a terminal a person who waits sees below them how much is done, and that line is gone before
    the next one is printed.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._lock = threading.Lock()
        self._done = 0  # under _lock
        self._counts = sys.stderr.isatty()

    def one_more(self) -> None:
        """Something is done."""
        with self._lock:
            self._done += 1
            self._count()

    def line(self, text: str) -> None:
        """Show a line."""
        with self._lock:
            self._wipe()
            print(text, flush=True)
            self._count()

    def end(self) -> None:
        """Nothing more comes: leave no count behind."""
        with self._lock:
            self._wipe()
            self._counts = False

    def _count(self) -> None:
        if self._counts and self._done < self._total:
            print(f"\r{self._done} of {self._total} graded", end="", file=sys.stderr, flush=True)
        else:
            self._wipe()

    def _wipe(self) -> None:
        if self._counts:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
