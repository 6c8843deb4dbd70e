"""What happened is said in as many cells as there are, and what was done is never cut off."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events import Event, of_people
from monitor.history import History
from monitor.view import render
from shared.status import Person
from shared.text import cells
from tests.monitor.samples import QUIET, changed, crowd
from tests.monitor.test_view import at, lines, scene

EVENTS = (
    Event(0.0, "joined", ("Alexandra",)),
    Event(0.0, "left", ("小明小明小明小明小明",)),
    Event(0.0, "joined", ("🙂" * 20,)),
    Event(0.0, "left", ("محمد" * 5,)),
    Event(0.0, "joined", ("Guest0000", "Guest0001", "Guest0002"), others=57),
    Event(0.0, "left", others=12_345),
    Event(0.0, "is now", ("Alexandra-the-second",), became="小明小明小明小明"),
    Event(0.0, "is now", ("A",), became="Alexandra-the-second"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: each.text[:12])
def test_names_give_way_and_what_was_done_stays(event: Event) -> None:
    for width in range(12, 100):
        words = event.fitted(width)
        assert cells(words) <= width
        assert event.did in words
    assert event.fitted(200) == event.text


_names = st.lists(st.text(max_size=25), max_size=3).map(tuple)


@given(
    st.builds(
        Event,
        st.just(0.0),
        st.sampled_from(["joined", "left", "is now", "the server is gone"]),
        _names,
        st.integers(0, 10**6),
        st.text(max_size=25),
    ),
    st.integers(0, 60),
)
def test_whatever_the_names_and_however_narrow_it_fits(event: Event, width: int) -> None:
    assert cells(event.fitted(width)) <= width


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (80, "Guest0000, Guest0001, Guest0002 and 57 more joined"),
        (40, "Guest0000, Guest0001 and 58 more joined"),
        (30, "Guest0000 and 59 more joined"),
        (20, "60 joined"),
    ],
)
def test_of_a_crowd_fewer_are_named_where_it_is_narrow(width: int, words: str) -> None:
    assert EVENTS[4].fitted(width) == words


def test_of_a_new_name_both_names_are_seen() -> None:
    assert EVENTS[6].fitted(30) == "Alexandra-… is now 小明小明小…"
    assert EVENTS[7].fitted(18) == "A is now Alexandr…"


def test_many_are_one_event_and_few_are_one_each() -> None:
    assert len(of_people(0.0, "joined", [str(each) for each in range(8)])) == 8
    assert of_people(0.0, "left", list("abcdefghi"))[0].text == "a, b, c and 6 more left"


@pytest.mark.parametrize("width", [110, 120, 150])
def test_beside_the_people_no_verb_is_cut_off(width: int) -> None:
    before = changed(people=(), people_now=0)
    long = tuple(Person("Maximilian-Alexander"[:20] + str(each)) for each in range(3))
    after = changed(people=long, people_now=3, joins=15)
    many = changed(people=(*long, *crowd(60)), people_now=63, joins=75)
    rows = lines(render(scene(before, after, many, width=width, height=40)))
    title = next(row.index(" what happened ") for row in rows if " what happened " in row)
    told = [row[title:] for row in rows if ":" in row[title : title + 12]]
    assert len([row for row in told if row.endswith(" joined")]) == 4


@pytest.mark.parametrize("width", range(72, 110))
def test_the_row_of_news_ends_with_a_whole_event(width: int) -> None:
    history = History()
    for number in range(5):
        people = tuple(Person(f"Somebody{each}") for each in range(number))
        snapshot = changed(people=people, people_now=number, joins=12 + number)
        history.succeed(snapshot, at(5.0 * number))
    whole = replace(scene(QUIET, width=width), figures=history.figures, current=history.figures)
    row = lines(render(whole))[1]
    assert row.endswith(" joined")
    assert len(row) <= width
