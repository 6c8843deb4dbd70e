"""A window comes back where it was, if it can be seen there."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.widgets import placement
from phase4.widgets.placement import Area, Placement, within
from phase4.widgets.placing import Placing
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, see

SCREEN = Area(0, 0, 1366, 768)
TWO = Area(-1920, 0, 1920 + 1366, 1080)  # one on the left of the first

NUMBERS = st.integers(-40_000, 40_000)
PLACEMENTS = st.builds(Placement, st.integers(1, 40_000), st.integers(1, 40_000), NUMBERS, NUMBERS)


@pytest.mark.parametrize(
    ("last", "area"),
    [
        (Placement(800, 600, 100, 50), SCREEN),
        (Placement(1366, 740, 0, 0), SCREEN),
        (Placement(800, 748, 566, 20), SCREEN),  # down to the lower edge
        (Placement(800, 600, -1900, 0), TWO),
    ],
)
def test_a_window_that_can_be_seen_is_not_moved(last: Placement, area: Area) -> None:
    assert within(last, area) == last


@pytest.mark.parametrize(
    ("last", "now"),
    [
        (Placement(800, 600, -1900, 100), Placement(800, 600, 0, 100)),
        (Placement(800, 600, 3000, 100), Placement(800, 600, 566, 100)),
        (Placement(800, 600, 100, 5000), Placement(800, 600, 100, 128)),
        (Placement(2500, 1400, 0, 0), Placement(1229, 691, 0, 0)),
    ],
)
def test_a_window_on_a_screen_that_is_gone_comes_to_one_that_is_there(
    last: Placement, now: Placement
) -> None:
    assert within(last, SCREEN) == now


@given(
    PLACEMENTS, st.builds(Area, NUMBERS, NUMBERS, st.integers(100, 9000), st.integers(100, 9000))
)
def test_wherever_it_was_all_of_it_can_be_seen(last: Placement, area: Area) -> None:
    now = within(last, area)
    assert area.x <= now.x
    assert area.y <= now.y
    assert now.x + now.width <= area.x + area.width
    assert now.y + now.height <= area.y + area.height


def test_the_examples_are_true() -> None:
    assert doctest.testmod(placement).failed == 0


# --- real windows ---------------------------------------------------------------------------------


@pytest.mark.window
def test_the_size_before_it_was_maximised_is_not_forgotten(desktop: Desktop) -> None:
    noted: list[Placement] = []
    before = Placement(500, 300, 60, 70)
    with new_window(desktop) as root:
        placing = Placing(root, before, (400, 300), noted.append)
        see(root, lambda: root.winfo_width() == 500, "the size of last time")
        root.attributes("-zoomed", True)
        see(root, lambda: noted and noted[-1].is_maximised, "that it is maximised")
        placing.close()
    assert noted[-1] == Placement(500, 300, 60, 70, is_maximised=True)
    with new_window(desktop) as root:
        root.withdraw()
        placing = Placing(root, noted[-1], (400, 300), noted.append)
        placing.appear()
        see(root, lambda: root.winfo_width() > 900, "a window that fills the screen")
        root.attributes("-zoomed", False)
        see(root, lambda: root.winfo_width() == 500, "the size that it had before")
        see(root, lambda: noted[-1] == before, "the place that it had before")
        placing.close()


@pytest.mark.window
def test_a_window_that_needs_more_space_than_last_time_is_in_sight(desktop: Desktop) -> None:
    with new_window(desktop) as root:
        root.withdraw()
        corner = Placement(300, 200, root.winfo_screenwidth() - 300, 10)
        placing = Placing(root, corner, (400, 300), lambda _: None)
        root.minsize(600, 400)  # as larger text does
        placing.appear()
        see(root, lambda: root.winfo_width() == 600, "the size that it needs")
        there = Placement(600, 400, root.winfo_screenwidth() - 600, 10).geometry
        see(root, lambda: root.geometry() == there, "all of it")
        placing.close()
