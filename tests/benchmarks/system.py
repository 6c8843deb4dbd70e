"""What the system says of processes and CPUs: proc(5), on Linux. Elsewhere the answer is None."""

import os
from pathlib import Path

_IDLE = (3, 4)  # the places of idle and iowait among the times in /proc/stat


def cpu_seconds(pid: int) -> float | None:
    """The CPU time that a process has used, with the kernel's on its behalf."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # before it the program's name, which may hold spaces
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
