"""Batches of servers of the checks, without the ceremony."""

from collections.abc import Iterable

from phase4.hub.events import Event
from phase4.hub.operations import Batch, Enter, Operation, Reenter, Rename, decode, encode
from phase4.hub.state import State

TIME = 1_700_000_000.0


def enter(*names: str, proof: str = "", account: str = "", others: Iterable[str] = ()) -> Enter:
    """Somebody wants to come in under one of these names."""
    return Enter(triples(*names), "192.0.2.1", names[0], proof, account, triples(*others))


def reenter(*names: str, since: float, proof: str = "", account: str = "") -> Reenter:
    """Somebody who came in at that time wants to have one of these names again."""
    return Reenter(triples(*names), "192.0.2.1", names[0], proof, account, since)


def rename(old: str, *names: str) -> Rename:
    """Somebody wants another name, one of these."""
    return Rename(old, triples(*names))


def triples(*names: str) -> list[list[str]]:
    """Names with their folds and looks, from "name/fold/look", or "name" where all are the same."""
    return [each.split("/") if "/" in each else [each, each, each] for each in names]


class Servers:
    """Counts the batches of several servers, and has a state apply them, as bytes."""

    def __init__(self, state: State | None = None) -> None:
        self.state = State() if state is None else state
        self.numbers: dict[str, int] = {}

    def entry(self, server: str, *operations: Operation) -> bytes:
        """The next batch of a server, not applied."""
        self.numbers[server] = self.numbers.get(server, 0) + 1
        return encode(server, self.numbers[server], operations)

    def do(self, server: str, *operations: Operation, time: float = TIME) -> list[Event]:
        """The next batch of a server, and what has happened by it."""
        return applied(self.state, [self.entry(server, *operations)], time)


def applied(state: State, entries: Iterable[bytes], time: float = TIME) -> list[Event]:
    """What has happened by these entries, in this order."""
    return [event for each in entries for _, event in state.apply(decode(each), time)]


def check(state: State) -> None:
    """What holds of every state, whatever has led to it."""
    people = [*state.people.values()]
    assert [*state.people] == [each.fold for each in people]
    assert state._looks == {each.look: each.fold for each in people}
    assert len({each.look for each in people}) == len(people)
    assert {each.server for each in people} <= {*state.servers}
    assert all(each.name and each.fold and each.look for each in people)
    assert not any(state.is_dead(each) for each in state.servers)
    assert all(each.since <= state.time for each in people)
    assert len({each.entry for each in people}) == len(people)
    shown = {(each, person.fold) for person in people for each in person.shown}
    assert {(each, fold) for each, folds in state._shown.items() for fold in folds} == shown
    assert all(state._shown.values())
    assert state._arrivals == {each.arrival: each.fold for each in people}


def batch(server: str, number: int, *operations: Operation | None) -> Batch:
    """A batch that was not written as bytes."""
    return Batch(server, number, operations)
