"""Whoever comes back after the end of their server gets their name, at another one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from phase4.hub.engine import open_engine
from phase4.hub.operations import Enter, Leave, Operation, decode
from phase4.hub.snapshot import from_bytes
from tests.conftest import Need
from tests.kit.chat import Person
from tests.kit.engines import PostgresProcess, RedisProcess, find_programs
from tests.kit.harness import wait_until
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


@pytest.fixture
def a_postgres(need: Need) -> Iterator[PostgresProcess]:
    """A PostgreSQL for one check: slower than Redis to take what it had lost."""
    find_programs()
    need(*PostgresProcess.programs, modules=["psycopg"])
    with PostgresProcess() as process:
        yield process


def test_a_server_that_dies_as_soon_as_the_room_is_back_goes_on_in_its_log_where_it_was(
    a_postgres: PostgresProcess, tmp_path: Path
) -> None:
    # Once the dead one is buried, the other saves the room's snapshot.
    with Servers(tmp_path, a_postgres, "--hub-lease", "3") as servers:
        one, two = servers.start("one"), servers.start("two")
        alice, bob = together([one, two], "Alice", "Bob")
        with alice, bob:
            a_postgres.kill()
            for each in (alice, bob):
                each.skip_to(r".* The room is away; .*")  # for long: all know
            a_postgres.empty()
            say(alice, "before the kill")
            say(bob, "before it, as well")
            servers.kill("one")
            say(bob, "while one is dead")
            wait_until(lambda: snapshot_said(a_postgres) == 4, "the room's snapshot has that, too")
            one = servers.start("one")
            say(bob, "after it")
            wait_until(lambda: len(one.messages()) == len(two.messages()), "one log")
        assert one.messages() == two.messages()


def snapshot_said(process: PostgresProcess) -> int:
    """How many messages the snapshot knows of, at which a server without a place begins."""
    with closing(open_engine(process.url, room="chat", server="looker")) as engine:
        snapshot = engine.load()
        return from_bytes(snapshot)[0].said if snapshot else 0


def say(person: Person, text: str) -> None:
    person.send(text, "/ping said")
    person.skip_to(r".* Pong said")
