"""The table of people, what happened beside it, and the filter for both."""

import re

import pytest
from wcwidth import wcswidth

from monitor.scene import Picture
from monitor.view import render
from shared.status import Person
from tests.monitor.samples import QUIET, changed, crowd
from tests.monitor.test_view import gone, lines, scene, shown

# --- people --------------------------------------------------------------------------------------


def names(picture: Picture) -> list[str]:
    """The first word of each row of the table."""
    rows = lines(picture)
    heading = next(number for number, row in enumerate(rows) if row.startswith(" name "))
    return [row.split()[0] for row in rows[heading + 1 : -1] if row]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Alice", "bob", "小明"]),
        ("since", ["bob", "Alice", "小明"]),
        ("messages", ["Alice", "小明", "bob"]),
        ("outbox", ["bob", "Alice", "小明"]),
    ],
)
def test_people_are_sorted_as_asked(sort: str, order: list[str]) -> None:
    assert names(render(scene(QUIET, sort=sort))) == order


def test_wide_names_do_not_break_the_columns() -> None:
    people = (Person("小明小明", "here"), Person("🙂🙂", "here"), Person("Zoe\u0308", "here"))
    rows = [row for row in lines(render(scene(changed(people=people)))) if "here" in row]
    assert len({wcswidth(row.partition("here")[0]) for row in rows}) == 1
    assert len(rows) == 3


def test_the_table_says_which_part_of_it_is_seen() -> None:
    picture = render(scene(changed(people=crowd(100)), scroll=10))
    assert f"people 11 to {10 + picture.page} of 100, by name" in "\n".join(lines(picture))
    assert names(picture)[0] == "Guest0010"
    assert len(names(picture)) == picture.page


def test_a_table_that_shrank_is_scrolled_back() -> None:
    picture = render(scene(changed(people=crowd(20)), scroll=90))
    assert names(picture)[-1] == "Guest0019"
    assert picture.scroll == 20 - picture.page


def test_of_the_columns_that_do_not_fit_the_least_important_go() -> None:
    def columns(width: int) -> list[str]:
        rows = lines(render(scene(QUIET, width=width, height=30)))
        return next(row.split() for row in rows if row.startswith(" name"))

    everything = ["name", "address", "since", "messages", "messages/s", "bytes", "outbox"]
    assert columns(80) == everything
    assert columns(65) == [each for each in everything if each != "address"]
    assert columns(58) == ["name", "since", "messages", "messages/s", "outbox"]
    assert columns(45) == ["name", "since", "messages", "outbox"]
    assert columns(32) == ["name", "messages", "outbox"]


def test_where_there_is_room_what_happened_stands_beside_the_people() -> None:
    text = shown(scene(QUIET, LEFT, width=120, height=40))
    assert "what happened" in text
    assert text.count("Alice left") == 1


LEFT = changed(people=QUIET.people[1:], people_now=2, refused=1)


def test_at_80x24_what_happened_last_stands_in_one_row() -> None:
    row = lines(render(scene(QUIET, LEFT)))[1]
    assert re.fullmatch(r" \d\d:\d\d:\d\d 1 turned away · \d\d:\d\d:\d\d Alice left", row)
    assert "Alice left" not in lines(render(gone(QUIET, LEFT)))[1]  # that has more to say


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (200, 50), (30, 6)])
def test_e_shows_what_happened_the_newest_first(width: int, height: int) -> None:
    picture = render(scene(QUIET, LEFT, width=width, height=height, panel="events"))
    rows = lines(picture)
    title = next(number for number, row in enumerate(rows) if "what happened" in row)
    assert rows[title + 1].endswith("1 turned away")
    if height > 6:
        assert rows[title + 2].endswith("Alice left")
    assert picture.total == 2
    assert "bob" not in "\n".join(rows)


def test_the_events_scroll() -> None:
    crowds = [changed(people=crowd(each), people_now=each, joins=12 + each) for each in range(30)]
    newest = shown(scene(*crowds, panel="events"))
    assert "Guest0028 joined" in newest
    oldest = render(scene(*crowds, panel="events", scroll=99))
    assert lines(oldest)[-2].endswith("Guest0000 joined")
    assert oldest.scroll == 29 - oldest.page


def test_before_anything_happened_the_events_say_so() -> None:
    assert "nothing yet" in shown(scene(QUIET, panel="events"))


# --- the filter ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("ALI", ["Alice"]), ("b", ["bob"]), ("50003", ["小明"]), ("", ["Alice", "bob", "小明"])],
)
def test_the_filter_looks_in_names_and_addresses_whatever_the_case(
    wanted: str, found: list[str]
) -> None:
    picture = render(scene(QUIET, filter=wanted))
    assert names(picture) == found
    assert picture.total == len(found)


def test_the_filter_is_named_with_what_it_leaves() -> None:
    assert "1 of 3 people with 'ali', by name" in shown(scene(QUIET, filter="ali"))
    assert "0 of 3 people with 'xyz'" in shown(scene(QUIET, filter="xyz"))
    many = scene(changed(people=crowd(50)), filter="guest000", scroll=2)
    assert "10 of 50 people with 'guest000', 3 to 8, by name" in shown(many)


def test_the_filter_leaves_out_events_but_no_trouble() -> None:
    text = shown(scene(QUIET, LEFT, panel="events", filter="bob"))
    assert "Alice left" not in text
    assert "1 turned away" in text
    assert "what happened, with 'bob'" in text


def test_while_it_is_typed_the_last_row_shows_it_and_what_ends_it() -> None:
    row = lines(render(scene(QUIET, is_typing=True, filter="ali")))[-1]
    assert re.fullmatch(r" /ali +Enter keep +Esc clear", row)
    for width in range(1, 30):
        row = lines(render(scene(QUIET, width=width, height=1, is_typing=True, filter="alic")))[0]
        assert "alic"[-max(0, width - 4) :] in row or width < 5
