"""`--csv`: a row for each reading, appended to a file, for a plot or a spreadsheet.

New here: a program that writes for days. Every row is written at once and whole, so a plot may be
made while it runs, and whatever ends it, no row is torn. A disk that is full ends nothing: the rows
that it refused are counted, said, and lost, and the next that fits is written again.
"""

import contextlib
import csv
import io
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from monitor.history import Figures, History
from monitor.source import Answer, Poller, Source, remember
from shared import text
from shared.console import is_unread_pipe
from shared.status import Snapshot
from shared.stopping import on_stop_signals
from shared.wakeup import Wakeup

FIELDS = (
    "server_version",
    "pid",
    "started",
    "people_now",
    "people_peak",
    "joins",
    "public_messages",
    "private_messages",
    "deliveries",
    "bytes_in",
    "bytes_out",
    "slow_disconnected",
    "refused",
    "log_errors",
    "log_lines_waiting",
    "log_lines_dropped",
    "console_lines_dropped",
    "threads",
    "resident_bytes",
    "cpu_seconds",
)
"""The columns that are fields of the snapshot, under the same names."""

_RATE_COLUMNS = {
    "messages": "messages_per_second",
    "public": "public_messages_per_second",
    "private": "private_messages_per_second",
    "delivered": "deliveries_per_second",
    "in": "bytes_in_per_second",
    "out": "bytes_out_per_second",
    "cpu": "cpu_share",  # of one processor
}

COLUMNS = ("time", "state", *FIELDS, *_RATE_COLUMNS.values(), "problem")

STANDARD_OUTPUT = "-"

Report = Callable[[str], None]


class RecordError(Exception):
    """The file cannot be used; the text is a sentence that says why."""


def run(source: Source, interval_seconds: float, record: "Record", *, once: bool) -> str:
    """Write a row for each reading, until a signal says stop, or one. The main thread.

    The result is what was wrong with the last reading; nothing, if it succeeded.
    """
    wakeup = Wakeup()
    stopping: list[bool] = []

    def stop() -> None:
        stopping.append(True)
        wakeup.ring()

    on_stop_signals(stop)
    history = History()
    with contextlib.closing(wakeup), Poller(source, interval_seconds, wakeup.ring) as poller:
        while not stopping and record.is_read and not (once and record.tried):
            wakeup.wait(_LOOK_SECONDS)
            wakeup.clear()
            for answer in poller.take():
                record.write(row_of(answer, history))
    return history.figures.problem


_LOOK_SECONDS = 60.0  # a ring comes before; nothing waits without a deadline


def row_of(answer: Answer, history: History) -> list[str]:
    """The values of COLUMNS for a reading, which becomes part of the history. Empty: not known."""
    before = history.figures.restarted
    remember(history, answer)
    figures = history.figures
    state = _state(figures, has_restarted=figures.restarted is not before)
    moment = datetime.fromtimestamp(answer.at.clock, UTC).isoformat("T", "milliseconds")
    if not answer.snapshot:
        empty = [""] * (len(COLUMNS) - 3)
        return [moment, state, *empty, text.printable(answer.problem)]
    fields = [_field(answer.snapshot, name) for name in FIELDS]
    values = figures.values
    rates = [f"{values[name]:.6g}" if name in values else "" for name in _RATE_COLUMNS]
    return [moment, state, *fields, *rates, ""]


def _state(figures: Figures, *, has_restarted: bool) -> str:
    if figures.problem:
        return "unreadable" if figures.is_unreadable else "gone"
    return "restarted" if has_restarted else "live"


def _field(snapshot: Snapshot, name: str) -> str:
    value = getattr(snapshot, name)
    return "" if value is None or name in snapshot.unknown else text.printable(str(value))


def _line(values: Sequence[str]) -> bytes:
    """As RFC 4180 has it, but with the newline of this world."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue().encode()


class Record:
    """A CSV file that is appended to. One thread uses it, in a `with` statement.

    Raises RecordError where the file cannot be opened or written, or holds something else.
    """

    def __init__(self, path: str, report: Report) -> None:
        self.tried = 0  # rows, the lost ones included
        self.lost = 0  # rows that the disk refused
        self.is_read = True  # False where nobody reads our standard output any more
        self._path = path
        self._report = report
        self._refused = 0  # of the lost, those since the last row that was written
        # The descriptor of what is not a file on a disk, which stays open.
        self._stream: int | None = None
        try:
            self._begin()
        except OSError as error:
            self._close()
            raise RecordError(f"Cannot write {path}: {error.strerror or error}.") from error

    def __enter__(self) -> Self:
        """Give the record itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        self._close()

    def write(self, values: Sequence[str]) -> None:
        """Append a row, or count it as lost. Raises nothing: a full disk is emptied one day."""
        self.tried += 1
        try:
            self._append(_line(values))
        except OSError as error:
            if self._path == STANDARD_OUTPUT and is_unread_pipe(
                error
            ):  # the reader has seen enough, as `| head` has
                self.is_read = False
                return
            self.lost += 1
            self._refused += 1
            if self._refused == 1:
                self._report(f"Cannot write {self._path}: {error.strerror or error}. Going on.")
        else:
            if self._refused:
                self._report(f"{self._path} is written again; {self._refused} rows were lost.")
            self._refused = 0

    def _begin(self) -> None:
        """Write the header where there is none; refuse a file that has another."""
        if self._path == STANDARD_OUTPUT:
            self._stream = os.dup(sys.stdout.fileno())
        elif os.path.exists(self._path) and not os.path.isfile(self._path):
            self._stream = os.open(self._path, os.O_WRONLY)
        elif _has_something(self._path):
            self._check_header()
            return
        self._append(b"" if self._stream is None else _line(COLUMNS))

    def _check_header(self) -> None:
        header = _line(COLUMNS)
        with open(self._path, "rb") as file:
            first = file.readline(len(header) + 1)
            file.seek(-1, os.SEEK_END)
            is_torn = file.read(1) != b"\n"
        if first != header:
            raise RecordError(
                f"{self._path} holds something else: its first line is not the header of --csv."
            )
        self._append(b"\n" if is_torn else b"")  # nothing is glued to what a power cut left

    def _append(self, data: bytes) -> None:
        """All of `data`, or none of it. Raises OSError.

        A file is opened for each row: so one that is moved away while we run is begun anew.
        """
        if self._stream is not None:
            _write_all(self._stream, data)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        file = os.open(self._path, flags, 0o644)
        try:
            size = os.fstat(file).st_size
            try:
                _write_all(file, data if size else _line(COLUMNS) + data)
            except OSError:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)

    def _close(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError):
                os.close(self._stream)
            self._stream = None


def _has_something(path: str) -> bool:
    return os.path.exists(path) and os.path.getsize(path) > 0


def _write_all(file: int, data: bytes) -> None:
    """A disk that is nearly full takes a part, and says at the next write why not the rest."""
    while data:
        data = data[os.write(file, data) :]
