"""The picture: it fits every size, says what is true, and shows what matters first."""

import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from monitor.changes import INCREASES, LEVELS, OF_A_SHARED_ROOM, RATES
from monitor.drawing import ASCII, UNICODE
from monitor.history import History, Moment
from monitor.scene import SORTS, Picture, Scene, Style, Ui
from monitor.view import render
from shared.status import Person, RoomServer, Snapshot, parse_snapshot
from tests.monitor.samples import QUIET, changed, crowd

NOON = 1_700_000_000.0


def at(seconds: float) -> Moment:
    """A moment, `seconds` after the check began."""
    return Moment(seconds, NOON + seconds)


def scene(*snapshots: Snapshot, width: int = 80, height: int = 24, **ui: object) -> Scene:
    """What is seen two seconds after the last of these readings, which are five apart."""
    history = History()
    for number, snapshot in enumerate(snapshots):
        history.succeed(snapshot, at(5.0 * number))
    return Scene(
        address="127.0.0.1:12346",
        figures=history.figures,
        current=history.figures,
        ui=Ui(**ui),  # type: ignore[arg-type]
        now=at(5.0 * len(snapshots) - 3),
        width=width,
        height=height,
    )


def gone(*snapshots: Snapshot, seconds: float = 12.0, **more: object) -> Scene:
    """The same, `seconds` after the server was first found gone."""
    history = History()
    for snapshot in snapshots:
        history.succeed(snapshot, at(0))
    history.fail("Nothing listens there.", at(5))
    shown = scene(QUIET, **more)  # type: ignore[arg-type]
    return replace(shown, figures=history.figures, current=history.figures, now=at(5 + seconds))


def lines(picture: Picture) -> list[str]:
    """The rows without their styles."""
    return ["".join(span.text for span in row).rstrip() for row in picture.rows]


def shown(scene: Scene) -> str:
    """The whole picture as one text."""
    return "\n".join(lines(render(scene)))


# --- every size, every text ----------------------------------------------------------------------

_texts = st.text(max_size=30)
_counts = st.integers(0, 2**63 - 1)
_times = st.floats(-1e11, 2e11)
_people = st.builds(Person, _texts, _texts, _times, _counts, _counts)
_servers = st.builds(
    RoomServer,
    _texts,
    st.booleans(),
    *[_counts] * 4,
    *[st.floats(0, 2e11)] * 2,
    st.frozensets(_texts),
)
_snapshots = st.builds(
    Snapshot,
    server=_texts,
    pid=_counts,
    started=_times,
    time=_times,
    people_now=_counts,
    max_people=_counts,
    public_messages=_counts,
    bytes_in=_counts,
    bytes_out=_counts,
    refused=_counts,
    resident_bytes=st.none() | _counts,
    cpu_seconds=st.none() | st.floats(0, 1e11),
    unknown=st.frozensets(st.sampled_from([each.name for each in fields(Snapshot)])),
    hub_lag_seconds=st.none() | st.floats(0, 2e11),
    hub_outages=_counts,
    servers=st.just(()) | st.lists(_servers, max_size=5).map(tuple),
    people=st.lists(_people, max_size=5).map(tuple),
)


@given(
    st.lists(_snapshots, max_size=3),
    st.integers(1, 300),
    st.integers(1, 80),
    st.builds(
        Ui,
        is_paused=st.booleans(),
        shows_help=st.booleans(),
        panel=st.sampled_from(["people", "events", "figures", "servers"]),
        sort=st.sampled_from(SORTS),
        filter=_texts,
        is_typing=st.booleans(),
        scroll=st.integers(0, 10),
    ),
    st.sampled_from([UNICODE, ASCII]),
    st.text(max_size=50),
)
def test_the_picture_fits_whatever_the_size_and_whatever_the_server_sent(
    snapshots: list[Snapshot], width: int, height: int, ui: Ui, glyphs: object, problem: str
) -> None:
    whole = replace(scene(*snapshots, width=width, height=height), ui=ui, glyphs=glyphs)  # type: ignore[arg-type]
    if problem:
        history = History()
        history.fail(problem, at(0))
        failed = replace(whole.figures, problem=problem, gone_since=at(0))
        whole = replace(whole, figures=failed, current=failed)
    picture = render(whole)
    assert 1 <= len(picture.rows) <= height
    for row in lines(picture):
        assert 0 <= wcswidth(row) <= width, row  # -1 would be a control character


@pytest.mark.parametrize("number", [0, 1, 5, 500])
def test_the_footer_is_the_last_row_at_every_height(number: int) -> None:
    for height in range(5, 81):
        rows = lines(render(scene(changed(people=crowd(number)), height=height)))
        assert len(rows) == height
        assert rows[-1].startswith(" q quit")


# --- what is shown -------------------------------------------------------------------------------


BUSY = changed(
    public_messages=160,
    private_messages=12,
    deliveries=400,
    bytes_in=5_000,
    bytes_out=72_000,
    joins=13,
    slow_disconnected=21,
    refused=22,
    log_errors=23,
    log_lines_dropped=20,
    console_lines_dropped=4,
    log_lines_waiting=25,
    resident_bytes=42_000_000,
    cpu_seconds=61.25,
)
"""What QUIET became within five seconds, in which it used a quarter of a processor."""

QUIET_BEFORE = changed(resident_bytes=41_000_000, cpu_seconds=60.0)


def figure(text: str, label: str) -> str:
    """What stands behind a label, up to the next column or the end of its row."""
    found = re.search(rf"^.* {label}  *(.*)$", text, re.MULTILINE)
    assert found, f"no {label!r} in:\n{text}"
    return found[1]


def test_the_dashboard_at_80x24() -> None:
    text = shown(scene(QUIET_BEFORE, BUSY))
    for words in (
        "127.0.0.1:12346  phase4 0.1.0  pid 4711",
        "ALARM · 2 s old",
        "peak 8 of 1,000",
        "public 2.0 · private 1.0",
        "public 160 · private 12",
        "max 3.0/s",
        "3 people, by name",
    ):
        assert words in text
    details = text.partition("in detail")[2]
    for label, told in (
        ("up", "3 h 04 min"),
        ("cpu", "25 %"),
        ("memory", "42.0 MB"),
        ("threads", "9"),
        ("delivered", "20.0/s"),
        ("in", "200 B/s    5.0 kB"),
        ("out", "4.0 kB/s   72.0 kB"),
        ("joined", "13"),
        ("too slow", "21"),
        ("turned away", "22"),
        ("log errors", "23"),
        ("lines dropped", "24"),
    ):
        assert figure(details, label).startswith(told), label


@pytest.mark.parametrize(("width", "height"), [(80, 24), (72, 24), (300, 80), (60, 22)])
def test_f_shows_every_figure_with_its_history_and_their_maximum(width: int, height: int) -> None:
    text = shown(scene(QUIET_BEFORE, BUSY, width=width, height=height, panel="figures"))
    assert "up 3 h 04 min, the last 30 s" in text
    for label, now, highest in (
        ("people", "3", "3"),
        ("joined", "13", "1"),
        ("public", "2.0/s", "2.0/s"),
        ("private", "1.0/s", "1.0/s"),
        ("delivered", "20.0/s", "20.0/s"),
        ("in", "200 B/s", "200 B/s"),
        ("out", "4.0 kB/s", "4.0 kB/s"),
        ("cpu", "25 %", "25 %"),
        ("memory", "42.0 MB", "42.0 MB"),
        ("threads", "9", "9"),
        ("log waiting", "25", "25"),
        ("too slow", "21", "21"),
        ("turned away", "22", "22"),
        ("log errors", "23", "23"),
        ("lines dropped", "24", "24"),
    ):
        figures = text.partition("the last 30 s")[2]
        told = figure(figures, label)
        assert told.startswith(f"{now} "), label
        assert re.search(rf"×█+ max {highest}$", told) or label in LEVELS, label
        assert re.search(rf"█ max {highest}$", told), label


def test_in_a_wide_terminal_f_shows_also_what_it_adds_up_to() -> None:
    text = shown(scene(QUIET_BEFORE, BUSY, panel="figures"))
    assert figure(text, "delivered").startswith("20.0/s         400 ")
    assert figure(text, "cpu").startswith("25 %  1 min 01 s ")
    assert figure(text, "people").startswith("3      peak 8 ")


@pytest.mark.parametrize(
    ("width", "height"), [(100, 30), (120, 40), (200, 50), (300, 80), (80, 40)]
)
def test_where_there_is_room_every_figure_has_its_sparkline_beside_the_people(
    width: int, height: int
) -> None:
    text = shown(scene(QUIET_BEFORE, BUSY, width=width, height=height))
    own = {*LEVELS, *RATES, *INCREASES} - OF_A_SHARED_ROOM
    for label in own - {"messages"}:  # those are in the chart
        assert re.search(rf" {label} +[\d.,]+( %|/s| k?M?B(/s)?)? .*█ max ", text), label
    assert "Alice" in text


def test_a_sparkline_begins_at_zero_and_says_its_maximum() -> None:
    snapshots = [changed(people_now=each) for each in (100, 50, 0)]
    text = shown(scene(*snapshots, panel="figures", width=200))
    assert re.search(r" people +0 +peak 8 +█+▅+▁+ max 100$", text, re.MULTILINE)


def test_the_figures_scroll_where_they_do_not_fit() -> None:
    top = render(scene(QUIET, height=20, panel="figures"))
    assert top.total == 16
    assert top.page == 12
    low = shown(scene(QUIET, height=20, panel="figures", scroll=99))
    assert "lines dropped" in low
    assert " people  " not in low


def test_what_the_server_does_not_tell_is_a_dash_and_never_a_zero() -> None:
    bare = parse_snapshot(b'{"chat_status": 1, "people_now": 1, "people": [{"name": "Ann"}]}')
    for panel in ("people", "figures"):
        for width, height in ((80, 24), (120, 40), (40, 12)):
            text = shown(scene(bare, bare, width=width, height=height, panel=panel))
            assert "–" in text
            told = re.sub(r"LIVE.*|127.*|.*people.*|.*(events|max).*", "", text)
            assert not re.search(r"(?<![\d:])0(?!\d)", told), text
            assert panel == "figures" or height < 20 or re.search(r" Ann +– +– +–", text)
    assert lines(render(scene(bare, bare, width=20, height=3)))[1] == "– messages"


def test_no_list_is_not_the_same_as_nobody() -> None:
    nobody = changed(people=(), people_now=0)
    assert "nobody is here" in shown(scene(nobody))
    assert "no list of people" in shown(scene(replace(nobody, unknown=frozenset({"people"}))))
    assert "no list of people" in shown(scene(replace(nobody, people_now=3)))
    assert "people 1 to 6 of 5,000" in shown(scene(changed(people=crowd(50), people_now=5000)))
    assert "3 of 5 people, by name" in shown(scene(changed(people_now=5)))


def test_the_version_stands_in_the_bar() -> None:
    bar = lines(render(scene(changed(server="talker", server_version="2.7"))))[0]
    assert "talker  version 2.7  pid 4711" in bar
    assert "version" not in lines(render(scene(changed(server_version="0.1.0"))))[0]


def test_the_large_figures_are_those_of_the_snapshot() -> None:
    rows = lines(render(scene(changed(people_now=471))))
    assert [row[:20].rstrip() for row in rows[3:6]] == [
        " █ █ ▀▀█ ▀█",
        " ▀▀█   █  █",
        "   ▀   ▀ ▀▀▀",
    ]


@pytest.mark.parametrize(("width", "height", "rows"), [(80, 60, 3), (100, 30, 5), (300, 80, 10)])
def test_the_large_figures_grow_with_the_terminal(width: int, height: int, rows: int) -> None:
    drawn = lines(render(scene(changed(people_now=1), width=width, height=height)))
    tile = [row[: width // 4] for row in drawn[3 : 3 + rows]]
    assert all(set(row) <= set(" █▀▄") and row.strip() for row in tile)
    assert drawn[3 + rows].startswith(" peak 8")


def test_a_figure_that_is_too_long_for_its_size_is_drawn_smaller() -> None:
    many = changed(public_messages=8_888_888, private_messages=0)
    drawn = lines(render(scene(many, width=100, height=30)))
    assert [row[64:].rstrip() for row in drawn[4:7]] == [
        " █▀█ █▀█ █▀█ █▀█ █▀█ █▀█ █▀█",
        " █▀█ █▀█ █▀█ █▀█ █▀█ █▀█ █▀█",
        " ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀",
    ]


def test_a_figure_that_is_too_large_to_be_drawn_large_is_written() -> None:
    assert "12.3 M" in shown(scene(changed(public_messages=12_345_678, private_messages=0)))


def test_of_totals_that_do_not_fit_the_rarer_is_shown_whole() -> None:
    many = changed(public_messages=40_431, private_messages=70_073)
    assert " of these, private 70,073\n" in shown(scene(many, width=80))
    assert "public 40,431 · private 70,073" in shown(scene(many, width=90))


def test_trouble_stands_out() -> None:
    def style_of(snapshot: Snapshot) -> Style:
        rows = render(scene(snapshot)).rows
        row = next(row for row in rows if any("log errors" in span.text for span in row))
        spans = list(row)
        index = next(i for i, span in enumerate(spans) if "log errors" in span.text)
        return spans[index + 1].style

    assert style_of(QUIET) is Style.GOOD
    assert style_of(changed(log_errors=1)) is Style.BAD


def test_a_log_that_cannot_be_written_is_said_in_a_sentence() -> None:
    text = shown(scene(changed(log_errors=3, log_lines_waiting=40, log_lines_dropped=2)))
    assert "The server's log had 3 errors; 40 lines wait, 2 are lost." in text


# --- truth ---------------------------------------------------------------------------------------


def test_a_server_that_is_gone_is_said_with_since_when_and_the_last_figures_stay() -> None:
    text = shown(gone(QUIET))
    assert "GONE 12 s · 17 s old" in text
    assert "Gone since " in text
    assert "Nothing listens there." in text
    assert "peak 8 of 1,000" in text


def test_the_figures_of_a_server_that_is_gone_do_not_shine() -> None:
    bright = {Style.PEOPLE, Style.MESSAGES, Style.STRONG}
    for width, height in ((80, 24), (40, 12)):
        live = render(scene(QUIET, width=width, height=height)).rows
        assert any(span.style in bright for row in live for span in row if span.text.strip())
        dead = render(gone(QUIET, width=width, height=height)).rows
        assert not [span for row in dead for span in row if span.style in bright]


def test_a_long_sentence_is_wrapped_where_the_figures_can_spare_the_rows() -> None:
    high = lines(render(gone(QUIET, width=40, height=12)))
    assert high[1].endswith("Nothing listens")
    assert high[2] == " there."
    low = lines(render(gone(QUIET, width=40, height=6)))
    assert low[1].endswith("Nothing listens …")
    assert low[2].startswith(" people      3")


def test_a_server_that_never_answered_is_said_without_figures() -> None:
    text = shown(gone())
    assert "GONE 12 s" in text
    assert "old" not in text.splitlines()[0]
    assert "peak" not in text


def test_an_answer_that_is_overdue_is_said() -> None:
    late = replace(scene(QUIET), now=at(60))
    assert "LATE · 1 min 00 s old" in shown(late)
    assert "overdue" in shown(late)


def test_a_shorter_interval_does_not_make_an_answer_overdue_that_was_not_due() -> None:
    changed_now = replace(scene(QUIET), now=at(60), interval_since=at(59))
    assert "LIVE · 1 min 00 s old" in shown(changed_now)
    assert "LATE" in shown(replace(changed_now, now=at(70)))


def test_a_restart_is_said_for_a_minute() -> None:
    restarted = scene(QUIET, Snapshot(pid=1, joins=1))
    assert "The server was restarted" in shown(restarted)
    assert "The server was restarted" not in shown(replace(restarted, now=at(66)))


def test_while_paused_the_age_grows_and_a_server_that_is_gone_is_said_too() -> None:
    paused = replace(gone(QUIET), figures=scene(QUIET).figures, ui=Ui(is_paused=True))
    text = shown(paused)
    assert "PAUSED · 17 s old" in text
    assert "Gone since " in text


def test_the_stamp_changes_with_the_seconds_and_not_between() -> None:
    now = scene(QUIET)
    assert replace(now, now=at(2.9)).stamp == now.stamp
    assert replace(now, now=at(3.0)).stamp != now.stamp
    assert replace(now, ui=Ui(sort="since")).stamp != now.stamp
    assert replace(now, width=81).stamp != now.stamp


def test_scenes_with_the_same_stamp_have_the_same_picture() -> None:
    for whole in (scene(QUIET), scene(QUIET, Snapshot(pid=1)), gone(QUIET)):
        pictures: dict[object, Picture] = {}
        for quarter in range(320):
            moved = replace(whole, now=at(whole.now.monotonic + quarter / 4))
            picture = pictures.setdefault(str(moved.stamp), render(moved))
            assert render(moved) == picture


# --- small terminals -----------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(71, 24), (40, 10), (80, 15), (30, 5)])
def test_where_it_is_small_the_most_important_figures_stay(width: int, height: int) -> None:
    text = shown(scene(QUIET, width=width, height=height))
    assert "LIVE" in text
    assert "people      3" in text
    assert "messages/s" in text


@pytest.mark.parametrize(("width", "height"), [(20, 3), (20, 1), (29, 50), (200, 2)])
def test_a_tiny_terminal_has_one_useful_line(width: int, height: int) -> None:
    assert lines(render(scene(QUIET, QUIET, width=width, height=height)))[0] == "3 people 0.0/s 2 s"


def test_a_tiny_terminal_says_first_that_the_server_is_gone() -> None:
    assert lines(render(gone(QUIET, width=20, height=1)))[0].startswith("▼ GONE 12 s")
