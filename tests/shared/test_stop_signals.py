"""Each signal by which a system asks a program to end does what Ctrl-C does."""

import signal
from collections.abc import Iterator

import pytest

from shared.stopping import interrupt_on_stop_signals, stop_signals

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")  # SIGBREAK is Windows'; nohup may ignore SIGHUP
NUMBERS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


@pytest.fixture
def restored() -> Iterator[None]:
    """Afterwards each does what it did."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_each_signal_that_asks_for_an_end_interrupts(
    restored: None, number: signal.Signals
) -> None:
    interrupt_on_stop_signals()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
