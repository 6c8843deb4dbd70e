"""Servers that apply the same batches are alike, whenever they do it: an experiment of the page."""

import time

from phase4.hub.operations import Enter, Leave, Operation, Say, decode, encode
from phase4.hub.snapshot import to_bytes
from phase4.hub.state import State


def entered(name: str) -> Enter:
    fold = name.lower()
    return Enter([[name, fold, fold]], "127.0.0.1", name, "", "", [])


def written(server: str, *batches: Operation) -> list[bytes]:
    return [encode(server, number, [each]) for number, each in enumerate(batches, 1)]


ENTRIES = [
    entry
    for pair in zip(
        written("one", entered("Ann"), Say("ann", "hello"), Leave("ann", "")),
        written("two", entered("ANN"), entered("Bob"), Say("bob", "good morning")),
        strict=True,
    )
    for entry in pair
]
"""Two servers, in turn."""


def apply_all(state: State, entries: list[bytes]) -> State:
    for at, each in enumerate(entries):
        state.apply(decode(each), 1000.0 + at)
    return state


def all_of(state: State) -> bytes:
    return to_bytes(state, "", {})


def test_two_servers_are_alike_though_one_applies_later() -> None:
    early = all_of(apply_all(State(), ENTRIES))
    began = time.time()
    while time.time() == began:  # until the clock has gone on
        pass
    assert all_of(apply_all(State(), ENTRIES)) == early
