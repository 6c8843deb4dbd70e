"""A tmux of a check's own: a terminal that lays its rows out again when its width changes."""

import contextlib
import os
import re
import subprocess
import uuid
from collections.abc import Iterator

from tests.kit.harness import ROOT, SECONDS, environment, wait_until


class Tmux:
    """A tmux server of our own, with one window and a shell in it."""

    def __init__(self) -> None:
        self._name = f"check-{uuid.uuid4().hex}"
        shell = "env PS1=ready$ PS2= sh -i"
        self.run("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", shell)

    def run(self, *arguments: str) -> str:
        """A tmux command; what it prints."""
        kept = {name: value for name, value in environment().items() if name != "TMUX"}
        done = subprocess.run(
            ["tmux", "-L", self._name, *arguments],
            cwd=ROOT,
            env={**kept, "LC_ALL": "C.UTF-8", "TERM": "screen-256color"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def press(self, *keys: str) -> None:
        """Type; a key is named as in tmux's manual."""
        self.run("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner."""
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def until(self, pattern: str) -> str:
        """Wait until a pattern is on the screen; what it shows then."""
        shown = [""]

        def is_there() -> bool:
            shown[0] = self.run("capture-pane", "-p")
            return re.search(pattern, shown[0]) is not None

        try:
            wait_until(is_there, pattern)
        except AssertionError:
            print("--- tmux ---", shown[0], "---", sep="\n")
            raise
        return shown[0]


@contextlib.contextmanager
def running_tmux() -> Iterator[Tmux]:
    """A fresh tmux, ended afterwards."""
    running = Tmux()
    try:
        running.until(r"ready\$")
        yield running
    finally:
        running.run("kill-server")
