"""A terminal for a program under test: a real pty, and pyte to see what a person would see."""

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pyte
import pytest

from tests.kit.harness import ROOT, SECONDS, environment, send_signal

fcntl = pytest.importorskip("fcntl", reason="no pseudo-terminals here (Windows)")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

_LAUNCH = """
import fcntl, os, sys, termios
if sys.argv[1] == "controlling":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""Makes the pty the controlling terminal, so that Ctrl-C and a hang-up arrive as signals."""

ENTER_ALTERNATE = b"\x1b[?1049h"
LEAVE_ALTERNATE = b"\x1b[?1049l"


class _Screen(pyte.Screen):
    """pyte's screen, and the two sequences that curses uses and pyte lacks (ECMA-48: SU, SD)."""

    def scroll_up(self, count: int = 1) -> None:
        """Move the rows of the scrolling region up."""
        self._scroll(self.index, (self.margins or (0, self.lines - 1))[1], count)

    def scroll_down(self, count: int = 1) -> None:
        """Move them down."""
        self._scroll(self.reverse_index, (self.margins or (0, self.lines - 1))[0], count)

    def _scroll(self, step: Callable[[], None], edge: int, count: int) -> None:
        row, self.cursor.y = self.cursor.y, edge  # at the edge a step moves the rows instead
        for _ in range(count or 1):
            step()
        self.cursor.y = row


class _Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}  # noqa: RUF012
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class Terminal:
    """`python ARGUMENTS...` on a terminal of its own. Use it in a `with` statement."""

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        env: dict[str, str] | None = None,
        controlling: bool = True,
    ) -> None:
        self.output = b""  # all that the program wrote
        self._screen = _Screen(columns, rows)
        self._stream = _Stream(self._screen)
        self._master, self._slave = pty.openpty()
        self._set_size(columns, rows)
        self._settings = termios.tcgetattr(self._slave)
        how = "controlling" if controlling else "plain"
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", _LAUNCH, how, *arguments],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            cwd=ROOT,
            env=_environment(env or {}),
        )

    def __enter__(self) -> Self:
        """Give the terminal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program. After a failure, show what the terminal showed."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(SECONDS)
        self.close()
        if kind is not None:
            print("--- terminal ---", self.text, "---", sep="\n")

    def close(self) -> None:
        """Take the terminal away, as closing its window does."""
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self._master = self._slave = -1

    # --- what it shows ---------------------------------------------------------------------------

    @property
    def rows(self) -> list[str]:
        """What is on the screen, row by row."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.rows)

    def column_of(self, row: int, word: str) -> int:
        """The cell in which `word` begins (a wide character takes two)."""
        cells = [self._screen.buffer[row][x].data for x in range(self._screen.columns)]
        for x in range(len(cells)):
            if "".join(cells[x:]).startswith(word):
                return x
        raise AssertionError(f"no {word!r} in row {row}: {self.rows[row]!r}")

    def until(self, condition: str | Callable[[], object], seconds: float = SECONDS) -> None:
        """Read until a pattern is on the screen, or a condition holds; fail after `seconds`."""
        if isinstance(condition, str):
            pattern = condition
            condition = lambda: re.search(pattern, self.text)  # noqa: E731
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"not within {seconds:g} s; the terminal shows:\n{self.text}"
            self.read(min(left, 0.05))  # the condition may come true without a word

    def read(self, seconds: float) -> bytes:
        """Take what the program writes next, if it writes within `seconds`."""
        data = b""
        if select.select([self._master], [], [], seconds)[0]:
            data = os.read(self._master, 65536)
            self.output += data
            self._stream.feed(data)
        return data

    # --- what a person does ----------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Type."""
        self.press_bytes(keys.encode())

    def press_bytes(self, keys: bytes) -> None:
        """Type what may be no text."""
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner: the program is told, and draws anew."""
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    # --- its end ---------------------------------------------------------------------------------

    def wait(self) -> int:
        """Wait for the program's end, reading on; its exit status."""
        self.until(lambda: self.process.poll() is not None)
        while self.read(0):
            pass
        return self.process.returncode

    @property
    def has_its_settings(self) -> bool:
        """Whether its settings are those that it was opened with."""
        return bool(termios.tcgetattr(self._slave) == self._settings)

    def assert_restored(self) -> None:
        """The terminal is as it was: its settings, its own screen, its cursor."""
        assert self.has_its_settings
        assert ENTER_ALTERNATE in self.output
        assert self.output.rfind(LEAVE_ALTERNATE) > self.output.rfind(ENTER_ALTERNATE)
        assert not self._screen.cursor.hidden

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        with contextlib.suppress(ProcessLookupError):
            send_signal(self.process, number)


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """As on a desk: a terminal in colour that shows UTF-8, whatever runs the checks."""
    kept = environment()
    for name in ("NO_COLOR", "LINES", "COLUMNS", "LC_ALL", "LANG", "PYTHONUTF8"):
        kept.pop(name, None)
    # screen-256color: pyte knows all that it asks for, which is not so of xterm's (REP).
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    return {**kept, "TERM": "screen-256color", "LC_ALL": locale, **extra}
