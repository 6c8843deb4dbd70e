"""What a person types while something else goes on: single keys on a terminal, or else lines."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from shared.keys import TERMINAL_ERRORS, Keys, terminal_of_stdin
from shared.wakeup import Wakeup

ENTER = "\n"
_JOIN_SECONDS = 1.0


class Keyboard:
    """Calls `pressed` with each key, in a thread of its own. Use it in a `with` statement.

    On a terminal each key counts as it is pressed; leaving gives the terminal its modes back.
    Elsewhere a line counts by its first character, and an empty one is ENTER.
    """

    def __init__(self, pressed: Callable[[str], None]) -> None:
        self._pressed = pressed
        self._wakeup = Wakeup()
        descriptor = terminal_of_stdin()
        self._keys = Keys(descriptor) if descriptor is not None else None
        # A daemon: to wait for a line cannot be ended.
        read = self._read_keys if self._keys else self._read_lines
        self._thread = threading.Thread(target=read, name="keyboard", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        if self._keys:
            with contextlib.suppress(*TERMINAL_ERRORS):
                self._keys.take()  # now, so that what is typed from here on is a key
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal its modes back."""
        self._wakeup.ring()
        if self._keys:
            self._thread.join(_JOIN_SECONDS)

    def _read_keys(self) -> None:
        assert self._keys is not None
        self._keys.enter_thread()
        with contextlib.suppress(*TERMINAL_ERRORS):  # its window was closed
            while (keys := self._keys.wait(self._wakeup)) is not None:
                for key in keys:
                    self._pressed(ENTER if key == "\r" else key)
        with contextlib.suppress(*TERMINAL_ERRORS):
            self._keys.give_back()
        self._wakeup.close()

    def _read_lines(self) -> None:
        # Not sys.stdin: a thread that waits in it holds its lock, and our exit would want that.
        rest = b""
        with contextlib.suppress(AttributeError, OSError, ValueError):  # there is no input
            descriptor = sys.stdin.fileno()
            while data := os.read(descriptor, 4096):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._pressed(line.strip().decode("utf-8", "replace")[:1] or ENTER)
