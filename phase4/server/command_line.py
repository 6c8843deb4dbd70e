"""The commands of an operator at the server's own terminal: shown while typed, and answered."""

import sys
from collections.abc import Callable

from phase4.server.operating import Reply
from shared.console import Console
from shared.secret import without_secret


class CommandLine:
    """Shows on a console what is typed, and does it. For the thread that reads the keys."""

    def __init__(self, console: Console, obey: Callable[[str], Reply]) -> None:
        self._console = console
        self._obey = obey
        # Where the output goes to a file, or through a pipe, there is no line to be drawn anew.
        self._is_shown = sys.stdout is not None and sys.stdout.isatty()

    def show(self, text: str) -> None:
        """The line so far; empty: there is none."""
        if self._is_shown:
            self._console.type(text)

    def send(self, line: str) -> None:
        """Return was pressed: do it, and print the answer below the line."""
        self._console.print(without_secret(line))
        reply = self._obey(line)
        for each in reply.lines:
            self._console.print(f"! {each}" if reply.is_refused else each)
