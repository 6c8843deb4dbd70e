"""Snapshots: a state goes on as if it had never been written, and no false one is believed."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.hub.operations import Beat, Begin, Bury
from phase4.hub.snapshot import BadSnapshot, from_bytes, to_bytes
from phase4.hub.state import MAX_DEAD, MAX_SERVERS, MAX_TIME, State
from tests.phase4.hub.samples import TIME, Servers, check, enter
from tests.phase4.hub.test_operations import JSON


def a_room() -> State:
    """Three people at two servers; a third server is dead."""
    servers = Servers()
    servers.do("a", Begin(5), enter("Ann/ann/ann", proof="secret"), enter("Bob/bob/bob"))
    servers.do("b", enter("小明/小明/小明"), Beat({"deliveries": 7, "lag": 0.5}))
    servers.do("c", Begin(0))
    servers.do("a", Bury("c"), time=TIME + 1)
    return servers.state


SOUND: dict[str, Any] = json.loads(to_bytes(a_room(), "17-0", {"topic": "sockets"}))


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The snapshot of that room, after a change of its JSON."""
    values = copy.deepcopy(SOUND)
    change(values)
    return json.dumps(values).encode()


def state_with(**fields: Any) -> bytes:
    return changed(lambda values: values["state"].update(fields))


def first_person_with(**fields: Any) -> bytes:
    return changed(lambda values: values["state"]["people"][0].update(fields))


def test_what_is_written_is_read_back() -> None:
    state, position, more = from_bytes(to_bytes(a_room(), "17-0", {"topic": "sockets"}))
    check(state)
    assert (state, position, more) == (a_room(), "17-0", {"topic": "sockets"})
    assert [*state.people] == [*a_room().people]
    assert state.is_dead("c")


def test_what_newer_servers_add_is_left_out() -> None:
    data = changed(lambda values: (values.update(new=1), values["state"].update(new=[])))
    assert from_bytes(data)[0] == a_room()
    assert from_bytes(first_person_with(pronoun="they"))[0] == a_room()


DEEP: Any = 0
for _ in range(200):
    DEEP = {"deep": DEEP}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 100_000,
        b"[]",
        json.dumps(SOUND).encode("utf-16"),
        json.dumps(SOUND)[:-1].encode(),
        changed(lambda values: values.update(v=2)),
        changed(lambda values: values.update(v=True)),
        changed(lambda values: values.update(position=None)),
        changed(lambda values: values.update(position="1\n2")),
        changed(lambda values: values.update(more=[])),
        changed(lambda values: values.update(more=DEEP)),
        changed(lambda values: values.update(state=None)),
        changed(lambda values: values["state"].pop("said")),
        state_with(said="12"),
        state_with(said=1.5),
        state_with(said=True),
        state_with(said=-1),
        state_with(said=10**30),
        state_with(said=float("inf")),
        state_with(time=float("nan")),
        state_with(time=float("inf")),
        state_with(time=MAX_TIME),
        state_with(time="now"),
        state_with(time=TIME - 5),  # before somebody came
        state_with(people={}),
        state_with(people=["Ann"]),
        state_with(people=[{}]),
        state_with(people=SOUND["state"]["people"][:1] * 2),
        state_with(servers=[]),
        state_with(servers={"a": SOUND["state"]["servers"]["a"]}),  # b has people
        state_with(servers={**SOUND["state"]["servers"], "d": {"number": -1, "figures": {}}}),
        state_with(servers={**SOUND["state"]["servers"], "d": {"number": 1, "figures": DEEP}}),
        state_with(servers={**SOUND["state"]["servers"], "d": {"number": 1, "figures": []}}),
        state_with(servers={**SOUND["state"]["servers"], "d\n": {"number": 1, "figures": {}}}),
        state_with(servers={**SOUND["state"]["servers"], "d": 7}),
        state_with(
            servers={
                **SOUND["state"]["servers"],
                **{f"s{each}": {"number": 1, "figures": {}} for each in range(MAX_SERVERS)},
            }
        ),
        state_with(dead="abc"),
        state_with(dead=[7]),
        state_with(dead=[["c"]]),
        state_with(dead=["a"]),
        state_with(dead=[str(each) for each in range(MAX_DEAD + 1)]),
        first_person_with(name=""),
        first_person_with(name=7),
        first_person_with(name="Ann\nBob: hi"),
        first_person_with(name="\ud800"),
        first_person_with(fold=["ann"]),
        first_person_with(fold=""),
        first_person_with(fold="bob"),
        first_person_with(look="bob"),
        first_person_with(look=None),
        first_person_with(server="z"),
        first_person_with(server="c"),
        first_person_with(since="yesterday"),
        first_person_with(since=TIME + 86_400),
        first_person_with(proof=7),
    ],
)
def test_what_no_batches_can_have_led_to_is_refused(data: bytes) -> None:
    with pytest.raises(BadSnapshot):
        from_bytes(data)


def _places(values: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a value of JSON."""
    pairs = (
        values.items()
        if isinstance(values, dict)
        else enumerate(values)
        if isinstance(values, list)
        else ()
    )
    return [trail, *(each for key, value in pairs for each in _places(value, (*trail, key)))]


@given(st.sampled_from(_places(SOUND)[1:]), JSON)
def test_whatever_stands_at_a_place_it_is_refused_or_leads_to_a_sound_state(
    place: tuple[Any, ...], value: Any
) -> None:
    def put(values: Any) -> None:
        for key in place[:-1]:
            values = values[key]
        values[place[-1]] = value

    try:
        state, position, more = from_bytes(changed(put))
    except BadSnapshot:
        return
    check(state)
    assert from_bytes(to_bytes(state, position, more)) == (state, position, more)
