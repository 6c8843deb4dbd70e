"""What a key changes: pure, without a terminal."""

from dataclasses import replace

import pytest

from monitor.scene import SPANS, Ui, press

# --- keys ----------------------------------------------------------------------------------------


def test_plus_and_minus_go_through_the_intervals_and_stop_at_the_ends() -> None:
    ui = Ui(interval_seconds=5.0)
    up = [ui.interval_seconds]
    for _ in range(20):
        ui = press(ui, "+")
        up.append(ui.interval_seconds)
    assert up[:4] == [5.0, 10.0, 30.0, 60.0]
    assert up[-1] == up[-2] == 300.0
    for _ in range(20):
        ui = press(ui, "-")
    assert ui.interval_seconds == 0.5


@pytest.mark.parametrize(
    ("seconds", "up", "down"), [(7.0, 10.0, 5.0), (0.2, 0.5, 0.2), (900.0, 900.0, 300.0)]
)
def test_an_interval_of_ones_own_is_left_for_the_next_step(
    seconds: float, up: float, down: float
) -> None:
    assert press(Ui(interval_seconds=seconds), "+").interval_seconds == up
    assert press(Ui(interval_seconds=seconds), "-").interval_seconds == down


def test_scrolling_stops_at_both_ends() -> None:
    ui = Ui(page=6, total=20)
    assert press(ui, "up").scroll == 0
    assert press(ui, "down").scroll == 1
    assert press(ui, "page down").scroll == 6
    assert press(ui, "end").scroll == 14
    assert press(replace(ui, scroll=14), "down").scroll == 14
    assert press(replace(ui, scroll=14), "home").scroll == 0
    assert press(replace(ui, total=3), "down").scroll == 0


@pytest.mark.parametrize(("key", "panel"), [("e", "events"), ("f", "figures"), ("r", "servers")])
def test_the_key_of_a_panel_leads_there_and_back(key: str, panel: str) -> None:
    there = press(Ui(scroll=3), key)
    assert (there.panel, there.scroll) == (panel, 0)
    assert press(there, key).panel == "people"


def test_to_sort_or_to_filter_leads_to_what_is_sorted_or_filtered() -> None:
    assert press(Ui(panel="events"), "s").panel == "people"
    assert press(Ui(panel="figures"), "/").panel == "people"
    assert press(Ui(panel="events"), "/").panel == "events"


def test_any_key_leaves_the_help_and_does_nothing_else() -> None:
    assert press(Ui(shows_help=True), " ") == Ui()


def test_an_unknown_key_changes_nothing() -> None:
    assert press(Ui(), "x") == Ui()
    assert press(Ui(), "") == Ui()


# --- the filter ----------------------------------------------------------------------------------


def test_letters_go_into_the_filter_and_do_nothing_else() -> None:
    ui = press(Ui(scroll=3), "/")
    for key in ("q", " ", "S", "?", "/", "ü", "backspace"):
        ui = press(ui, key)
    assert ui == Ui(is_typing=True, filter="q S?/")
    assert press(ui, "enter") == Ui(filter="q S?/")
    assert press(ui, "escape") == Ui()


def test_escape_clears_a_filter_that_was_kept() -> None:
    assert press(Ui(filter="ali", scroll=2), "escape") == Ui()


def test_the_filter_goes_on_where_it_was() -> None:
    assert press(press(Ui(filter="al"), "/"), "i").filter == "ali"


def test_arrows_scroll_also_while_it_is_typed() -> None:
    assert press(Ui(is_typing=True, page=2, total=5), "down").scroll == 1


def test_control_characters_and_endless_text_stay_out_of_the_filter() -> None:
    ui = Ui(is_typing=True)
    for key in ["\x01", "\x1b[A", *"x" * 99]:
        ui = press(ui, key)
    assert ui.filter == "x" * 40


# --- time and order ------------------------------------------------------------------------------


def test_t_goes_from_ten_minutes_to_an_hour_to_a_day_and_back() -> None:
    ui, seen = Ui(), []
    for _ in range(4):
        seen.append(SPANS[ui.span])
        ui = press(ui, "t")
    assert seen == [600, 3600, 86_400, 600]


def test_s_goes_through_all_orders_and_a_click_on_a_column_takes_its_own() -> None:
    ui, seen = Ui(), []
    for _ in range(6):
        seen.append(ui.sort)
        ui = press(ui, "s")
    assert seen == ["name", "since", "messages", "messages/s", "bytes", "outbox"]
    assert press(Ui(panel="events", scroll=3), "sort by bytes") == Ui(sort="bytes")


def test_the_wheel_scrolls_three_rows_and_stops_at_both_ends() -> None:
    ui = Ui(page=6, total=11)
    assert press(ui, "wheel down").scroll == 3
    assert press(replace(ui, scroll=3), "wheel down").scroll == 5
    assert press(replace(ui, scroll=2), "wheel up").scroll == 0
