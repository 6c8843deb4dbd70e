"""The charts: ten minutes, an hour, a day; each column says what was, and none of it is lost."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.history import Figures, History, Moment
from monitor.series import GRAINS, SLOT_SECONDS, WINDOW_SECONDS, Track, columns
from shared.status import Snapshot

WINDOW = WINDOW_SECONDS // SLOT_SECONDS


def at(seconds: float) -> Moment:
    """A moment, `seconds` after the check began."""
    return Moment(seconds, 1_700_000_000.0 + seconds)


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


def whole(figures: Figures, span: int = 0) -> Track:
    """A track that shows all of its span, also at the beginning."""
    return replace(figures.tracks[span], span_seconds=GRAINS[span][0])


def chart_of_people(figures: Figures, width: int) -> list[float | None]:
    """What a chart of that width shows of ten minutes."""
    return columns(whole(figures), "people", width)


def test_each_reading_has_a_column_where_there_are_as_many_columns() -> None:
    assert chart_of_people(watched([1, 2, None, 4]), WINDOW) == [1, 2, None, 4]


def test_where_there_is_room_each_reading_has_several_columns() -> None:
    assert chart_of_people(watched([1, None, 4]), 2 * WINDOW) == [1, 1, None, None, 4, 4]
    wide = chart_of_people(watched([*range(2 * WINDOW)]), 275)
    assert len(wide) == 275
    assert {*wide} == {*range(WINDOW, 2 * WINDOW)}  # every reading, and in order
    known = [each or 0 for each in wide]
    assert known == sorted(known)


def test_where_readings_share_a_column_it_shows_their_highest() -> None:
    values = [0] * WINDOW
    values[70] = 9
    shown = chart_of_people(watched(values), WINDOW // 2)
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
    shown = chart_of_people(watched(values), WINDOW // 2)
    assert [number for number, each in enumerate(shown) if each is None] == [35]


def test_where_readings_are_rare_each_covers_the_time_since_the_last() -> None:
    history = History()
    for number, messages in enumerate((0, 300, 300)):
        history.succeed(Snapshot(public_messages=messages, joins=number * 5), at(60.0 * number))
    track = whole(history.figures)
    assert columns(track, "public", WINDOW) == [None, *[5.0] * 12, *[0.0] * 12]
    joins = columns(track, "joined", WINDOW, is_sum=True)
    assert joins == [None, *[0] * 11, 5, *[0] * 11, 5]  # an increase is counted once


def test_what_is_rare_is_added_up_and_not_lost() -> None:
    history = History()
    for number in range(12):
        history.succeed(Snapshot(refused=number), at(number))
    track = whole(history.figures)
    assert columns(track, "turned away", WINDOW, is_sum=True) == [4, 5, 2]
    assert columns(track, "turned away", WINDOW // 3, is_sum=True) == [11]


@pytest.mark.parametrize("first", [1000, 1001, 1003])
@pytest.mark.parametrize("width", [31, 100, 275])
def test_a_new_reading_moves_older_columns_and_does_not_change_them(first: int, width: int) -> None:
    values = [number * 7919 % 101 for number in range(400)]
    before = chart_of_people(watched(values[:300], first), width)
    assert None not in before
    for more in range(1, 9):
        now = chart_of_people(watched(values[: 300 + more], first), width)
        last = width - 2 - WINDOW // width  # the newest columns were only begun
        assert any(now[: last - moved] == before[moved:last] for moved in range(9 * 3))


@pytest.mark.parametrize("width", [1, 2, 7, 23, 56, 59, 119, 120, 121, 275, 300])
@pytest.mark.parametrize("first", range(4))
def test_a_chart_is_as_wide_as_its_place_and_shows_its_time_alone(width: int, first: int) -> None:
    values = [0] * 400
    values[-WINDOW + WINDOW // width + 1] = 5
    values[-WINDOW - WINDOW // width - 2] = 9
    shown = chart_of_people(watched(values, first), width)
    assert max(each or 0 for each in shown) == 5 or width == 1
    assert len(shown) == width


@pytest.mark.parametrize(
    ("readings", "seconds"), [(1, 30), (6, 30), (7, 60), (13, 90), (61, 360), (97, 600), (500, 600)]
)
def test_a_chart_of_ten_minutes_begins_with_what_there_is(readings: int, seconds: int) -> None:
    track = watched([1] * readings).tracks[0]
    assert track.span_seconds == seconds
    shown = columns(track, "people", 60)
    assert len(shown) >= 60 * min(readings * SLOT_SECONDS, 600) // seconds - 1


def test_an_hour_and_a_day_are_remembered_and_no_peak_of_them_is_lost() -> None:
    history = History()
    for number in range(24 * 60):
        people = {100: 7, 24 * 60 - 30: 5}.get(number, 1)
        history.succeed(Snapshot(people_now=people), at(60.0 * number))
    minutes, hour, day = (columns(track, "people", 100) for track in history.figures.tracks)
    assert {*minutes} == {1}
    assert max(each or 0 for each in hour) == 5
    assert max(each or 0 for each in day) == 7
    assert len(day) == 100
    assert day[100 * 100 // (24 * 60)] == 7
    assert hour[50] == 5


def test_a_server_that_was_gone_for_a_moment_is_seen_in_the_chart_of_the_day() -> None:
    values: list[float | None] = [1] * 1000
    values[500] = None
    assert columns(watched(values, seconds=60.0).tracks[2], "people", 280).count(None) == 1
