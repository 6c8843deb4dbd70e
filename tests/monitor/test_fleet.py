"""Several servers: the sums above, a row for each, and a way into each and back."""

import re
from dataclasses import replace

import pytest

from monitor.drawing import ASCII
from monitor.fleet import press_fleet, render_fleet
from monitor.history import History
from monitor.scene import Scene, Style, Ui
from shared.text import cells
from tests.kit.harness import free_port
from tests.kit.terminal import Terminal
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer
from tests.monitor.test_view import at, gone, lines, scene, shown

BUSY = changed(people_now=40, public_messages=1150, private_messages=7, pid=2)
BUSIER = replace(BUSY, public_messages=1200)


def fleet(width: int = 100, height: int = 30, **ui: object) -> list[Scene]:
    """Two servers that are well, and one that is gone."""
    scenes = [
        replace(scene(QUIET, QUIET, width=width, height=height), address="one:1"),
        replace(scene(BUSY, BUSIER, width=width, height=height), address="two:2"),
        replace(gone(QUIET, width=width, height=height), address="three:3"),
    ]
    return [replace(each, ui=Ui(**ui), now=at(12)) for each in scenes]  # type: ignore[arg-type]


def row_of(rows: list[str], address: str) -> str:
    """The row of a server in the table."""
    return next(row for row in rows if re.match(rf" [ ›] {address} ", row))


def test_the_sums_are_those_of_the_servers_that_answer() -> None:
    rows = lines(render_fleet(fleet(height=11)))
    assert " 43 people  10.0 messages/s  1,364 messages" in rows


def test_the_sums_are_large_where_there_is_room_and_say_of_how_many_they_are() -> None:
    rows = lines(render_fleet(fleet()))
    assert rows[2].split() == ["PEOPLE", "MESSAGES", "A", "SECOND", "MESSAGES"]
    assert "\n".join(rows).count("of 2 of 3 servers") == 3


def test_each_server_has_a_row_with_how_it_stands() -> None:
    rows = lines(render_fleet(fleet()))
    assert re.search(r"one:1 +● LIVE +3 +0\.0 +157 ", row_of(rows, "one:1"))
    assert re.search(r"two:2 +● LIVE +40 +10\.0 +1,207 ", row_of(rows, "two:2"))
    assert re.search(r"three:3 +▼ GONE 7 s +– +– +– ", row_of(rows, "three:3"))


def test_the_bar_has_the_colour_of_the_worst_and_counts() -> None:
    picture = render_fleet(fleet())
    assert {span.style for span in picture.rows[0]} == {Style.BAD_BAR}
    assert "3 servers" in lines(picture)[0]
    assert "2 LIVE · 1 GONE" in lines(picture)[0]
    assert "three:3: Gone since " in lines(picture)[1]
    plain = [replace(each, glyphs=ASCII) for each in fleet()]
    assert "2 LIVE | 1 GONE" in lines(render_fleet(plain))[0]
    well = render_fleet(fleet()[:2])
    assert {span.style for span in well.rows[0]} == {Style.LIVE_BAR}


def test_what_happened_last_says_where() -> None:
    history = History()
    history.succeed(QUIET, at(0))
    history.succeed(changed(people=QUIET.people[1:], people_now=2), at(5))
    moved = [replace(each, figures=history.figures, current=history.figures) for each in fleet()]
    assert lines(render_fleet([moved[0], fleet()[1]]))[1].endswith(" one:1: Alice left")


def test_where_it_is_very_narrow_a_sign_still_tells_how_each_stands() -> None:
    addressed = [
        replace(each, address=f"127.0.0.{number}:12346")
        for number, each in enumerate(fleet(20, 6), start=1)
    ]
    rows = lines(render_fleet(addressed))
    assert "› 127.0.0.1:12346 ●" in rows[3]
    assert "127.0.0.2:12346 ●" in rows[4]


def test_below_the_servers_stands_what_happened_at_all_of_them_the_newest_first() -> None:
    rows = lines(render_fleet(fleet()))
    title = next(number for number, row in enumerate(rows) if " what happened " in row)
    assert re.search(r"three:3 +the server is gone$", rows[title + 1])
    assert not any(" what happened " in row for row in lines(render_fleet(fleet(height=14))))


@pytest.mark.parametrize("number", [2, 3, 32])
@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (20, 3), (20, 5), (40, 8), (80, 24), (300, 80)]
)
def test_it_fits_every_size_and_the_chosen_row_is_in_sight(
    number: int, width: int, height: int
) -> None:
    for chosen in (0, number - 1):
        scenes = [
            replace(fleet(width, height, row=chosen)[each % 3], address=f"server{each}:1")
            for each in range(number)
        ]
        rows = lines(render_fleet(scenes))
        assert len(rows) <= height
        assert all(cells(row) <= width for row in rows)
        if width >= 20 and height >= 3:
            assert any(row.startswith(f" › server{chosen}:1"[:width]) for row in rows)


def test_arrows_choose_enter_and_a_number_and_a_click_open() -> None:
    ui = press_fleet(Ui(), "down", 3)
    assert ui.row == 1
    assert press_fleet(ui, "enter", 3).opened == 2
    assert press_fleet(Ui(), "3", 3).opened == 3
    assert press_fleet(Ui(), "4", 3) == Ui()
    assert press_fleet(Ui(row=2), "down", 3).row == 2
    assert press_fleet(Ui(row=0), "wheel up", 3).row == 0
    assert press_fleet(Ui(), "e", 3) == Ui()
    picture = render_fleet(fleet())
    y = next(y for y, row in enumerate(lines(picture)) if "two:2" in row)
    assert press_fleet(Ui(), picture.key_at(y, 5), 3).opened == 2


def test_on_a_terminal_a_server_is_opened_and_left_and_another_goes() -> None:
    with StatusServer(QUIET) as one:
        with StatusServer(BUSY) as two:
            where = ("--status", one.address, "--status", two.address, "--status", one.address)
            options = ("--interval", "0.2", "--background", "dark", "--no-bell")
            terminal = Terminal("-m", "monitor", *where, *options, columns=100)
            terminal.until("2 servers.*2 LIVE")
            terminal.until(rf"› {one.address} +● LIVE +3 ")
            terminal.until(rf"  {two.address} +● LIVE +40 ")
            terminal.press("\x1bOB\r")
            terminal.until(rf" {two.address} +phase4(.|\n)*Esc all")
            terminal.press("\x1b")
            terminal.until(rf"› {two.address} +● LIVE +40 ")
        with terminal:
            terminal.until(rf"› {two.address} +▼ GONE")
            terminal.until(r"1 LIVE · 1 GONE")
            terminal.until(rf"{two.address}: Gone since .*Nothing listens there")
            terminal.press("q")
            assert terminal.wait() == 0
            terminal.assert_restored()


def test_with_no_server_it_says_how_to_start_one() -> None:
    where = f"127.0.0.1:{free_port()}"
    options = ("--interval", "0.2", "--background", "dark")
    with Terminal("-m", "monitor", "--status", where, *options) as terminal:
        terminal.until("Start a server: +python -m phase4.server")
        terminal.until("python -m phase4.demo")
        with StatusServer(QUIET, port=int(where.rpartition(":")[2])):
            terminal.until("LIVE")
            terminal.until(lambda: "Start a server" not in terminal.text)


def test_on_another_machine_it_says_what_to_start_there() -> None:
    elsewhere = replace(gone(), address="192.0.2.7:12346")
    assert "Start it there:  python -m phase4.server --status-host 0.0.0.0" in shown(elsewhere)
