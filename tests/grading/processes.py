"""End a program with all that it has started.

A learner's command is often not the server itself: `go run`, `npm start` and a shell start it, and
to end them ends only them. It would go on, hold its port, and hold the pipe that we read. A process
group of its own would do, but then whoever ends ours (Ctrl-C, tests/progress.py) would leave it.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows it is all the same


def send_signal(pids: list[int], number: int) -> None:
    """Send a signal to these processes, where they still run. On Windows, end them."""
    for pid in pids:
        if sys.platform == "win32":  # /T: with all that it has started
            command = ["taskkill", "/F", "/T", "/PID", str(pid)]
            subprocess.run(command, capture_output=True, check=False)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: zombies
                os.kill(pid, number)


def family(pid: int) -> list[int]:
    """A process, its children, theirs, and so on. Who has left them (a daemon) is not found.

    On Windows the process alone: `send_signal` finds the others.
    """
    if sys.platform == "win32":
        return [pid]
    children: dict[int, list[int]] = {}
    for child, parent in _parents().items():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for each in found:  # it grows meanwhile
        found += children.get(each, [])
    return found


def _parents() -> dict[int, int]:
    """The parent of every process of this machine."""
    if not (_PROC / "self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=False)
        rows = (line.split() for line in listed.stdout.splitlines())
        return {int(pid): int(parent) for pid, parent in rows}
    parents = {}
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            stat = (folder / "stat").read_text(errors="replace")
            # pid (name) state parent: and a name may hold blanks and brackets (proc(5))
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents
