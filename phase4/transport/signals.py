"""The signal by which an operator has a certificate read again (renewal.py)."""

import signal
from collections.abc import Callable


def on_renew_signal(renew: Callable[[], None]) -> None:
    """Call `renew` on SIGUSR1, where the system has it. The main thread calls this.

    `renew` must take no lock, as in `on_stop_signals`. A server without TLS asks for it as well: it
    would die of the signal.
    """
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, lambda *_: renew())
