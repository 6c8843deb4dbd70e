"""What servers tell each other about themselves: wrong or missing, it is unknown, and no more."""

import doctest
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phase4.hub import figures
from phase4.hub.figures import ServerFigures, rows
from phase4.hub.operations import Beat, Begin, decode, encode
from shared.status import Snapshot, format_snapshot, parse_snapshot
from tests.phase4.hub.samples import Servers, enter
from tests.phase4.hub.test_operations import JSON

SOME = ServerFigures(3, 1, 40, 0.0004, 2.5)


def test_the_examples_in_it_are_true() -> None:
    assert doctest.testmod(figures).failed == 0


def test_what_is_told_with_a_sign_of_life_is_read_back() -> None:
    [beat] = decode(encode("a", 1, [Beat(SOME.to_json())])).operations
    assert isinstance(beat, Beat)
    assert ServerFigures.from_json(beat.figures) == SOME
    assert ServerFigures.from_json(ServerFigures().to_json()) == ServerFigures()


@pytest.mark.parametrize(
    "value", ["3", None, True, -1, 1.5, [3], float("nan"), float("inf"), 1e300, 10**30]
)
def test_a_figure_that_is_wrong_is_unknown_and_the_others_are_known(value: Any) -> None:
    told = ServerFigures.from_json({**SOME.to_json(), "deliveries": value, "new": {}})
    assert told == ServerFigures(3, 1, None, 0.0004, 2.5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_is_no_number_of_json_is_not_told(value: float) -> None:
    assert "hub_lag_seconds" not in ServerFigures(hub_lag_seconds=value).to_json()


@example({"hub_lag_seconds": 253402300800.0, "hub_away_seconds": 253402300799.0})
@given(JSON | st.dictionaries(st.sampled_from([*ServerFigures.__dataclass_fields__]), JSON))
def test_whatever_another_server_tells_the_status_is_sound(values: Any) -> None:
    servers = Servers()
    servers.do("a", Begin(0))
    servers.do("b", Begin(0))
    servers.state.servers["b"].figures = values
    snapshot = Snapshot(servers=rows(servers.state, "a", SOME))
    assert parse_snapshot(format_snapshot(snapshot)).servers == snapshot.servers


def test_there_is_a_row_for_each_server_and_the_first_is_the_one_that_was_asked() -> None:
    servers = Servers()
    servers.do("one:1-aa.1", Begin(0), enter("Ann"), Beat({"deliveries": 7, "people_now": 99}))
    servers.do("two:1-bb.1", Begin(0), enter("Ben"), enter("Cid"))
    two, one = rows(servers.state, "two:1-bb.1", SOME)
    assert (two.name, two.is_here, two.people_now, two.deliveries) == ("two:1", True, 2, 40)
    assert (one.name, one.is_here, one.people_now, one.deliveries) == ("one:1", False, 1, 7)
    assert one.unknown == {
        *("public_messages", "private_messages", "hub_lag_seconds", "hub_away_seconds")
    }
    assert json.loads(format_snapshot(Snapshot(servers=(one,))))["servers"] == [
        {"name": "one:1", "is_here": False, "people_now": 1, "deliveries": 7}
    ]


def test_a_server_that_is_not_known_yet_or_was_buried_has_its_row_all_the_same() -> None:
    servers = Servers()
    servers.do("a", Begin(0))
    assert [each.name for each in rows(servers.state, "b", SOME)] == ["b", "a"]


def test_servers_that_would_have_one_name_keep_what_tells_them_apart() -> None:
    servers = Servers()
    for name in ("one:1-aa.1", "one:1-bb.1", "two:1-cc.1"):
        servers.do(name, Begin(0))
    names = [each.name for each in rows(servers.state, "two:1-cc.1", SOME)]
    assert names == ["two:1", "one:1-aa.1", "one:1-bb.1"]
