"""A Redis that comes back without its last seconds: what was done in them is done again."""

from collections.abc import Iterator

import pytest

from phase4.accounts import recent
from phase4.accounts.errors import HubAway
from phase4.accounts.hub_store import HubStore
from phase4.accounts.recent import Recent
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import RedisProcess

AT = "2026-11-21 14:03:05"


class Memory:
    """What Redis had of a room at one moment."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        assert isinstance(hub.process, RedisProcess)
        self._process = hub.process
        with self._process.client() as client:
            self._kept = {key: client.dump(key) for key in self._keys(client)}

    def come_back(self) -> None:
        """Let Redis be killed, and come back as it was then."""
        self._process.restart()
        with self._process.client() as client:
            for key in self._keys(client):
                client.delete(key)
            for key, value in self._kept.items():
                client.restore(key, 0, value)

    def _keys(self, client: object) -> list[bytes]:
        return [*client.scan_iter(f"{self._hub.room}:*")]  # type: ignore[attr-defined]


@pytest.fixture
def hub(redis_process: RedisProcess) -> Iterator[Hub]:
    """PostgreSQL loses nothing."""
    with Hub(redis_process) as hub:
        yield hub


@pytest.fixture
def stores(hub: Hub) -> list[HubStore]:
    """Of two servers."""
    return [HubStore(hub.records("one")), HubStore(hub.records("other"))]


@pytest.mark.parametrize("first", [0, 1])
def test_what_was_lost_is_done_again_by_whoever_did_it_and_only_once(
    hub: Hub, stores: list[HubStore], first: int
) -> None:
    one, other = stores
    bob, carol = one.add("Bob", "old"), one.add("Carol", "of Carol")
    for each in stores:
        each.accounts()
        each.is_changed()
    before = Memory(hub)
    alice = one.add("Alice", "of Alice")
    other.keep(alice, AT, "Dora", "hi")
    one.keep(alice, AT, "Dora", "again")
    assert other.change(bob, "new")
    assert one.remove(carol)
    other.add("Dora", "of Dora")
    before.come_back()
    assert [each.name for each in HubStore(hub.records("looks")).accounts()] == ["Bob", "Carol"]
    for _ in range(2):
        for each in (stores[first], stores[1 - first], stores[first]):
            each.is_changed()
    kept = {each.name: each for each in one.accounts()}
    assert {name: each.stored for name, each in kept.items()} == {
        "Alice": "of Alice",
        "Bob": "new",
        "Dora": "of Dora",
    }
    assert sorted(each.text for each in other.letters(kept["Alice"])) == ["again", "hi"]


def test_what_was_not_lost_is_not_done_again_after_others_have_changed_it(
    hub: Hub, stores: list[HubStore]
) -> None:
    one, other = stores
    bob = one.add("Bob", "old")
    alice = one.add("Alice", "of Alice")
    one.keep(bob, AT, "Dora", "hi")
    assert one.change(bob, "new")
    [bob] = [each for each in other.accounts() if each.name == "Bob"]
    assert other.change(bob, "newer")
    other.forget_letters(bob, other.letters(bob)[0].number)
    other.remove(alice)
    hub.process.restart()
    for each in (one, other, one):
        each.is_changed()
    assert [(each.name, each.stored) for each in one.accounts()] == [("Bob", "newer")]
    assert one.letters(bob) == []


def test_only_what_was_done_shortly_before_is_looked_at_and_until_that_has_succeeded() -> None:
    now, looked = [0.0], []
    steps = Recent(1, lambda: now[0])
    fails = [True]

    def step() -> bool:
        looked.append(now[0])
        if fails:
            raise HubAway("it hung up")
        return True

    steps.done(lambda: bool(looked.append(-1.0)))  # type: ignore[func-returns-value]
    now[0] = recent.SECONDS + 1
    steps.look(1)  # the first is old, and forgotten
    steps.done(step)
    steps.look(1)
    assert looked == []
    with pytest.raises(HubAway):
        steps.look(2)
    fails.clear()
    now[0] += recent.SECONDS * 2  # the engine was away for long
    steps.look(2)
    assert len(looked) == 2
    steps.look(2)
    assert len(looked) == 2


def test_a_step_that_waits_for_another_server_is_tried_for_a_while_and_no_longer() -> None:
    now, looked = [0.0], []
    steps = Recent(1, lambda: now[0])

    def step() -> bool:
        looked.append(now[0])
        return False

    steps.done(step)
    for seconds in (0.0, recent.SECONDS - 1, recent.SECONDS + 1, recent.SECONDS + 2):
        now[0] = seconds
        steps.look(2)
    assert looked == [0.0, recent.SECONDS - 1, recent.SECONDS + 1]
