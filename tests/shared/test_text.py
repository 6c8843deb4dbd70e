"""Names and figures as text: safe, and as wide as they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from shared import text


@given(st.text())
def test_no_control_character_is_left_and_every_width_is_certain(name: str) -> None:
    shown = text.printable(name)
    assert all(wcwidth(each) >= 0 for each in shown)
    assert not any(each < " " or "\x7f" <= each <= "\x9f" for each in shown)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("Zoë", 3),
        ("Zoe\u0308", 3),  # the same, with a combining mark
        ("小明", 4),
        ("🙂", 2),
        ("👍🏽", 2),  # with a skin tone
        ("👨\u200d👩\u200d👧", 6),  # a family: terminals draw it in 2, 6 or 8 cells
        ("❤\ufe0f", 1),  # a sign that a variation selector would make an emoji of two cells
        ("🇩🇪", 2),  # a flag: two letters here, which every terminal draws alike
        ("علی\u200cرضا", 6),
    ],
)
def test_the_width_of_names_from_everywhere(name: str, width: int) -> None:
    assert text.cells(text.printable(name)) == width


@given(st.text(), st.integers(0, 30))
def test_a_cut_text_fits_and_an_aligned_one_fills(name: str, width: int) -> None:
    name = text.printable(name)
    assert text.cells(text.cut(name, width)) <= width
    assert text.cells(text.left(name, width)) == width
    assert text.cells(text.right(name, width)) == width


@given(st.text())
def test_in_ascii_a_text_is_as_wide_as_before(name: str) -> None:
    name = text.printable(name)
    assert text.as_ascii(name).isascii()
    assert len(text.as_ascii(name)) == text.cells(name)


@given(st.integers(0, 2**63 - 1))
def test_no_count_and_no_size_is_wider_than_its_column(number: int) -> None:
    assert len(text.count(number)) <= 9
    assert len(text.size(number)) <= 8


@given(st.floats(0, 1e19))
def test_a_rate_above_zero_never_reads_as_zero(rate: float) -> None:
    assert (text.rate(rate) == "0.0") == (rate == 0)


@pytest.mark.parametrize("moment", [0.0, -5.0, 1e11, 253_402_300_799.0])
def test_a_time_that_no_calendar_has_is_not_shown(moment: float) -> None:
    assert len(text.since(moment, 0.0)) <= 8
    assert len(text.clock(moment)) <= 8


def test_a_time_of_long_ago_is_shown_as_a_date() -> None:
    noon = 1_700_000_000.0
    assert text.since(noon, noon + 60) == text.clock(noon)
    assert "Nov" in text.since(noon, noon + 2 * 86400)
