"""What a server asks of the system: signals that stop it, a child apart from them, descriptors.

Three signals say the same. SIGINT comes from Ctrl-C, SIGTERM from `kill` and from whatever started
us, and SIGHUP when the terminal is closed or its ssh is lost. A program that `nohup` started
ignores SIGHUP from its beginning, and is to go on: what is ignored stays ignored. Windows has
SIGBREAK instead of the last two: from Ctrl-Break, which a program can send as well.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import TypedDict

_OPEN_MAX = 10_240
"""What macOS takes at most where its limit says "infinite" (its setrlimit(2), OPEN_MAX)."""


class Apart(TypedDict):
    """Arguments of subprocess.Popen."""

    process_group: int | None
    creationflags: int


def apart() -> Apart:
    """For a child in a process group of its own: Ctrl-C is for us alone, who end it in order."""
    import subprocess  # whoever starts one has it; the servers of the first phases do without

    on_windows = ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
    return {
        "process_group": None if sys.platform == "win32" else 0,
        "creationflags": sum(getattr(subprocess, flag, 0) for flag in on_windows),
    }


def raise_descriptor_limit() -> None:
    """Ask for as many open sockets as the system allows; the usual start is 1,024, on macOS 256."""
    with contextlib.suppress(ImportError):
        import resource  # not on Windows, which has no such limit

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for wanted in (hard, _OPEN_MAX):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return


def stop_signals() -> list[signal.Signals]:
    """SIGINT, SIGTERM, Windows' SIGBREAK, and SIGHUP where nohup does not ignore it."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def on_stop_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on each of `stop_signals`. The main thread calls this.

    `stop` runs between two steps of whatever the main thread is doing, so it must take no lock.
    """
    terminals = [each for each in _OUTPUTS if os.isatty(each)]

    def handle(*_: object) -> None:
        _leave_closed(terminals)
        stop()

    for number in stop_signals():
        signal.signal(number, handle)


def interrupt_on_stop_signals() -> None:
    """Let each of `stop_signals` do what Ctrl-C does: raise KeyboardInterrupt in the main thread.

    Taught by hand in phase1/server.py.
    """

    def interrupt() -> None:
        raise KeyboardInterrupt

    on_stop_signals(interrupt)


_OUTPUTS = (1, 2)  # the descriptors of standard output and standard error


def _leave_closed(terminals: list[int]) -> None:
    """Write to nowhere instead of a terminal that was closed: print() would fail, and our exit."""
    for each in terminals:
        if not os.isatty(each):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, each)
            os.close(nowhere)
