"""The time of a room that several servers share."""

import time

import pytest

from phase4.server.clock import HubClock


def test_what_happens_has_the_time_of_the_engine_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, passed = HubClock(), [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    with clock.standing_at(1_000_000_000.9):
        before = clock.now()
        passed[0] += 0.2  # in this thread's pause, the second is over
        assert clock.now() == before
    assert clock.now() != before
