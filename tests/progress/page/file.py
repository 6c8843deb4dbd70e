"""The page in a file that a teacher has open: replaced in one step, again and again as it fills."""

import contextlib
import errno
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from shared.files import check_ordinary, replace_text
from tests.progress.grading import Row
from tests.progress.page.document import BEGINNING, COMPLETE, FILLS, STOPPED, Report, document
from tests.progress.page.summary import Learner

REWRITE_SECONDS = 2.0  # between two pages: one of a large class takes some milliseconds to make
LAST_TRIES = 5  # of the last page, as Windows replaces no file that somebody reads
LAST_PAUSE_SECONDS = 0.2


class PageFile:
    """The page of a class that is graded. Any thread may call `one_more`, one does all else."""

    def __init__(self, path: Path, names: Sequence[str], phases: Sequence[str]) -> None:
        """Write a page on which nothing is known yet. Raises OSError where it cannot be written."""
        self.path = path
        self.error: OSError | None = None  # why the last page was not written
        self._phases = phases
        self._learners = [Learner(name, [None] * len(phases)) for name in names]
        self._rows: Sequence[Row] = ()
        self._news = threading.Event()
        self._over = threading.Event()
        _must_be_ours(path)
        self._write(FILLS)

    def one_more(self) -> None:
        """Something more is known."""
        self._news.set()

    @contextlib.contextmanager
    def filled_by(self, rows: Sequence[Row]) -> Iterator[None]:
        """While this lasts, what is known of these rows is written; then the last page is.

        `error` tells whether that has worked. An exception means that no more will be known.
        """
        self._rows = rows
        thread = threading.Thread(target=self._keep, name="page")
        thread.start()
        last = STOPPED
        try:
            yield
            last = COMPLETE
        finally:
            self._over.set()
            self._news.set()
            thread.join()
            self._write_last(last)

    def _write_last(self, state: str) -> None:
        pause = threading.Event()  # never set
        for _ in range(LAST_TRIES):
            self._try(state)
            if self.error is None:
                break
            pause.wait(LAST_PAUSE_SECONDS)

    def _keep(self) -> None:
        while not self._over.is_set():
            self._news.wait()
            self._news.clear()
            if not self._over.is_set():
                self._try(FILLS)
                self._over.wait(REWRITE_SECONDS)

    def _try(self, state: str) -> None:
        try:
            self._write(state)
            self.error = None
        except OSError as error:
            self.error = error

    def _write(self, state: str) -> None:
        learners = [Learner(row.name, row.known()) for row in self._rows] or self._learners
        report = Report(learners, self._phases, state, datetime.now())
        replace_text(self.path, document(report))


def _must_be_ours(path: Path) -> None:
    """Raises OSError where something else is there: it would be lost."""
    check_ordinary(path)
    try:
        with path.open("rb") as file:
            begins = file.read(len(BEGINNING))
    except FileNotFoundError:
        return
    if begins and begins.splitlines() != BEGINNING.encode().splitlines():
        raise OSError(errno.EEXIST, "it is there, and was not made by this program", str(path))
