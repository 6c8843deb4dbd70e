"""Several servers with one room: a row for each, wherever figures are shown, and no sum twice."""

import doctest
import json
import re
from dataclasses import replace

import pytest

from monitor import changes, servers
from monitor.__main__ import main
from monitor.fleet import render_fleet
from monitor.history import History
from monitor.report import Seen, report
from monitor.view import render
from shared.status import RoomServer, Snapshot, parse_snapshot
from tests.kit.harness import ROOT
from tests.kit.terminal import Terminal
from tests.monitor.samples import QUIET, SHARED, changed
from tests.monitor.status_server import StatusServer
from tests.monitor.test_history import after, happened
from tests.monitor.test_view import at, lines, scene, shown

ONE, TWO, THREE = SHARED.servers
LATER = changed(
    SHARED,
    public_messages=1_050,
    hub_outages=2,
    servers=(replace(ONE, public_messages=160), replace(TWO, public_messages=740), THREE),
)
"""Five seconds later 50 more were said, 10 of them here."""

OTHER = changed(
    LATER, pid=2, servers=(replace(ONE, is_here=False), replace(LATER.servers[1], is_here=True))
)
"""What the second of these servers says, if it is asked."""


def many(number: int) -> Snapshot:
    """A room of so many servers."""
    rows = (RoomServer(f"box{each}:1", each == 0, 7) for each in range(number))
    return changed(SHARED, servers=tuple(rows))


def test_the_examples_in_it_are_true() -> None:
    assert doctest.testmod(servers).failed == doctest.testmod(changes).failed == 0


# --- the dashboard --------------------------------------------------------------------------------


def test_above_the_people_each_server_has_a_row() -> None:
    text = shown(scene(SHARED, LATER))
    assert "─ 3 servers, one room, hub 0.4 ms, away 3.5 s ─" in text
    assert re.search(r"^ one:12345 \(this\) +3 +2\.0 +160 +7 +0\.4 ms +3\.5 s$", text, re.MULTILINE)
    assert re.search(r"^ two:12345 +80 +8\.0 +740 +20 +1\.2 ms +0 s$", text, re.MULTILINE)
    assert re.search(r"^ three:12345 +37 +0\.0 +150 +0 +– +0 s$", text, re.MULTILINE)
    assert "people 1 to 1 of 3 at this server, by name" in text
    assert "peak 8 · 3 here" in text


def test_the_rows_on_the_monitors_page_are_those_that_it_draws() -> None:
    page = (ROOT / "monitor" / "README.md").read_text(encoding="utf-8")
    shown_there = re.search(r"^─ 3 servers, .*?(?=^```)", page, re.DOTALL | re.MULTILINE)
    assert shown_there
    assert shown_there[0] in shown(scene(SHARED, LATER)) + "\n"


@pytest.mark.parametrize("panel", ["people", "servers"])
def test_of_a_server_alone_there_is_no_row_and_no_key(panel: str) -> None:
    text = shown(scene(QUIET, width=120, height=40, panel=panel))
    assert not re.search("server|hub|one room", text)
    assert "3 people, by name" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (40, 12), (30, 8)])
def test_its_key_leads_to_all_of_them(width: int, height: int) -> None:
    top = render(scene(many(100), width=width, height=height, panel="servers"))
    assert top.total == 100
    assert any("box0:1 (this)" in row for row in lines(top))
    bottom = scene(many(100), width=width, height=height, panel="servers", scroll=100 - top.page)
    assert "box99:1" in shown(bottom)


def test_where_not_all_have_a_row_beside_the_people_the_title_says_how_to_see_them() -> None:
    text = shown(scene(many(12), width=120, height=40))
    assert "servers 1 to 6 of 12 (r: all), one room" in text
    assert "r servers" in text
    assert "box5:1" in text
    assert "box6:1" not in text


def test_figures_of_a_room_stand_with_all_others() -> None:
    text = shown(scene(SHARED, LATER, panel="figures", height=30))
    assert re.search(r" people here +3 ", text)
    assert re.search(r" messages here +2\.0/s ", text)
    assert re.search(r" hub lag +0\.4 ms ", text)
    assert re.search(r" hub away +2 .* max 1$", text, re.MULTILINE)


def test_an_outage_of_the_hub_is_told() -> None:
    assert "1 outage of the hub" in happened(after(SHARED, LATER))


def test_a_hub_that_is_away_now_is_said_above_all_figures() -> None:
    away = changed(LATER, hub_away_seconds=8.5)
    assert (
        "The hub cannot be reached: what people say waits" in lines(render(scene(LATER, away)))[1]
    )
    assert "cannot be reached" not in shown(scene(LATER, away, changed(away, joins=99)))


def test_a_server_that_is_gone_or_has_begun_anew_has_no_rate() -> None:
    begun = changed(LATER, servers=(LATER.servers[0], replace(TWO, public_messages=3)))
    assert after(SHARED, begun).server_paces == {"one:12345": 2.0}
    assert after(SHARED, begun).restarted is None


def test_people_who_come_to_another_server_are_not_told_as_if_they_came_here() -> None:
    came = changed(SHARED, people_now=121, servers=(ONE, replace(TWO, people_now=81), THREE))
    assert happened(after(SHARED, came)) == []
    left = changed(SHARED, people=SHARED.people[1:], servers=(replace(ONE, people_now=2), TWO))
    assert happened(after(SHARED, left)) == ["Alice left"]


def test_in_a_real_terminal_the_key_leads_there_and_back_and_a_name_writes_nothing() -> None:
    nasty = RoomServer("\x1b[2Jtwo\x07", False, 80)
    with StatusServer(changed(SHARED, servers=(ONE, nasty))) as server:
        options = ("--interval", "0.2", "--background", "dark", "--no-bell")
        with Terminal("-m", "monitor", "--status", server.address, *options) as terminal:
            terminal.until(r"2 servers, one room, hub 0\.4 ms(.|\n)*one:12345 \(this\) +3 ")
            terminal.until(r"two.? +80 ")
            terminal.press("r")
            terminal.until(lambda: "by name" not in terminal.text and "one room" in terminal.text)
            server.show(changed(SHARED, servers=(ONE, nasty, THREE)))
            terminal.until(r"3 servers, one room(.|\n)*three:12345 +37 ")
            terminal.press("r")
            terminal.until("at this server, by name")
            server.show(QUIET)
            terminal.until(lambda: "one room" not in terminal.text)
            terminal.press("q")
            assert terminal.wait() == 0
            terminal.assert_restored()


# --- several that are asked -----------------------------------------------------------------------


def histories() -> list[History]:
    """Of the first two servers, both asked twice."""
    both = []
    for snapshots in ((SHARED, LATER), (changed(OTHER, servers=(ONE, TWO)), OTHER)):
        history = History()
        for number, snapshot in enumerate(snapshots):
            here = snapshots[1].here
            rows = [replace(each, is_here=each.name == here.name) for each in snapshot.servers]  # type: ignore[union-attr]
            history.succeed(changed(snapshot, servers=tuple(rows)), at(5.0 * number))
        both.append(history)
    return both


def test_servers_of_one_room_are_added_up_and_the_room_is_not_counted_twice() -> None:
    scenes = [
        replace(scene(LATER, height=11), figures=each.figures, current=each.figures)
        for each in histories()
    ]
    assert " 83 people  10.0 messages/s  927 messages" in lines(render_fleet(scenes))


def test_the_page_adds_them_up_as_well() -> None:
    seen = [Seen(f"{number}:1", each.figures) for number, each in enumerate(histories())]
    told = report(seen, at(7), 5.0, with_names=False)
    assert (told["people"], told["pace"], told["messages"]) == ("83", "10.0", "927")
    assert told["below"]["messages"] == "public 900 · private 27"
    assert told["graphs"]["people"][-1] == 83
    assert {"label": "joined", "value": "12", "weight": ""} in told["details"]
    assert [each["people"] for each in told["servers"]] == ["3", "80"]


# --- the page, and text ---------------------------------------------------------------------------


def test_the_page_has_a_row_for_each_server_of_a_room() -> None:
    told = report([Seen("a:1", after(SHARED, LATER))], at(7), 5.0, with_names=False)
    assert told["people"] == "120"
    assert told["room"]["people"] == "120"
    one, two, three = told["room"]["servers"]
    assert (one["name"], one["is_here"], one["people"], one["pace"]) == (
        "one:12345",
        True,
        "3",
        "2.0",
    )
    assert (two["hub"], two["away"], three["hub"]) == ("1.2 ms", "0 s", "–")
    details = {each["label"]: each for each in told["details"]}
    assert details["hub lag"]["value"] == "0.4 ms"
    assert (details["hub away"]["value"], details["hub away"]["weight"]) == ("2", "bad")


def test_the_page_of_a_server_alone_speaks_of_no_room() -> None:
    told = report([Seen("a:1", after(QUIET, QUIET))], at(7), 5.0, with_names=False)
    assert told["room"] is None
    assert "hub" not in json.dumps(told)


def test_once_prints_the_servers_of_a_room(capsys: pytest.CaptureFixture[str]) -> None:
    with StatusServer(SHARED) as server:
        assert main(("--once", "--status", server.address)) == 0
        printed = capsys.readouterr().out.splitlines()
        assert main(("--json", "--status", server.address)) == 0
        assert parse_snapshot(capsys.readouterr().out.encode()) == SHARED
    assert "hub          0.4 ms (outages 1, away for 3.5 s)" in printed
    heading = next(number for number, row in enumerate(printed) if row.startswith("server "))
    titles = ["server", "people", "public", "private", "delivered", "hub", "away"]
    assert printed[heading].split() == titles
    assert printed[heading + 1].startswith("one:12345 (this) ")
    assert printed[heading + 3].split()[:2] == ["three:12345", "37"]


def test_once_says_nothing_of_a_hub_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with StatusServer(QUIET) as server:
        main(("--once", "--status", server.address))
    assert "hub" not in capsys.readouterr().out
