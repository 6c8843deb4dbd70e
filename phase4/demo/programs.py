"""Other programs, and the terminal that one of them is given: how they start and how they end.

What is taken is given back on every way out, also when a program hangs or is killed. A child that
lives on would hold its port, and a terminal that stays in the monitor's mode would not show what
is typed into it.
"""

import contextlib
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.deadline import Deadline
from shared.wakeup import Wakeup

if sys.platform != "win32":
    import termios

START_SECONDS = 15.0  # a program starts in half a second; a slow machine is no failure
END_SECONDS = 5.0  # the server promises 2


class StartError(Exception):
    """A program did not start; the text says so, with what the program said itself."""


class Stopped(Exception):
    """The end is wanted before all has begun."""


class Child:
    """`python -m ARGUMENTS...`, with its output in a file. Use it in a `with` statement.

    It has a process group of its own: a terminal sends Ctrl-C to all programs in its foreground,
    and the server would end while people still talk.
    """

    def __init__(self, output: Path, *arguments: str) -> None:
        self.name = arguments[0]
        self.exit_status = 0  # once it has ended
        self._output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUTF8": "1"},
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                process_group=0 if sys.platform != "win32" else None,
            )

    def __enter__(self) -> Self:
        """Give the program."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it: in order, or else by force."""
        self._process.terminate()
        self.exit_status = wait_or_kill(self._process)

    def address(self, what: str, stopping: Wakeup) -> str:
        """The HOST:PORT that it prints after the words `what`. Raises StartError and Stopped."""
        deadline = Deadline(START_SECONDS)
        while True:
            has_ended = self._process.poll() is not None  # asked before its last words are read
            text = self._output.read_text("utf-8", "replace")
            if found := re.search(rf"{what} (\S+:\d+)(?=\D)", text):
                return found[1]
            if has_ended or deadline.has_passed:
                raise StartError(f"{self.name} did not start. It said:\n{text.strip()}")
            if stopping.wait(0.02):
                raise Stopped


def wait_or_kill(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process that was told to end; its exit status."""
    try:
        return process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


if sys.platform == "win32":

    def terminal_given_back() -> contextlib.AbstractContextManager[None]:
        """Do nothing: a console has no modes that would outlive a program."""
        return contextlib.nullcontext()

else:

    @contextlib.contextmanager
    def terminal_given_back() -> Iterator[None]:
        """Leave the terminal as it was, also when the monitor, which does so itself, was killed."""
        descriptor = sys.stdin.fileno()
        modes = termios.tcgetattr(descriptor)
        try:
            yield
        finally:
            with contextlib.suppress(OSError, termios.error):  # its window was closed
                # Whoever touches a terminal from the background is stopped by the system.
                in_foreground = os.tcgetpgrp(descriptor) == os.getpgrp()
                if in_foreground and termios.tcgetattr(descriptor) != modes:
                    termios.tcsetattr(descriptor, termios.TCSANOW, modes)
                    _leave_full_screen()

    def _leave_full_screen() -> None:
        """Back to the lines that were there before, with a cursor."""
        with contextlib.suppress(ImportError):
            import curses

            curses.setupterm()
            for name in ("rmcup", "cnorm", "sgr0"):
                # A terminal that was stopped with Ctrl-S takes nothing, and is not waited for.
                if select.select([], [sys.stdout], [], 0)[1]:
                    os.write(sys.stdout.fileno(), curses.tigetstr(name) or b"")
