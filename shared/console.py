"""Print what strangers sent. `say` was taught by hand in phase2/server.py.

A line that came over the network may hold any character, and threads may have something to say at
the same moment. (Escape sequences are another matter: see `clean` in shared/safe_text.py.)
"""

import contextlib
import errno
import io
import os
import queue
import sys
import threading
import unicodedata
from collections.abc import Callable
from typing import NoReturn, TextIO

from shared.safe_text import clean

_printing = threading.Lock()


def accept_any_text() -> None:
    """Let print() write `?` for a character that the output's encoding lacks; it would raise.

    A terminal mostly speaks UTF-8; a file on Windows, or an old locale, does not.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def has_looks(stream: TextIO | None) -> bool:
    """Whether sequences for bold text and colours (SGR, ECMA-48) may be written there."""
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ  # an old console shows them


def wants_colours() -> bool:
    """Whether this person has not asked for none (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def exit_with(main: Callable[[], int]) -> NoReturn:
    """End this program with the status that `main` gives. Main thread only.

    Where standard output takes no more (a full disk, a pipe that nobody reads) or is closed, it
    ends with one sentence and status 1.
    """
    if sys.stdout is None:  # Python's sign for a descriptor that was closed at the start
        complain_of_output(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        sys.exit(1)
    status: int | str | None
    try:
        status = _status_of(main)
        if sys.stdout is not None:  # a console's thread may have given it up
            sys.stdout.flush()
    except OSError as error:
        if not is_of_output(error):
            raise
        status = 1
        complain_of_output(error)
        if sys.stdout is not None:
            # The interpreter would try once more to write what is left, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)


def _status_of(main: Callable[[], int]) -> int | str | None:
    """What it returns, or exits with: argparse exits by itself when it has printed its help."""
    try:
        return main()
    except SystemExit as end:
        return end.code


_OUTPUT_IS_LOST = {
    errno.EBADF,
    errno.EPIPE,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EINVAL,
}
"""What print() raises. Windows says EINVAL of a pipe that nobody reads."""


def is_of_output(error: OSError) -> bool:
    """Whether print() has raised it; for places where what concerns sockets is caught already."""
    return error.filename is None and error.errno in _OUTPUT_IS_LOST


def is_unread_pipe(error: OSError) -> bool:
    """Whether a write to standard output failed because nobody reads it any more, as `| head`."""
    is_so_on_windows = sys.platform == "win32" and error.errno == errno.EINVAL
    return isinstance(error, BrokenPipeError) or is_so_on_windows


def complain_of_output(error: Exception) -> None:
    """Say that standard output is lost, where it can be said."""
    with contextlib.suppress(OSError, ValueError):
        why = getattr(error, "strerror", None) or error
        print(f"Standard output cannot be written: {why}.", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Print one line, whole: print() writes a text and its newline in two steps. Any thread."""
    with _printing:
        print(text, flush=True)


_QUEUE_LINES = 1000
_CLOSE_SECONDS = 0.3


class Console:
    """Prints lines in a thread of its own. Any thread may print.

    Where somebody types a line meanwhile (`type`), it stays whole below what is printed: the same
    thread takes it off the screen and puts it there again.
    """

    def __init__(self) -> None:
        accept_any_text()
        # A line with its newline; "" where only the typed line has changed; None: the end.
        self._lines: queue.Queue[str | None] = queue.Queue(_QUEUE_LINES)
        self.dropped = 0  # lines; may be a little low, as threads count without a lock
        self._is_broken = False  # the output is gone; written by the printing thread only
        self._typed = ""  # by the thread that reads the keys
        self._typed_cells = 0  # what is on the screen of it; the printing thread's
        # A daemon, the only kind of thread that needs no ending: one that hangs in a write to a
        # console nobody reads cannot be woken, and must not keep the program from its end.
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def print(self, text: str) -> None:
        """Show a line, soon. Never waits, never fails."""
        self._queue(clean(text) + "\n")

    def draw(self, lines: str) -> None:
        """Show lines of our own making, colours and all. Never what came over the network."""
        self._queue(lines + "\n")

    def type(self, text: str) -> None:
        """Show what is typed so far, below all lines; empty: nothing is. For a terminal alone."""
        self._typed = text
        self._queue("")

    def _queue(self, text: str) -> None:
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Give what is queued a moment to be printed."""
        try:
            self._lines.put(None, timeout=_CLOSE_SECONDS)
        except queue.Full:
            return
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            if self._is_broken:
                self.dropped += 1
                continue
            try:
                print(self._with_typed(line), end="", flush=True)
            except (OSError, ValueError) as error:  # ValueError: the file is closed
                self._is_broken = True
                self.dropped += 1
                complain_of_output(error)
            except MemoryError:  # this line is lost; the next one may not be
                self.dropped += 1
        if self._is_broken:
            sys.stdout = None  # or the interpreter's last flush would fail, and with it our exit

    def _with_typed(self, line: str) -> str:
        """A line, and around it what takes the typed one off the screen and puts it back.

        With a return and blanks, which every terminal knows.
        """
        erased = f"\r{' ' * self._typed_cells}\r" if self._typed_cells else ""
        typed = _end_of(self._typed, _columns() - 1) if self._typed else ""
        self._typed_cells = _cells(typed)
        return erased + line + typed


_MORE = "<"  # before the end of a line that is longer than the screen is wide


def _columns() -> int:
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes, at most: without the library that knows it all."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(each)
        else 2
        if unicodedata.east_asian_width(each) in "FWA"
        else 1
        for each in text
    )


def _end_of(text: str, width: int) -> str:
    """As much of the end of a text as fits into so many cells."""
    if _cells(text) <= width:
        return text
    while text and _cells(text) > width - len(_MORE):
        text = text[1:]
    return _MORE + text
