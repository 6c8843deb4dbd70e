"""What the system says of processes and CPUs: proc(5), on Linux. Elsewhere the answer is None."""

import os
from collections.abc import Iterable
from pathlib import Path

from phase4.server.figures import resident_bytes

_IDLE = (3, 4)  # the places of idle and iowait among the times in /proc/stat


def cpu_seconds(pid: int) -> float | None:
    """The CPU time that a process has used, with the kernel's on its behalf."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # before it the program's name, which may hold spaces
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds_of(pids: Iterable[int]) -> float | None:
    """The same of several processes together, if it is known of each."""
    return _sum(map(cpu_seconds, pids))


def resident_bytes_of(pids: Iterable[int]) -> int | None:
    """The memory of several processes together, if it is known of each."""
    total = _sum(map(resident_bytes, pids))
    return None if total is None else int(total)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [*values]
    return None if None in known else sum(each for each in known if each is not None)


def busy_seconds() -> float | None:
    """The time for which the CPUs that this process may use were not idle, whoever used them."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    ours = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    ticks = 0
    for name, *times in map(str.split, lines):
        if name in ours:
            ticks += sum(int(each) for place, each in enumerate(times[:8]) if place not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")


def difference(after: float | None, before: float | None) -> float | None:
    """How much was added, if both are known."""
    return None if after is None or before is None else after - before
