"""Right-to-left text, turned for a screen that draws from left to right; no screen is needed.

python-bidi's own `get_display` (the Rust library unicode-bidi) is what the order is checked with.
"""

import unicodedata
from collections.abc import Sequence

import bidi as reference
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.widgets import bidi
from phase4.widgets.bidi import Row, in_one_row, lay_out, runs_right_to_left
from phase4.widgets.lines import Line, for_screen
from phase4.widgets.shown import Shown

CHARACTER = 10  # pixels; combining marks have none


def measure(text: str) -> int:
    return CHARACTER * sum(1 for char in text if not unicodedata.combining(char))


def rows(text: str, width: int, first: int = 0, *, rtl: bool = True) -> tuple[Row, ...]:
    return lay_out(
        text,
        rtl=rtl,
        measure=measure,
        first=CHARACTER * (first or width),
        others=CHARACTER * width,
    )


def read(text: str, drawn: Sequence[Row]) -> list[str]:
    """Each row in the order in which it is read."""
    return ["".join(text[place] for place in sorted(row.places)) for row in drawn]


# --- order -----------------------------------------------------------------------------------


@given(st.text("אבגد رسab 12٣()[]{}.,:+-%", max_size=30), st.booleans())
def test_the_order_is_that_of_the_bidirectional_algorithm(text: str, rtl: bool) -> None:
    text = text.strip(" ")
    row = in_one_row(text, rtl=rtl)
    # As it was said: the other knows neither the shapes of letters nor mirrored brackets.
    order = "".join(text[place] for place in row.places)
    assert order == reference.get_display(text, base_dir="R" if rtl else "L")


@pytest.mark.parametrize(
    ("text", "rtl", "shown"),
    [
        ("שלום", True, "םולש"),
        ("אב (גד) 12", True, "12 (דג) בא"),
        ("אב (cd) ef", True, "ef (cd) בא"),
        ("say (אב)", False, "say (בא)"),
        ("אב: http://a.b/c?d=1", True, "http://a.b/c?d=1 :בא"),
        ("אב 🙂 גד", True, "דג 🙂 בא"),
        ("42 אב", True, "בא 42"),
    ],
)
def test_numbers_links_brackets_and_emoji_stand_where_a_reader_expects_them(
    text: str, rtl: bool, shown: str
) -> None:
    assert in_one_row(text, rtl=rtl).shown == shown


@pytest.mark.parametrize(
    ("text", "rtl"),
    [
        ("سلام", True),
        ("hello سلام", False),
        ("Ann: سلام", True),
        ("@Ann, سلام", True),
        ("https://a.example/x سلام", True),
        ("https://a.example/x", False),
        ("۱۲۳ 🙂", False),
        ("123 سلام", True),
        ("سارا: hello", False),
        ("سارا:", True),
        ("", False),
    ],
)
def test_the_first_letter_decides_but_not_an_address(text: str, rtl: bool) -> None:
    assert runs_right_to_left(text) == rtl


# --- joined letters --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown", "places"),
    [
        ("سلام", "ﻡﻼﺳ", (3, 1, 0)),  # lam and alef are one sign
        ("می\u200cخواهم", "ﻢﻫﺍﻮﺧﯽﻣ", (7, 6, 5, 4, 3, 1, 0)),  # not joined; the joiner is not drawn
        ("مُد", "ﺪُﻣ", (2, 1, 0)),  # the mark, over the letter that follows it on the screen
        ("لَا", "َﻻ", (1, 0)),
        ("א", "א", (0,)),
    ],
)
def test_letters_take_their_shapes_and_know_where_they_came_from(
    text: str, shown: str, places: tuple[int, ...]
) -> None:
    row = in_one_row(text, rtl=True)
    assert (row.shown, row.places) == (shown, places)


def test_a_word_with_a_joiner_does_not_disturb_the_shapes() -> None:
    text = "\u200d".join("لا" * 30)
    assert set(in_one_row(text, rtl=True).places) <= set(range(len(text)))


@given(st.text(max_size=60))
def test_whatever_comes_is_turned_and_nothing_is_invented(text: str) -> None:
    text = for_screen(Line("public", "", "", text)).text
    for rtl in (False, True):
        drawn = rows(text, 7, rtl=rtl)
        places = [place for row in drawn for place in row.places]
        assert len(places) == len(set(places))
        assert set(places) <= set(range(len(text)))
        assert all(len(row.shown) == len(row.places) for row in drawn)


# --- rows ------------------------------------------------------------------------------------

WORDS = "אחת שתים שלוש ארבע חמש שש"


def test_a_paragraph_is_broken_in_the_order_in_which_it_is_read() -> None:
    drawn = rows(WORDS, 10)
    assert read(WORDS, drawn) == ["אחת שתים", "שלוש ארבע", "חמש שש"]
    assert drawn[0].shown == "םיתש תחא"


def test_the_first_row_may_have_less_room() -> None:
    assert read(WORDS, rows(WORDS, 10, first=5)) == ["אחת", "שתים שלוש", "ארבע חמש", "שש"]


def test_a_first_row_without_room_for_a_word_is_not_left_out() -> None:
    assert read("אחת", rows("אחת", 10, first=1)) == ["אחת"]


@given(st.lists(st.text("אבגab12", min_size=1, max_size=14), max_size=12), st.integers(1, 12))
def test_no_row_is_wider_than_its_room_and_no_letter_is_lost(words: list[str], width: int) -> None:
    text = " ".join(words)
    drawn = rows(text, width)
    assert all(len(row.shown) <= width for row in drawn)
    assert "".join(read(text, drawn)).replace(" ", "") == text.replace(" ", "")


def test_a_word_wider_than_a_row_is_broken_where_it_must() -> None:
    assert read("אבגדהוז", rows("אבגדהוז", 3)) == ["אבג", "דהו", "ז"]


def test_an_empty_text_has_one_empty_row() -> None:
    assert rows("", 5) == (Row("", ()),)


# --- a whole line ----------------------------------------------------------------------------


def laid_out(line: Line, width: int = 1000) -> Shown:
    shown = Shown(1, line)
    shown.lay_out(measure, width)
    return shown


def test_time_and_name_stand_before_what_was_said_each_turned_by_itself() -> None:
    shown = laid_out(Line("private", "12:00:00", "דנה", "אב גד", "דנה", "→ נעם"))
    assert [row.shown for row in shown.rows] == ["12:00:00\tהנד\t→ םענ \tדג בא"]
    assert shown.said_at(set(range(len(shown.text)))) == shown.text


def test_a_notice_is_english_whoever_it_is_about() -> None:
    shown = laid_out(Line("notice", "1", "→", "דנה joined"))
    assert [row.shown for row in shown.rows] == ["1\t→\tהנד joined"]


@given(
    st.text("אבد سab1().", max_size=40), st.integers(30, 200), st.text("אa", min_size=1, max_size=5)
)
def test_every_part_of_a_line_can_be_told_in_the_order_in_which_it_is_read(
    text: str, width: int, who: str
) -> None:
    shown = laid_out(Line("public", "1", who, text.strip(" "), who), width)
    drawn = [place for row in shown.rows for place in row.places]
    assert shown.said_at(set(drawn)) == shown.text
    for row in shown.rows:
        assert shown.said_at(set(row.places)).replace("\t", "") in shown.text.replace("\t", "")


def test_a_link_is_whole_wherever_it_is_clicked() -> None:
    link = "http://a.example/a(b)?c=d"
    shown = laid_out(Line("public", "1", "Bob", f"אב {link} גד", "Bob"), 150)
    assert len(shown.rows) > 2
    start = shown.text.index(link)
    clicked = {shown.link_at(place) for place in range(start, start + len(link))}
    assert clicked == {link}
    assert shown.link_at(start - 1) == shown.link_at(start + len(link)) == ""
    styled = "".join(
        text
        for text, tags in zip(*[iter(shown.pieces("name1"))] * 2, strict=True)
        if isinstance(text, str) and "link" in tags
    )
    assert sorted(styled) == sorted(link)


def test_the_extra_is_there() -> None:
    assert bidi.IS_AVAILABLE
