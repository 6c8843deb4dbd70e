"""Engines that are killed, frozen, filled or emptied: what all of them promise the room then."""

import contextlib
import os
import sys
from collections.abc import Callable
from functools import partial

import pytest

from phase4.hub import postgres_connection, redis_connection
from phase4.hub.engine import Engine, EngineDown
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import PostgresProcess, RedisProcess, SmallDiskPostgres, find_programs
from tests.kit.harness import SECONDS, free_port, wait_until
from tests.phase4.hub.asking import FOR_EVER, all_of, append_many, data_of, goes_down, is_waiting
from tests.phase4.hub.threads import Threads

KILLS = int(os.environ.get("ENGINE_KILLS", "1"))
"""Of each engine. The long form: ENGINE_KILLS=20 python -m pytest THIS_FILE -k kill"""


pytestmark = pytest.mark.usefixtures("patient")


def test_what_was_appended_outlives_a_kill_in_the_middle_of_it(hub: Hub, threads: Threads) -> None:
    engine, position = hub.open(), ""
    for number in range(KILLS):
        appended: list[bytes] = []
        end = threads.submit(append_until_down, engine, appended)
        wait_until(partial(appended.__getitem__, slice(20, None)), "some are appended")
        hub.process.restart()
        end.result(SECONDS)
        kept = all_of(hub.open(f"reads {number}"), position)
        position = kept[-1].position
        assert data_of(kept)[: len(appended)] == appended
        assert len(kept) - len(appended) in (0, 1)  # the last was kept, and its writer not told


def append_until_down(engine: Engine, appended: list[bytes]) -> None:
    """Append, and note what was taken."""
    with contextlib.suppress(EngineDown):
        while True:
            data = f"{len(appended)}".encode()
            engine.append(data)
            appended.append(data)


def test_a_snapshot_outlives_a_kill_and_the_last_one_counts(hub: Hub) -> None:
    engine = hub.open()
    assert engine.load() is None
    for snapshot in (b"first", bytes(range(256)) * 1000):
        engine.save(snapshot)
    hub.process.restart()
    assert hub.open().load() == bytes(range(256)) * 1000


def test_while_the_engine_is_away_every_call_says_so_and_then_works_again(hub: Hub) -> None:
    engine = hub.open()
    engine.append(b"before")
    position = engine.span()[1]
    hub.process.kill()
    for call in calls_of(engine):
        goes_down(call)
    for call in calls_of(engine):
        assert goes_down(call) == "Connection refused"
    hub.process.start()
    engine.append(b"after")
    assert data_of(engine.read(position, 0)) == [b"after"]
    for call in calls_of(engine):
        call()


def calls_of(engine: Engine) -> list[Callable[[], object]]:
    """All that need the engine."""
    return [
        *(lambda: engine.append(b"a"), lambda: engine.read("", 0), engine.span, engine.load),
        *(lambda: engine.save(b"s"), lambda: engine.is_connected("one"), engine.check),
    ]


def test_a_frozen_engine_is_given_up_in_time_and_works_again_when_it_goes_on(
    hub: Hub, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_connection, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(postgres_connection, "CONNECT_SECONDS", 2.0)
    engine = hub.open()  # it keeps these, for each time that it connects
    monkeypatch.setattr(redis_connection, "ANSWER_SECONDS", 5.0)
    engine.append(b"before")
    engine.is_connected("one")
    newest = engine.read("", 0)[-1].position
    end = threads.submit(engine.read, newest, FOR_EVER)
    wait_until(lambda: is_waiting(hub, "one"), "the reader waits")
    with monkeypatch.context() as impatient:
        hub.process.freeze()
        for module in (redis_connection, postgres_connection):
            impatient.setattr(module, "ANSWER_SECONDS", 0.5)
        assert goes_down(lambda: end.result(SECONDS)).startswith("it did not answer within ")
        # The first over the connection that there was, the second over a new one.
        for call in (lambda: engine.append(b"perhaps"), lambda: engine.append(b"not")):
            assert goes_down(call).startswith("it did not answer within ")
        assert goes_down(lambda: engine.is_connected("one")).startswith("it did not answer")
        hub.process.thaw()
    engine.append(b"after")
    data = data_of(engine.read("", 0))
    assert data in ([b"before", b"after"], [b"before", b"perhaps", b"after"])


def test_an_engine_that_comes_back_empty_gives_no_position_twice(hub: Hub) -> None:
    engine = hub.open()
    append_many(engine, "a", 3)
    engine.save(b"snapshot")
    before = engine.span()[1]
    hub.process.empty()
    with contextlib.suppress(EngineDown):  # to notice that the connection is gone
        engine.span()
    assert engine.span() == ("", "")
    assert engine.load() is None
    with contextlib.suppress(EngineDown):
        engine.append(b"noticed")
    engine.append(b"new")
    assert all(engine.is_before(before, each) for each in engine.span())
    assert data_of(all_of(engine, before))[-1] == b"new"


def test_a_full_redis_takes_nothing_and_is_read_all_the_same(redis_process: RedisProcess) -> None:
    with Hub(redis_process) as hub:
        engine = hub.open()
        engine.append(b"before")
        redis_process.fill()
        try:
            assert goes_down(lambda: engine.append(b"too much")) == "its memory is full"
            assert goes_down(lambda: engine.save(b"too much")) == "its memory is full"
            assert data_of(engine.read("", 0)) == [b"before"]
        finally:
            redis_process.drain()
        engine.append(b"after")
        assert data_of(engine.read("", 0)) == [b"before", b"after"]


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="root mounts a small disk, on Linux"
)
def test_a_postgresql_whose_disk_is_full_takes_nothing_and_is_read_all_the_same(
    need: Callable[..., None],
) -> None:
    find_programs()
    need(*SmallDiskPostgres.programs)
    with SmallDiskPostgres() as process, Hub(process) as hub:
        engine = hub.open()
        engine.append(b"before")
        process.fill()
        too_much = os.urandom(1_000_000)  # nothing of it can be compressed
        for _ in range(2):
            assert goes_down(lambda: engine.append(too_much)) == "its disk is full"
        assert goes_down(lambda: engine.save(too_much)) == "its disk is full"
        assert data_of(engine.read("", 0)) == [b"before"]
        process.drain()
        engine.append(b"after")
        assert data_of(engine.read("", 0)) == [b"before", b"after"]


def test_a_redis_that_became_a_replica_is_connected_to_anew(redis_process: RedisProcess) -> None:
    """As its name may lead to the new master by then."""

    def numbers() -> set[str]:
        clients = [each for each in client.client_list() if each["name"].startswith("hub:")]
        return {each["id"] for each in clients}

    with Hub(redis_process) as hub, redis_process.client() as client:
        engine = hub.open()
        engine.append(b"before")
        first = numbers()
        client.replicaof("127.0.0.1", str(free_port()))
        try:
            reason = goes_down(lambda: engine.append(b"not"))
        finally:
            client.replicaof("NO", "ONE")
        assert reason == "it is a replica, to which nobody may write"
        engine.append(b"after")
        assert first
        assert not first & numbers()
        assert data_of(engine.read("", 0)) == [b"before", b"after"]


@pytest.mark.parametrize("loss", ["DROP TABLE", "TRUNCATE"])
def test_tables_that_somebody_removed_are_made_anew(
    postgres_process: PostgresProcess, loss: str
) -> None:
    with Hub(postgres_process) as hub:
        engine = hub.open()
        engine.append(b"before")
        postgres_process.execute(f"{loss} hub_room, hub_entry, hub_snapshot")
        assert goes_down(lambda: engine.append(b"lost")).startswith("its tables were ")
        engine.append(b"after")
        assert data_of(engine.read("", 0)) == [b"after"]


def test_many_servers_may_make_the_tables_at_once(
    postgres_process: PostgresProcess, threads: Threads
) -> None:
    with Hub(postgres_process) as hub:
        hub.open().check()
        for _ in range(5):
            postgres_process.execute("DROP TABLE hub_room, hub_entry, hub_snapshot")
            ends = [threads.submit(hub.open(f"{number}").check) for number in range(8)]
            for end in ends:
                end.result(SECONDS)
