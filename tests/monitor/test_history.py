"""Rates, restarts, gaps and events, from readings that say when they were taken."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.drawing import ASCII, UNICODE, Glyphs, chart
from monitor.history import (
    COUNTERS,
    INCREASES,
    LEVELS,
    RATES,
    SLOT_SECONDS,
    WINDOW_SECONDS,
    Figures,
    History,
    Moment,
    columns,
    span_seconds,
)
from shared.status import Person, Snapshot, parse_snapshot
from tests.monitor.samples import QUIET, changed, crowd


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
    values = after(QUIET, later).values
    assert (values["public"], values["private"], values["messages"]) == (2.0, 1.0, 3.0)
    assert (values["delivered"], values["in"], values["out"]) == (20.0, 100.0, 2.0)


def test_the_use_of_the_processor_is_a_rate_too() -> None:
    busy = after(changed(cpu_seconds=7.0), changed(cpu_seconds=9.5))
    assert busy.values["cpu"] == 0.5


def test_a_level_is_what_the_snapshot_says() -> None:
    values = after(changed(resident_bytes=42_000_000)).values
    assert (values["people"], values["threads"], values["memory"]) == (3, 9, 42_000_000)


@pytest.mark.parametrize("name", [*LEVELS, *RATES, *INCREASES])
def test_what_the_server_does_not_tell_is_no_figure(name: str) -> None:
    bare = parse_snapshot(b'{"chat_status": 1}')
    assert name not in after(bare, bare).values


def test_a_figure_that_is_told_no_more_has_not_gone_back() -> None:
    fewer = parse_snapshot(b'{"chat_status": 1, "joins": 12}')
    figures = after(QUIET, fewer)
    assert figures.restarted is None
    assert figures.values["joined"] == 0


def test_the_first_reading_has_no_rate() -> None:
    assert not after(QUIET).values.keys() & {*RATES, *INCREASES}


def test_a_rate_does_not_depend_on_the_servers_clock() -> None:
    later = changed(public_messages=160, time=QUIET.time - 3600)
    assert after(QUIET, later).values["public"] == 2.0


def test_two_readings_at_the_same_moment_give_no_rate() -> None:
    history = History()
    history.succeed(QUIET, at(1))
    history.succeed(QUIET, at(1))
    assert not history.figures.values.keys() & {*RATES, *INCREASES}


def test_after_a_gap_the_rate_is_over_the_whole_gap() -> None:
    history = History()
    history.succeed(QUIET, at(0))
    history.fail("gone", at(5))
    history.succeed(changed(public_messages=170), at(10))
    assert history.figures.values["public"] == 2.0


# --- a restart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_that_goes_back_is_a_restart_and_no_negative_rate(counter: str) -> None:
    old = changed(**{counter: 5})
    figures = after(old, changed(old, **{counter: 4}))
    assert figures.restarted == at(5)
    assert not figures.values.keys() & {*RATES, *INCREASES}


@pytest.mark.parametrize("change", [{"pid": 4712}, {"started": QUIET.started + 2}])
def test_another_process_is_a_restart_even_if_it_counted_on(change: dict[str, float]) -> None:
    figures = after(QUIET, changed(joins=50, **change))
    assert figures.restarted == at(5)
    assert not figures.values.keys() & {*RATES, *INCREASES}
    assert "the server was restarted" in happened(figures)


def test_figures_that_may_go_down_are_no_restart() -> None:
    later = changed(
        people_now=0, log_lines_waiting=0, threads=1, people=(), started=QUIET.started + 0.5
    )
    assert after(changed(log_lines_waiting=9), later).restarted is None


def test_rates_come_again_after_a_restart() -> None:
    fresh = Snapshot(pid=1)
    figures = after(QUIET, fresh, changed(fresh, public_messages=5))
    assert figures.values["public"] == 1.0
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


def test_a_new_name_is_neither_a_leave_nor_a_join() -> None:
    alice, *others = QUIET.people
    later = changed(people=(replace(alice, name="Alicia"), *others))
    assert happened(after(QUIET, later)) == ["Alice is now Alicia"]


def test_a_crowd_that_comes_or_goes_at_once_is_one_event() -> None:
    empty, full = changed(people=(), people_now=0), changed(people=crowd(60), people_now=60)
    came = happened(after(empty, full))
    assert came == ["Guest0000, Guest0001, Guest0002 and 57 more joined"]
    assert happened(after(full, empty)) == [came[0].replace("joined", "left")]


def test_where_the_list_is_not_whole_they_are_counted_not_named() -> None:
    first = changed(people=crowd(2), people_now=100, joins=200)
    later = changed(first, people=crowd(3), people_now=103, joins=205)
    assert happened(after(first, later)) == ["2 left", "5 joined"]
    untold = replace(first, unknown=frozenset({"joins"}))
    assert happened(after(untold, replace(later, unknown=untold.unknown))) == ["3 joined"]


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
        history.succeed(changed(people=(Person(str(number)),)), at(SLOT_SECONDS * number))
    assert len(history.figures.events) <= 1000
    assert len(history.figures.slots) <= 720


# --- the charts ----------------------------------------------------------------------------------

WINDOW = WINDOW_SECONDS // SLOT_SECONDS


def watched(
    people: Sequence[float | None], first: int = 0, seconds: float = SLOT_SECONDS
) -> Figures:
    """The figures after readings of so many people, `seconds` apart; None is one that failed."""
    history = History()
    for number, value in enumerate(people, start=first):
        if value is None:
            history.fail("gone", at(seconds * number))
        else:
            history.succeed(Snapshot(people_now=int(value)), at(seconds * number))
    return history.figures


def chart_of_people(figures: Figures, width: int) -> list[float | None]:
    """What a chart of that width shows."""
    return columns(figures.slots, "people", width)


def test_where_there_is_room_each_reading_has_a_column() -> None:
    assert chart_of_people(watched([1, 2, None, 4]), WINDOW) == [1, 2, None, 4]


def test_where_readings_share_a_column_it_shows_their_highest() -> None:
    values = [0] * WINDOW
    values[70] = 9
    shown = chart_of_people(watched(values), WINDOW // 2 + 1)
    assert len(shown) == WINDOW // 2
    assert shown[35] == 9
    assert sum(1 for each in shown if each) == 1


def test_readings_of_the_same_moment_share_a_column_too() -> None:
    figures = watched([1, 7, 2, 3, 3, 4], seconds=1.0)
    assert chart_of_people(figures, WINDOW) == [7, 4]


def test_where_a_reading_failed_the_column_shows_that_and_nothing_else() -> None:
    figures = watched([1, 7, None, 3, 3, 4], seconds=1.0)
    assert chart_of_people(figures, WINDOW) == [None, 4]
    values: list[float | None] = [1] * WINDOW
    values[70] = None
    shown = chart_of_people(watched(values), WINDOW // 2 + 1)
    assert [number for number, each in enumerate(shown) if each is None] == [35]


def test_where_readings_are_rare_each_covers_the_time_since_the_last() -> None:
    history = History()
    for number, messages in enumerate((0, 300, 300)):
        history.succeed(Snapshot(public_messages=messages, joins=number * 5), at(60.0 * number))
    rates = columns(history.figures.slots, "public", WINDOW)
    assert rates == [None, *[5.0] * 12, *[0.0] * 12]
    joins = columns(history.figures.slots, "joined", WINDOW)
    assert joins == [None, *[0] * 11, 5, *[0] * 11, 5]  # an increase is counted once


def test_what_is_rare_is_added_up_and_not_lost() -> None:
    history = History()
    for number in range(12):
        history.succeed(Snapshot(refused=number), at(number))
    assert columns(history.figures.slots, "turned away", WINDOW) == [4, 5, 2]
    assert columns(history.figures.slots, "turned away", WINDOW // 3) == [11]


@pytest.mark.parametrize("first", [1000, 1001, 1003])
def test_a_new_reading_does_not_change_what_older_columns_show(first: int) -> None:
    values = [number * 7919 % 101 for number in range(400)]
    before = chart_of_people(watched(values[:300], first), 31)
    assert None not in before
    group = WINDOW // 30
    for more in range(1, 9):
        now = chart_of_people(watched(values[: 300 + more], first), 31)
        moved = (first + 299 + more) // group - (first + 299) // group
        assert now[: 30 - moved] == before[moved:30]


@pytest.mark.parametrize("width", [2, 7, 23, 56, 59, 119, 120])
@pytest.mark.parametrize("first", range(4))
def test_a_narrow_chart_shows_ten_minutes_and_at_most_a_column_more(width: int, first: int) -> None:
    values = [0] * 400
    values[-WINDOW] = 5
    values[-WINDOW - 2 * (WINDOW // (width - 1) + 1)] = 9
    shown = chart_of_people(watched(values, first), width)
    assert max(each or 0 for each in shown) == 5
    assert len(shown) <= width
    assert span_seconds(width) == WINDOW_SECONDS


def test_a_wide_chart_shows_more_than_the_window() -> None:
    assert len(chart_of_people(watched([1] * 500), 276)) == 276
    assert span_seconds(276) == 276 * SLOT_SECONDS


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
