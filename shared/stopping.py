"""What a server asks of the system at its start: signals that stop it, and descriptors."""

import contextlib
import signal
from collections.abc import Callable


def raise_descriptor_limit() -> None:
    """Ask for as many open sockets as the system allows; the usual start is 1,024."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows, which has no such limit

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def on_stop_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGINT (Ctrl-C) and SIGTERM. The main thread calls this.

    `stop` runs between two steps of whatever the main thread is doing, so it must take no lock.
    """
    signal.signal(signal.SIGINT, lambda *_: stop())
    signal.signal(signal.SIGTERM, lambda *_: stop())
