"""Batches as bytes: what is written is read back, and whatever else comes harms nobody."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.hub.operations import (
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_SERVER_CHARACTERS,
    BadBatch,
    Batch,
    Beat,
    Begin,
    End,
    Operation,
    Order,
    Say,
    decode,
    encode,
)
from shared.safe_text import clean

LINE = st.text(max_size=20).map(clean)
"""What people can have said: sessions clean all that comes."""

NUMBER = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.none() | st.booleans() | NUMBER | LINE
OBJECT = st.dictionaries(LINE, VALUE | st.lists(VALUE, max_size=3), max_size=4)
OF_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: LINE,
    int: st.integers(0, MAX_NUMBER - 1),
    float: st.floats(0, 2e9),
    list[str]: st.lists(LINE, max_size=3),
    list[list[str]]: st.lists(st.lists(LINE, max_size=4), max_size=3),
    dict[str, Any]: OBJECT,
}
OPERATION = st.one_of(
    [
        st.tuples(*(OF_TYPE[hint] for hint in kind.__annotations__.values())).map(kind._make)
        for kind in get_args(Operation)
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=12,
)


def read(data: bytes) -> Batch | None:
    """The batch; None: it was refused, as it may be."""
    try:
        return decode(data)
    except BadBatch:
        return None


def entry(*operations: Any, **fields: Any) -> bytes:
    """An entry with these operations, as JSON has them."""
    values = {"v": 1, "server": "a:1", "number": 1, "ops": list(operations), **fields}
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(st.lists(OPERATION, max_size=5), st.integers(1, MAX_NUMBER - 1))
def test_what_is_written_is_read_back(operations: list[Operation], number: int) -> None:
    data = encode("host:4711.1", number, operations)
    assert decode(data) == Batch("host:4711.1", number, operations)
    assert b"\n" not in data


@pytest.mark.parametrize("text", ["\\n", '"', "\\\\n", "\\", '\\"', "\\u000a", "小"])
def test_what_looks_like_an_escape_is_said_as_it_was_typed(text: str) -> None:
    assert decode(encode("a:1", 1, [Say("ann", text)])).operations == [Say("ann", text)]


@given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
def test_whatever_an_entry_is_nothing_is_raised_but_that_it_is_bad(data: bytes) -> None:
    read(data)


@given(st.lists(JSON | st.tuples(st.sampled_from(["say", "enter", "beat", "order"]), JSON)))
def test_whatever_its_operations_are_a_batch_is_read_or_refused_as_a_whole(each: list[Any]) -> None:
    batch = read(entry(*each))
    assert batch is None or len(batch.operations) == len(each)


@given(st.data())
def test_an_entry_that_was_damaged_on_the_way_raises_nothing_else(data: st.DataObject) -> None:
    written = encode("a:1", 7, [Say("ann", 'a "b" \\ c'), Beat({"people": 1.5}), Begin(3)])
    place = data.draw(st.integers(0, len(written) - 1))
    damage = data.draw(st.binary(max_size=3))
    read(written[:place] + damage + written[place + data.draw(st.integers(0, 3)) :])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 100_000,
        entry()[:-1],
        b"\xef\xbb\xbf" + entry(),
        entry().decode().encode("utf-16"),
        entry().decode().encode("utf-32-le"),
        entry(["say", "ann", "\ud800"]),
        entry(["say", "ann", "\n"]),
        entry(["say", "ann", "\x1b[2J"]),
        entry(["say", "ann", "\x9b2J"]),
        entry(["say", "ann", "\x7f"]),
        entry(["say", "ann", "\u202e"]),
        entry(["say", "ann", "\u2028* Bob left"]),
        entry().replace(b"a:1", rb"\ud800"),
        entry().replace(b"a:1", rb"a\/1"),
        entry().replace(b"a:1", rb"\u0061:1"),
        entry(["begin", 10**30]),
        entry(["beat", {"lag": float("nan")}]),
        entry(["beat", {"lag": float("-inf")}]),
        entry(["beat", {"lag": 0}]).replace(b"0", b"1e999"),
        entry(["beat", {"lag": 0}]).replace(b"0", b"1" * 5000),
        entry(v=2),
        entry(v=True),
        entry(v=None),
        entry(server=""),
        entry(server="a" * (MAX_SERVER_CHARACTERS + 1)),
        entry(server=7),
        entry(number=0),
        entry(number=-1),
        entry(number=True),
        entry(number=1.0),
        entry(number="1"),
        entry(number=MAX_NUMBER),
        entry(ops={}),
        entry(ops=None),
        b"[1]",
    ],
)
def test_what_is_not_a_batch_is_refused(data: bytes) -> None:
    with pytest.raises(BadBatch):
        decode(data)


@pytest.mark.parametrize(
    "operation",
    [
        None,
        7,
        "say",
        {},
        [],
        [["say"], "ann", "hi"],
        ["dance", "ann"],
        ["Say", "ann", "hi"],
        ["say", "ann"],
        ["say", "ann", "hi", "there"],
        ["say", "ann", 7],
        ["say", ["ann"], "hi"],
        ["enter", "ann", "192.0.2.1", "ann", ""],
        ["resume", "proof", 1.0],
        ["resume", 7, 1],
        ["handover", "ann", "a#1.0", "proof", True, []],
        ["handover", "ann", "a#1.0", "proof", 0, "hi"],
        ["begin", True],
        ["begin", 1.0],
        ["beat", []],
        ["order", "ann", None],
    ],
)
def test_an_operation_that_is_not_understood_is_left_out_and_the_others_keep_their_places(
    operation: Any,
) -> None:
    batch = decode(entry(["say", "ann", "one"], operation, ["end"]))
    assert batch.operations == [Say("ann", "one"), None, End()]


@pytest.mark.parametrize("kind", ["beat", "order"])
def test_objects_in_objects_without_end_are_not_understood(kind: str) -> None:
    """Python reads them deeper than it can copy, compare or write them again."""
    fields = [] if kind == "beat" else ["ann"]
    deep: Any = 0
    for _ in range(MAX_DEPTH - 1):
        deep = {"figures": deep}
    assert decode(entry([kind, *fields, deep])).operations != [None]
    assert decode(entry([kind, *fields, {"figures": deep}])).operations == [None]
    deepest = b'{"f":' * 800 + b"0" + b"}" * 800
    data = entry([kind, *fields, {}]).replace(b"{}", deepest)
    assert read(data) in (None, Batch("a:1", 1, [None]))


@pytest.mark.parametrize("operation", [Beat({"lag": float("nan")}), Order("", {"s": float("inf")})])
def test_what_no_server_would_read_is_not_written(operation: Operation) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        encode("a:1", 1, [operation])
