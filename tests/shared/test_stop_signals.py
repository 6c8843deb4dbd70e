"""What a program asks of the system at its start: signals that end it, and descriptors."""

import signal
from collections.abc import Iterator

import pytest

from shared.stopping import interrupt_on_stop_signals, raise_descriptor_limit, stop_signals

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


def test_where_the_system_takes_no_infinite_number_of_sockets_it_is_asked_for_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on macOS: its limit is infinite, and what it takes is not."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    asked = []

    def refuse(_: int, limits: tuple[int, int]) -> None:
        if limits[0] == resource.RLIM_INFINITY:
            raise ValueError("current limit exceeds maximum limit")
        asked.append(limits)

    infinite = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, infinite))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    raise_descriptor_limit()
    assert asked == [(10_240, infinite)]
