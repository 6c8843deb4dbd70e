"""The terminal client on a pseudo-terminal, as a person sits at it."""

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from phase4.client_terminal.caution import MOMENT_SECONDS
from tests.kit import terminal

CLIENT = "phase4.client_terminal"

_WITH = f"""
import runpy
import phase4.client.client
import phase4.client.talk
import phase4.client_terminal.conversation
phase4.client.client.FIRST_PAUSE_SECONDS = {{pause}}
phase4.client.talk.CONFIRM_SECONDS = 0.1
phase4.client_terminal.conversation.LEAVE_SECONDS = 0.1
runpy.run_module({CLIENT!r}, run_name="__main__", alter_sys=True)
"""

PATIENT = _WITH.format(pause=3600)
"""The client, but after a loss it would wait for an hour, so that a check can see it away; and for
a server that does not let go it waits no longer than a moment."""

HASTY = _WITH.format(pause=0.3)
"""The client, but it tries again soon."""


class ChatTerminal(terminal.Terminal):
    """`python -m phase4.client_terminal ARGUMENTS...` on a terminal of its own.

    With `script` it is `python -c SCRIPT ARGUMENTS...` instead.
    """

    def __init__(
        self, *arguments: str, script: str = "", columns: int = 80, rows: int = 24, **env: str
    ) -> None:
        program = ("-c", script) if script else ("-m", CLIENT)
        super().__init__(*program, *arguments, columns=columns, rows=rows, env=env)
        # A real terminal answers the question where its cursor is.
        self._screen.write_process_input = self.press  # type: ignore[method-assign, assignment]

    def shows(self, pattern: str) -> re.Match[str]:
        """Wait until the screen shows this; ^ and $ are the ends of a row."""
        pattern = f"(?m){pattern}"
        self.until(pattern)
        found = re.search(pattern, self.text)
        assert found
        return found

    def press_slowly(self, keys: str) -> None:
        """Type a lot, and look at what the program draws meanwhile: a terminal holds a few KB."""
        left = keys.encode()
        os.set_blocking(self._master, False)
        try:
            while left:
                with contextlib.suppress(BlockingIOError):
                    left = left[os.write(self._master, left[:1000]) :]
                self.read(0.001)
        finally:
            os.set_blocking(self._master, True)

    def echoes(self) -> bool:
        """Whether the terminal would show what is typed, by itself."""
        flags = terminal.termios.tcgetattr(self._slave)[3]
        return bool(flags & terminal.termios.ECHO)

    def is_restored(self) -> bool:
        """Whether the terminal's settings are what they were before."""
        return bool(terminal.termios.tcgetattr(self._slave) == self._settings)

    def signal_foreground(self, number: signal.Signals) -> None:
        """Send a signal to what the shell in this terminal runs now."""
        os.killpg(os.tcgetpgrp(self._master), number)

    def looks(self, row: int, word: str) -> set[str]:
        """Of the looks bold, italics, underscore and reverse, those that all of `word` has."""
        start = self.column_of(row, word)
        cells = [self._screen.buffer[row][start + index] for index in range(len(word))]
        looks = ("bold", "italics", "underscore", "reverse")
        return {look for look in looks if all(getattr(cell, look) for cell in cells)}

    def colour_of(self, words: str) -> str:
        """The colour in which the first of these words on the screen begins, as pyte calls it."""
        row = next(row for row, text in enumerate(self.rows) if words in text)
        return str(self._screen.buffer[row][self.column_of(row, words)].fg)

    def memory_bytes(self) -> int:
        """What the program holds in memory at the most, so far (Linux; elsewhere 0)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return 0
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0


def pasted(text: str) -> str:
    """As a terminal hands over what is pasted, since it was asked to mark it."""
    return f"\x1b[200~{text}\x1b[201~"


def after_a_moment(client: terminal.Terminal) -> None:
    """Longer than what follows at once; counted from what the client shows already."""
    then = time.monotonic() + MOMENT_SECONDS
    client.until(lambda: time.monotonic() > then)
