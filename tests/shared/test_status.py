"""The snapshot on the wire: what is written is read back, and nothing is believed unseen."""

import dataclasses
import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.defaults import MAX_STATUS_BYTES
from shared.status import (
    MAX_STATUS_PEOPLE,
    MAX_STATUS_SERVER_CHARACTERS,
    MAX_STATUS_SERVERS,
    Person,
    RoomServer,
    Snapshot,
    StatusError,
    format_snapshot,
    parse_snapshot,
)
from shared.version import VERSION
from tests.kit.harness import ROOT

FULL = Snapshot(
    server="phase4 0.1.0",
    server_version="0.1.0",
    pid=4711,
    started=1_700_000_000.5,
    up_seconds=60.0,
    time=1_700_000_060.5,
    people_now=2,
    people_peak=3,
    max_people=1000,
    joins=4,
    public_messages=10,
    private_messages=2,
    deliveries=20,
    bytes_in=300,
    bytes_out=4000,
    slow_disconnected=1,
    refused=5,
    log_errors=6,
    log_lines_waiting=7,
    log_lines_dropped=8,
    console_lines_dropped=9,
    threads=11,
    resident_bytes=12_000_000,
    cpu_seconds=1.25,
    hub_lag_seconds=0.0004,
    hub_away_seconds=3.5,
    hub_outages=2,
    servers=(
        RoomServer("one:12345", True, 2, 7, 1, 9, 0.0004, 3.5),
        RoomServer("two:12345", people_now=1),
    ),
    people=(Person("Ann", "127.0.0.1:5000", 1_700_000_001.0, 3, 0), Person("小明")),
)


def line(**fields: Any) -> bytes:
    """An answer of the right version, with these fields."""
    return json.dumps({"chat_status": 1, **fields}).encode()


def test_what_is_written_is_read_back() -> None:
    assert parse_snapshot(format_snapshot(FULL)) == FULL


def test_a_snapshot_is_one_line() -> None:
    text = format_snapshot(Snapshot(people=(Person("a\nb\u2028c"),)))
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert parse_snapshot(text).people[0].name == "a\nb\u2028c"


def test_every_field_but_the_version_may_be_missing_or_null() -> None:
    assert parse_snapshot(b'{"chat_status": 1}') == Snapshot()
    assert parse_snapshot(line(people=[{"name": "Ann"}])).people == (Person("Ann"),)
    nulls = dict.fromkeys(json.loads(format_snapshot(FULL)))
    assert parse_snapshot(json.dumps({**nulls, "chat_status": 1}).encode()) == Snapshot()
    assert parse_snapshot(line(people=[{"name": "Ann", "since": None}])).people == (Person("Ann"),)


def test_what_a_server_does_not_tell_is_known_to_be_unknown() -> None:
    fields = {each.name for each in dataclasses.fields(Snapshot)} - {"unknown"}
    assert parse_snapshot(b'{"chat_status": 1}').unknown == fields
    assert parse_snapshot(line(joins=0, threads=None)).unknown == fields - {"joins"}
    assert parse_snapshot(format_snapshot(FULL)).unknown == frozenset()
    no_memory = dataclasses.replace(FULL, resident_bytes=None)  # a system that does not say
    assert parse_snapshot(format_snapshot(no_memory)).unknown == {"resident_bytes"}


def test_what_a_server_does_not_tell_of_a_person_is_known_to_be_unknown() -> None:
    [ann] = parse_snapshot(line(people=[{"name": "Ann", "messages": 0, "since": None}])).people
    assert ann.unknown == {"address", "since", "outbox_bytes", "bytes_in"}
    written = json.loads(format_snapshot(Snapshot(people=(ann,))))
    assert written["people"] == [{"name": "Ann", "messages": 0}]


def test_what_a_server_does_not_tell_of_another_is_known_to_be_unknown() -> None:
    [one] = parse_snapshot(line(servers=[{"name": "one", "people_now": 0}])).servers
    assert one == RoomServer("one")
    figures = {"public_messages", "private_messages", "deliveries"}
    assert one.unknown == {"is_here", "hub_lag_seconds", "hub_away_seconds", *figures}
    written = json.loads(format_snapshot(Snapshot(servers=(one,))))
    assert written["servers"] == [{"name": "one", "people_now": 0}]


def test_those_who_are_here_are_all_where_there_is_one_server() -> None:
    assert Snapshot(people_now=7).people_here == 7
    assert FULL.people_here == 2
    assert FULL.here == FULL.servers[0]
    for row in ({"name": "two"}, {"name": "one", "is_here": True}):
        assert parse_snapshot(line(people_now=7, servers=[row])).people_here == 7


def test_what_is_unknown_is_not_written_as_if_it_were_known() -> None:
    some = line(joins=3, people=[])
    assert json.loads(format_snapshot(parse_snapshot(some))) == json.loads(some)
    assert json.loads(format_snapshot(parse_snapshot(line()))) == {"chat_status": 1}


def test_the_line_of_a_server_that_knows_no_version_nor_memory_is_read() -> None:
    """What `phase4` 0.1.0 answered before these fields were added."""
    old = json.loads(format_snapshot(FULL))
    newer = ("servers", "hub_lag_seconds", "hub_away_seconds", "hub_outages")
    for name in ("server_version", "resident_bytes", "cpu_seconds", *newer):
        del old[name]
    read = parse_snapshot(json.dumps(old).encode())
    assert (read.server_version, read.resident_bytes, read.cpu_seconds) == ("", None, None)
    assert (read.servers, read.hub_lag_seconds) == ((), None)
    assert read.joins == FULL.joins


def test_a_field_that_is_not_known_is_ignored() -> None:
    read = parse_snapshot(line(joins=1, moons=[2], people=[{"name": "Ann", "shoes": 43}]))
    assert read == Snapshot(joins=1, people=(Person("Ann"),))


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert parse_snapshot(line(joins=3.0)).joins == 3


def test_uptime_is_by_the_servers_own_clock_and_never_negative() -> None:
    assert FULL.uptime_seconds == 60.0
    assert Snapshot(started=100.0, time=50.0).uptime_seconds == 0.0


def test_uptime_does_not_follow_a_clock_that_is_set() -> None:
    """A small computer without a battery starts in 1970, and its clock is set a minute later."""
    assert Snapshot(started=10.0, time=1.8e9, up_seconds=60.0).uptime_seconds == 60.0
    assert parse_snapshot(line(started=10.0, time=1.8e9, up_seconds=60.5)).uptime_seconds == 60.5
    assert not parse_snapshot(line(started=10.0)).has_uptime


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "not JSON"),
        (b"* Enter your nickname:", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "no chat_status"),
        (b"{}", "no chat_status"),
        (b'{"chat_status": 2}', "version 2"),
        (b'{"chat_status": true}', "version True"),
        (b'{"chat_status": "1"}', "version '1'"),
    ],
)
def test_what_is_no_status_line_is_refused_in_a_sentence(answer: bytes, words: str) -> None:
    with pytest.raises(StatusError, match=words):
        parse_snapshot(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("people_now", -1),
        ("people_now", 1.5),
        ("people_now", True),
        ("people_now", "3"),
        ("people_now", 2**63),
        ("people_now", 1e300),
        ("people_now", float("nan")),
        ("people_now", float("inf")),
        ("started", "yesterday"),
        ("started", float("inf")),
        ("started", float("nan")),
        ("started", 10**400),
        ("started", 1e15),
        ("cpu_seconds", -0.5),
        ("resident_bytes", "12 MB"),
        ("server", 7),
        ("people", "Ann"),
        ("people", ["Ann"]),
        ("people", [{}]),
        ("people", [{"name": None}]),
        ("people", [{"name": 7}]),
        ("people", [{"name": "A" * 501}]),
        ("people", [{"name": "Ann", "address": "1" * 501}]),
        ("people", [{"name": "Ann", "messages": -1}]),
        ("hub_lag_seconds", -0.1),
        ("hub_lag_seconds", float("nan")),
        ("hub_outages", 0.5),
        ("servers", {"name": "one"}),
        ("servers", ["one"]),
        ("servers", [{}]),
        ("servers", [{"name": ""}]),
        ("servers", [{"name": 7}]),
        ("servers", [{"name": "a" * 501}]),
        ("servers", [{"name": "one", "people_now": -1}]),
        ("servers", [{"name": "one", "is_here": 1}]),
        ("servers", [{"name": "one", "is_here": "yes"}]),
        ("servers", [{"name": "one", "hub_lag_seconds": float("inf")}]),
        ("servers", [{"name": "one", "is_here": True}, {"name": "two", "is_here": True}]),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    with pytest.raises(StatusError):
        parse_snapshot(line(**{field: value}))


def test_the_sentence_stays_short_whatever_the_server_sent() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    for value in ("x" * 1_000_000, deep, list(range(100_000))):
        for answer in (line(pid=value), json.dumps({"chat_status": value}).encode()):
            with pytest.raises(StatusError) as raised:
                parse_snapshot(answer)
            assert len(str(raised.value)) < 120


def test_lists_nested_to_any_depth_end_in_a_sentence() -> None:
    for depth in range(700, 1100):
        nested = b"[" * depth + b"]" * depth
        with pytest.raises(StatusError):
            parse_snapshot(b'{"chat_status": 1, "pid": ' + nested + b"}")


def test_a_line_over_the_bound_is_refused_unread() -> None:
    whole = line(server="x" * (MAX_STATUS_BYTES - len(line(server=""))))
    assert len(parse_snapshot(whole).server) > MAX_STATUS_BYTES - 100
    with pytest.raises(StatusError, match="over 1,048,576 bytes"):
        parse_snapshot(whole + b" ")


def test_a_snapshot_fits_its_bound_however_many_people_there_are_and_whatever_their_names() -> None:
    """A name of 20 emoji is the longest on the wire: JSON writes each as a pair of escapes."""
    address = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
    longest = Person("\U0001f600" * 20, address, 1_700_000_000.123456, 10**12, 2**20, 10**12)
    server = RoomServer("\U0001f600" * 200, False, 10**6, *(10**12,) * 3, 0.1234567890123, 1e9 / 3)
    many = dataclasses.replace(FULL, people_now=9000, people=(longest,) * 9000)
    answer = format_snapshot(dataclasses.replace(many, servers=(server,) * 9000))
    assert len(answer) < MAX_STATUS_BYTES
    read = parse_snapshot(answer)
    assert (read.people_now, len(read.people)) == (9000, MAX_STATUS_PEOPLE)
    assert len(read.servers) == MAX_STATUS_SERVERS
    assert len(read.servers[0].name) == MAX_STATUS_SERVER_CHARACTERS


def test_of_more_people_than_there_may_be_the_first_are_read() -> None:
    read = parse_snapshot(line(people=[{"name": str(n)} for n in range(MAX_STATUS_PEOPLE + 1)]))
    assert [each.name for each in read.people] == [str(n) for n in range(MAX_STATUS_PEOPLE)]


def test_of_more_servers_than_there_may_be_the_first_are_read() -> None:
    rows = [{"name": str(number)} for number in range(MAX_STATUS_SERVERS + 1)]
    read = parse_snapshot(line(servers=rows))
    assert [each.name for each in read.servers] == [each["name"] for each in rows[:-1]]


def test_a_long_name_of_a_server_is_cut() -> None:
    [server] = parse_snapshot(line(servers=[{"name": "a" * 500}])).servers
    assert server.name == "a" * MAX_STATUS_SERVER_CHARACTERS


def test_the_version_is_the_one_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_fields = st.sampled_from([*Snapshot.__dataclass_fields__, "chat_status"])


@given(st.dictionaries(_fields, _json), _json)
def test_nothing_but_a_status_error_leaves_the_parser(fields: dict[str, Any], name: Any) -> None:
    answer = json.dumps({"chat_status": 1, "people": [{"name": name}], **fields}).encode()
    try:
        read = parse_snapshot(answer)
    except StatusError:
        return
    assert parse_snapshot(format_snapshot(read)) == read


@given(st.binary())
def test_bytes_of_any_kind_are_refused_in_a_sentence(answer: bytes) -> None:
    with pytest.raises(StatusError):
        parse_snapshot(answer)
