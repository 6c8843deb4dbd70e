"""Rates, restarts, gaps and events, from readings that say when they were taken."""

from dataclasses import replace

import pytest

from monitor.changes import COUNTERS, INCREASES, LEVELS, RATES
from monitor.drawing import ASCII, UNICODE, Glyphs, chart
from monitor.history import Figures, History, Moment
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


def test_memory_is_bounded_for_a_day_and_for_a_week() -> None:
    history = History()

    def watch(readings: int, first: int) -> tuple[int, int]:
        for number in range(first, first + readings):
            people = (Person(str(number)),)
            history.succeed(changed(people=people, people_now=1), at(300.0 * number))
        figures = history.figures
        return len(figures.events), sum(len(each.slots) for each in figures.tracks)

    day = watch(550, 0)
    assert day[0] <= 1000
    assert day[1] <= 700
    assert watch(1500, 550) == day


def test_a_name_that_a_person_has_now_has_their_pace() -> None:
    alice, bob, _ = QUIET.people
    later = changed(people=(replace(alice, name="Alicia", messages=130), bob, Person("Dora")))
    assert after(QUIET, later).paces == {"Alicia": 2.0, "bob": 0.0}


def test_whoever_came_back_under_the_same_name_has_no_negative_pace() -> None:
    again = replace(QUIET.people[0], since=0.0, messages=0)
    before = replace(QUIET.people[0], since=0.0)
    assert after(changed(people=(before,)), changed(people=(again,))).paces == {}


def test_how_long_the_answer_took_is_a_figure_of_its_own() -> None:
    history = History()
    history.succeed(QUIET, at(0), 0.004)
    assert history.figures.values["answer"] == 0.004


# --- alarms --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"slow_disconnected": 1}, "1 disconnected: too slow"),
        ({"log_errors": 1}, "1 log error"),
        ({"log_errors": 2}, "2 log errors"),
        ({"log_errors": 2, "slow_disconnected": 1}, "1 disconnected: too slow, 2 log errors"),
    ],
)
def test_what_somebody_must_look_at_raises_an_alarm_once(
    trouble: dict[str, int], words: str
) -> None:
    figures = after(QUIET, changed(**trouble), changed(**trouble))
    assert figures.alarm
    assert (figures.alarm.number, figures.alarm.words) == (1, words)
    assert figures.alarm.at == at(5)


def test_a_server_that_goes_raises_an_alarm_once_and_each_time_it_goes() -> None:
    history = History()
    history.fail("never there", at(0))
    assert history.figures.alarm is None
    for round_ in (1, 2):
        history.succeed(QUIET, at(10.0 * round_))
        history.fail("gone", at(10.0 * round_ + 5))
        history.fail("gone", at(10.0 * round_ + 7))
        assert history.figures.alarm
        assert history.figures.alarm.number == round_


def test_what_is_usual_raises_no_alarm() -> None:
    usual = changed(refused=3, joins=20, console_lines_dropped=5)
    assert after(QUIET, usual).alarm is None
    assert after(QUIET, Snapshot(pid=1, slow_disconnected=4)).alarm is None  # another server's


# --- the charts: what is drawn -------------------------------------------------------------------


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
