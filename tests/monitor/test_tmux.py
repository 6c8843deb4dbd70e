"""The dashboard in tmux, from a shell: the way most people will have it open all day."""

import os
import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from tests.conftest import Need
from tests.kit.harness import ROOT, SECONDS, environment, wait_until
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer

pytestmark = pytest.mark.tmux


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


@pytest.fixture
def tmux(need: Need) -> Iterator[Tmux]:
    """A fresh tmux, ended afterwards."""
    need("tmux")
    running = Tmux()
    try:
        running.until(r"ready\$")
        yield running
    finally:
        running.run("kill-server")


def test_it_runs_in_tmux_is_suspended_brought_back_and_quits(tmux: Tmux) -> None:
    with StatusServer(QUIET) as server:
        command = [sys.executable, "-m", "monitor", "--status", server.address, "--interval", "1"]
        tmux.press(shlex.join(command), "Enter")
        assert "小明      127.0.0.1:50003" in tmux.until("LIVE(.|\n)*q quit")
        tmux.press("C-z")
        tmux.until(r"ready\$ *\n*\Z")
        server.show(changed(people_peak=9))
        tmux.press("fg", "Enter")
        tmux.until("peak 9 (.|\n)*q quit")
        tmux.press("q")
        shown = tmux.until(r"ready\$ *\n*\Z")
        assert "peak" not in shown  # the shell's own screen is back
        tmux.press("echo it was $?", "Enter")
        tmux.until("it was 0")
