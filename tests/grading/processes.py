"""End a program with all that it has started, whether or not that has gone into the background.

A learner's command is often not the server itself: `go run`, `npm start` and a shell start it, and
to end them ends only them. It would go on, hold its port, and hold the pipe that we read. A process
group of its own would do, but then whoever ends ours (Ctrl-C, tests/progress/) would leave it;
and a daemon leaves its group and its parent.

So each start has a mark: a variable of the environment, which all that it starts inherits, a
daemon too. Two marks do not disturb each other: the environment may hold any number of them. On
Windows nobody may read another's environment; there a mark is the name of a job (`jobs`).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    from tests.grading import jobs

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows it is all the same

_PROC = Path("/proc")
_ROUNDS = 5  # of looking and killing: what starts others meanwhile is seen in the next


_not_ended: set[str] = set()  # marks that were given; each is added and taken out by one call


def new_mark() -> str:
    """The name of a variable for the environment of what is about to be started."""
    mark = f"SOCKET_LADDER_{uuid.uuid4().hex}"
    _not_ended.add(mark)
    return mark


def start_marked(
    mark: str, words: Sequence[str], *, env: Mapping[str, str], **options: Any
) -> subprocess.Popen[bytes]:
    """As Popen(); the process has the mark, and so has all that it will start. Raises OSError."""
    if sys.platform == "win32":
        return jobs.start(mark, words, env={**env, mark: "1"}, **options)
    return subprocess.Popen(words, env={**env, mark: "1"}, **options)


def end_all_marked() -> None:
    """End what this process has started and not ended: Ctrl-C may come while it starts something.

    Then nobody else knows of it yet.
    """
    for mark in [*_not_ended]:
        end_marked(mark)


def end_marked(mark: str, *, pid: int | None = None) -> None:
    """End all that carries the mark, and the family of `pid`. Nothing is left that can be found."""
    if sys.platform == "win32":
        jobs.end(mark)
    for _ in range(_ROUNDS):
        found = started(mark, pid)
        send_signal(found, KILL)
        if len(found) <= 1:  # a process alone: nobody was there to start another
            break
    _not_ended.discard(mark)


def started(mark: str, pid: int | None = None) -> list[int]:
    """What carries the mark, and `pid` with its children, theirs, and so on.

    On Windows a `pid` without the mark is alone. Give no `pid` whose end was waited for: its number
    may be another's by now.
    """
    if sys.platform == "win32":
        return list(dict.fromkeys([*([pid] if pid else []), *jobs.members(mark)]))
    if not (_PROC / "self/environ").exists():
        return _started_says_ps(mark, pid)
    parents: dict[int, int] = {}
    marked = []
    for name in os.listdir(_PROC):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):  # it has ended, or is somebody else's
                parents[int(name)] = _parent(name)
                if mark.encode() in _read(name, "environ"):
                    marked.append(int(name))
    return _with_children(marked, pid, parents)


def family(pid: int) -> list[int]:
    """A process, its children, theirs, and so on; without a daemon, which has left them."""
    return started("no such mark", pid)


def send_signal(pids: Iterable[int], number: int) -> None:
    """Send a signal to these processes, where they still run. On Windows, end them."""
    for pid in pids:
        # It has ended: macOS says EPERM of a zombie, and Windows may say anything.
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _with_children(marked: list[int], pid: int | None, parents: dict[int, int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found = dict.fromkeys(([pid] if pid else []) + marked)  # in order, and each once
    waiting = list(found)
    while waiting:
        new = [each for each in children.get(waiting.pop(), []) if each not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return list(found)


def _parent(name: str) -> int:
    # pid (name) state parent: and a name may hold blanks and brackets (proc(5))
    state, parent = _read(name, "stat").rpartition(b")")[2].split()[:2]
    return 0 if state == b"Z" else int(parent)


def _read(name: str, file: str) -> bytes:
    with open(_PROC / name / file, "rb", buffering=0) as opened:
        return opened.read()


def _started_says_ps(mark: str, pid: int | None) -> list[int]:
    """Where there is no /proc, as on macOS: -E shows the environment behind the command.

    Where there is no ps either, nothing but `pid` is found.
    """
    if not shutil.which("ps"):
        return [pid] if pid else []
    columns = ("-o", "pid=", "-o", "ppid=", "-o", "command=")
    listed = subprocess.run(["ps", "-A", "-E", "-ww", *columns], capture_output=True, check=False)
    if listed.returncode:  # some know no -E: there a daemon is not found
        listed = subprocess.run(["ps", "-A", *columns], capture_output=True, check=False)
    parents: dict[int, int] = {}
    marked = []
    for line in listed.stdout.splitlines():
        number, parent = line.split(None, 2)[:2]
        parents[int(number)] = int(parent)
        if mark.encode() in line:
            marked.append(int(number))
    return _with_children(marked, pid, parents)
