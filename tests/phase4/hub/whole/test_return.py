"""Whoever comes back after the end of their server gets their name, at another one."""

from contextlib import closing

from phase4.hub.engine import open_engine
from phase4.hub.operations import Enter, Leave, Operation, decode
from tests.kit.engines import RedisProcess
from tests.kit.hub import Servers, join, together
from tests.phase4.hub.asking import all_of


def test_a_name_is_free_soon_after_a_kill_though_the_engine_was_restarted_before(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start("one", "--hub-lease", "60"), servers.start("two", "--hub-lease", "60")
    alice, bob = together([one, two], "Alice", "Bob")
    with alice, bob:
        a_redis.restart()
        bob.send("hello", "/ping back")  # which is answered when the hello has come back
        bob.skip_to(r".* Pong back")
        servers.kill("one")
        with join(two, "Alice") as again:
            assert again.name == "Alice"


def _operations(engine: RedisProcess) -> list[tuple[str, Operation]]:
    """All that servers have said, each with its place: as an arrival is written."""
    with closing(open_engine(engine.url, room="chat", server="looker")) as looking:
        batches = [decode(each.data) for each in all_of(looking)]
    return [
        (f"{each.server}#{each.number}.{place}", operation)
        for each in batches
        for place, operation in enumerate(each.operations)
        if operation is not None
    ]


def test_whoever_leaves_says_which_of_their_connections_has_ended(
    servers: Servers, a_redis: RedisProcess
) -> None:
    """So one that is lost while another of theirs is let in does not end that one."""
    one = servers.start("one")
    with join(one, "Alice") as alice, join(one, "Bob") as bob:
        alice.hear(f"* {bob.name} joined")
        alice.send("/nick Amy", "/quit")
        bob.skip_to(r".* \* Amy left")
    told = _operations(a_redis)
    [arrival] = [
        place for place, each in told if isinstance(each, Enter) and each.wanted == "Alice"
    ]
    [left] = [each for _, each in told if isinstance(each, Leave)][:1]
    assert left.speaker == arrival
