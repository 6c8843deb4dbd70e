"""Rates, restarts, gaps and events, from readings that say when they were taken."""

import pytest

from monitor.drawing import ASCII, UNICODE, Glyphs, chart
from monitor.history import (
    COUNTERS,
    WINDOW_SAMPLES,
    Figures,
    History,
    Moment,
    Sample,
    columns,
    span_seconds,
)
from shared.status import Person, Snapshot
from tests.monitor.samples import QUIET, changed


def at(seconds: float) -> Moment:
    """A moment, `seconds` after the check began."""
    return Moment(seconds, 1_700_000_000.0 + seconds)


def after(*snapshots: Snapshot) -> Figures:
    """The figures after these readings, five seconds apart."""
    history = History()
    for number, snapshot in enumerate(snapshots):
        history.succeed(snapshot, at(5.0 * number))
    return history.figures


def happened(figures: Figures) -> list[str]:
    """The events, as text."""
    return [event.text for event in figures.events]


# --- rates ---------------------------------------------------------------------------------------


def test_a_rate_is_the_difference_of_two_readings_by_the_time_between() -> None:
    later = changed(
        public_messages=160,
        private_messages=12,
        deliveries=400,
        bytes_in=4500,
        bytes_out=52_010,
    )
    rates = after(QUIET, later).rates
    assert rates is not None
    assert (rates.public, rates.private, rates.messages) == (2.0, 1.0, 3.0)
    assert (rates.deliveries, rates.bytes_in, rates.bytes_out) == (20.0, 100.0, 2.0)


def test_the_first_reading_has_no_rate() -> None:
    assert after(QUIET).rates is None


def test_a_rate_does_not_depend_on_the_servers_clock() -> None:
    later = changed(public_messages=160, time=QUIET.time - 3600)
    rates = after(QUIET, later).rates
    assert rates is not None
    assert rates.public == 2.0


def test_two_readings_at_the_same_moment_give_no_rate() -> None:
    history = History()
    history.succeed(QUIET, at(1))
    history.succeed(QUIET, at(1))
    assert history.figures.rates is None


def test_after_a_gap_the_rate_is_over_the_whole_gap() -> None:
    history = History()
    history.succeed(QUIET, at(0))
    history.fail("gone", at(5))
    history.succeed(changed(public_messages=170), at(10))
    assert history.figures.rates is not None
    assert history.figures.rates.public == 2.0


# --- a restart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_that_goes_back_is_a_restart_and_no_negative_rate(counter: str) -> None:
    old = changed(**{counter: 5})
    figures = after(old, changed(old, **{counter: 4}))
    assert figures.restarted == at(5)
    assert figures.rates is None


@pytest.mark.parametrize("change", [{"pid": 4712}, {"started": QUIET.started + 2}])
def test_another_process_is_a_restart_even_if_it_counted_on(change: dict[str, float]) -> None:
    figures = after(QUIET, changed(joins=50, **change))
    assert figures.restarted == at(5)
    assert figures.rates is None
    assert "the server was restarted" in happened(figures)


def test_figures_that_may_go_down_are_no_restart() -> None:
    later = changed(
        people_now=0, log_lines_waiting=0, threads=1, people=(), started=QUIET.started + 0.5
    )
    assert after(changed(log_lines_waiting=9), later).restarted is None


def test_rates_come_again_after_a_restart() -> None:
    fresh = Snapshot(pid=1)
    figures = after(QUIET, fresh, changed(fresh, public_messages=5))
    assert figures.rates is not None
    assert figures.rates.public == 1.0
    assert figures.restarted == at(5)


# --- a server that is gone -----------------------------------------------------------------------


def test_the_last_figures_stay_while_the_server_is_gone() -> None:
    history = History()
    history.succeed(QUIET, at(0))
    history.fail("first", at(5))
    history.fail("second", at(10))
    assert history.figures.snapshot == QUIET
    assert history.figures.at == at(0)
    assert history.figures.problem == "second"
    assert history.figures.gone_since == at(5)
    assert happened(history.figures) == ["the server is gone"]


def test_a_server_that_is_back_is_gone_no_more() -> None:
    history = History()
    history.fail("nothing there", at(0))
    history.succeed(QUIET, at(12))
    assert history.figures.problem == ""
    assert history.figures.gone_since is None
    assert happened(history.figures)[-1] == "the server is back after 12 s"


# --- who came and went ---------------------------------------------------------------------------


def test_joins_and_leaves_are_told_between_two_readings() -> None:
    later = changed(people=(*QUIET.people[1:], Person("Dora", "::1", 7.0)))
    assert happened(after(QUIET, later)) == ["Alice left", "Dora joined"]


def test_the_people_of_the_first_reading_did_not_just_join() -> None:
    assert happened(after(QUIET)) == []


def test_a_restart_tells_no_leaves() -> None:
    assert happened(after(QUIET, Snapshot(pid=1))) == ["the server was restarted"]


def test_trouble_is_told_with_its_number() -> None:
    later = changed(slow_disconnected=2, refused=1, log_errors=3)
    assert happened(after(QUIET, later)) == [
        "2 disconnected: too slow",
        "1 turned away",
        "3 log errors",
    ]


def test_memory_is_bounded() -> None:
    history = History()
    for number in range(3000):
        history.succeed(changed(people=(Person(str(number)),)), at(number))
    assert len(history.figures.events) <= 200
    assert len(history.figures.samples) <= 720


# --- the charts ----------------------------------------------------------------------------------


def readings(values: list[float | None], first: int = 0) -> list[Sample]:
    """Readings one second apart."""
    return [Sample(number, at(number), value) for number, value in enumerate(values, start=first)]


def people(sample: Sample) -> float | None:
    """What the charts below show."""
    return sample.people


def test_as_long_as_they_fit_each_reading_has_a_column() -> None:
    assert columns(readings([1, 2, None, 4]), people, 4) == [1, 2, None, 4]


def test_where_readings_share_a_column_it_shows_their_highest() -> None:
    values: list[float | None] = [0.0] * WINDOW_SAMPLES
    values[70] = 9.0
    shown = columns(readings(values), people, 60)
    assert len(shown) == 60
    assert shown[35] == 9.0
    assert sum(1 for each in shown if each) == 1


@pytest.mark.parametrize("first", [1000, 1001, 1003])
def test_a_new_reading_does_not_change_what_older_columns_show(first: int) -> None:
    values: list[float | None] = [float(number * 7919 % 101) for number in range(400)]
    before = columns(readings(values[:300], first), people, 30)
    assert None not in before
    group = WINDOW_SAMPLES // 30
    for more in range(1, 9):
        now = columns(readings(values[: 300 + more], first), people, 30)
        moved = (first + 299 + more) // group - (first + 299) // group
        assert now[: 29 - moved] == before[moved:29]


def test_a_wide_chart_shows_more_than_the_window() -> None:
    assert len(columns(readings([1.0] * 500), people, 276)) == 276


def test_the_time_that_is_stated_is_the_time_that_is_shown() -> None:
    assert span_seconds(readings([1.0] * 10), 50) == 9
    assert span_seconds(readings([1.0] * 500), 276) == 275
    assert span_seconds(readings([1.0]), 50) == 0
    assert span_seconds([], 50) == 0


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("height", [1, 3])
def test_nothing_a_little_and_unknown_look_different(glyphs: Glyphs, height: int) -> None:
    drawn = chart([0.0, 0.001, None, 1000.0], 1000.0, height, glyphs)
    nothing, little, unknown, most = tuple(drawn[-1])
    assert nothing == glyphs.levels[1]
    assert little not in (nothing, " ")
    assert unknown == glyphs.missing
    assert most == glyphs.levels[-1]
    assert drawn[0][3] == glyphs.levels[-1]


def test_a_chart_of_nothing_at_all_is_flat() -> None:
    assert chart([0.0, 0.0], 0.0, 1, UNICODE) == ["▁▁"]
