"""What every engine promises the room (contract.py), though it is killed, frozen or emptied."""

import contextlib
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from functools import partial

import psycopg
import pytest

from phase4.hub import postgres_connection, postgres_engine, redis_engine
from phase4.hub.engine import READ_ENTRIES, Engine, EngineDown, Entry
from phase4.hub.reasons import connection_name
from tests.kit.engines import PASSWORD, PASSWORD_IN_A_URL, PostgresProcess, RedisProcess
from tests.kit.harness import ROOT, SECONDS, environment, wait_until
from tests.phase4.hub.conftest import Hub
from tests.phase4.hub.threads import Threads

FOR_EVER = 100 * SECONDS

KILLS = int(os.environ.get("ENGINE_KILLS", "1"))
"""Of each engine. The long form: ENGINE_KILLS=20 python -m pytest THIS_FILE -k kill"""


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Threads of the check, which end with it."""
    threads = Threads()
    yield threads
    threads.join()


@pytest.fixture
def only_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that waits does not ask again by itself: without a call it waits for ever."""
    for module in (redis_engine, postgres_engine):
        monkeypatch.setattr(module, "ASK_AGAIN_SECONDS", FOR_EVER)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is waited for so long as a busy machine may take, and no longer."""
    for module in (redis_engine, postgres_connection):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 1.0)


def all_of(engine: Engine, after: str = "") -> list[Entry]:
    """All that is there behind a position."""
    entries: list[Entry] = []
    while read := engine.read(entries[-1].position if entries else after, 0):
        entries += read
    return entries


def data_of(entries: list[Entry]) -> list[bytes]:
    """What the entries hold."""
    return [entry.data for entry in entries]


def goes_down(call: Callable[[], object]) -> str:
    """The reason for which it fails. Nothing that is shown of it has the password."""
    with pytest.raises(EngineDown) as caught:
        call()
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown
    assert PASSWORD_IN_A_URL not in shown
    return str(caught.value)


def is_waiting(hub: Hub, server: str) -> bool:
    """Whether that server's reader waits in the engine, as the engine has it."""
    name = connection_name(hub.room, server)
    if isinstance(hub.process, RedisProcess):
        with hub.process.client() as client:
            return any(
                each["name"] == name and "b" in each["flags"] for each in client.client_list()
            )
    sql = (
        "SELECT FROM pg_stat_activity WHERE application_name = %s AND state = 'idle' AND query ~ %s"
    )
    with psycopg.connect(hub.process.url) as connection:
        return connection.execute(sql, (name, "SELECT position")).fetchone() is not None


# --- one order -----------------------------------------------------------------------------------


def append_many(engine: Engine, name: str, number: int) -> None:
    for count in range(number):
        engine.append(f"{name} {count}".encode())


def read_until(engine: Engine, number: int) -> list[Entry]:
    entries: list[Entry] = []
    while len(entries) < number:
        more = engine.read(entries[-1].position if entries else "", SECONDS)
        assert more, f"after {len(entries)} entries, none comes"
        entries += more
    return entries


def test_several_writers_at_once_are_read_by_all_in_one_order_while_they_write(
    hub: Hub, threads: Threads
) -> None:
    names = ("a", "b", "c", "d")
    readers = [threads.submit(read_until, hub.open(f"reads {n}"), 200) for n in (1, 2)]
    writers = [threads.submit(append_many, hub.open(name), name, 50) for name in names]
    for writer in writers:
        writer.result(SECONDS)
    one, other = (reader.result(SECONDS) for reader in readers)
    assert one == other == all_of(hub.open())
    for name in names:
        mine = [data for data in data_of(one) if data.startswith(name.encode())]
        assert mine == [f"{name} {count}".encode() for count in range(50)]


def test_one_reads_on_from_a_position_without_loss_or_repetition(hub: Hub) -> None:
    engine = hub.open()
    append_many(engine, "a", 150)
    first = engine.read("", 0)
    assert len(first) == READ_ENTRIES
    rest = all_of(engine, first[-1].position)
    assert data_of(first + rest) == [f"a {count}".encode() for count in range(150)]
    assert engine.read(rest[-1].position, 0) == []
    positions = [entry.position for entry in first + rest]
    for before, after in zip(["", *positions], positions, strict=False):
        assert engine.is_before(before, after)
        assert not engine.is_before(after, before)
        assert not engine.is_before(after, after)


def test_the_span_goes_from_the_oldest_to_the_newest(hub: Hub) -> None:
    engine = hub.open()
    assert engine.span() == ("", "")
    append_many(engine, "a", 3)
    entries = all_of(engine)
    assert engine.span() == (entries[0].position, entries[2].position)


def test_an_entry_holds_any_bytes(hub: Hub) -> None:
    engine = hub.open()
    for data in (b"", bytes(range(256)), b"\r\n$-1\r\n", b"x" * 1_000_000):
        engine.append(data)
        assert all_of(engine)[-1].data == data


def test_the_time_is_the_engines_also_where_the_servers_clock_is_wrong(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = hub.open()
    before = clock_of(hub)
    true_time = time.time
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: true_time() - 86_400)
        engine.append(b"a")
        (entry,) = engine.read("", 0)
    assert before - 0.001 <= entry.time <= clock_of(hub)  # Redis cuts off what is below 1 ms


def clock_of(hub: Hub) -> float:
    """What the engine itself says is the time."""
    if isinstance(hub.process, RedisProcess):
        with hub.process.client() as client:
            seconds, microseconds = client.time()
            return float(seconds) + float(microseconds) / 1_000_000
    with psycopg.connect(hub.process.url) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment.timestamp()


def test_rooms_in_one_engine_know_nothing_of_each_other(hub: Hub) -> None:
    here, there = hub.open(), hub.open(room=hub.room + "'s neighbour: Köln/北京 %")
    here.append(b"here")
    here.save(b"of here")
    assert there.read("", 0) == []
    assert there.span() == ("", "")
    assert there.load() is None
    assert not there.is_connected("two")
    there.append(b"there")
    assert data_of(here.read("", 0)) == [b"here"]
    assert data_of(there.read("", 0)) == [b"there"]


def test_old_entries_are_removed_and_the_newest_stay(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (redis_engine, postgres_engine):
        monkeypatch.setattr(module, "KEEP_BATCHES", 100)
    monkeypatch.setattr(postgres_engine, "TRIM_EVERY", 50)
    engine = hub.open()
    append_many(engine, "a", 400)
    kept = all_of(engine)
    assert 100 <= len(kept) <= 250
    assert data_of(kept) == [f"a {count}".encode() for count in range(400 - len(kept), 400)]
    assert engine.span() == (kept[0].position, kept[-1].position)


# --- waiting -------------------------------------------------------------------------------------


def test_a_reader_that_waits_is_woken_by_each_entry(
    hub: Hub, threads: Threads, only_woken: None
) -> None:
    """Each answers the other, so one that was not woken once would hold up both for ever."""
    rounds = 20

    def play(engine: Engine, *, begins: bool) -> None:
        position = ""
        for count in range(2 * rounds):
            if (count % 2 == 0) == begins:
                engine.append(str(count).encode())
            entry = engine.read(position, FOR_EVER)[0]
            assert entry.data == str(count).encode()
            position = entry.position

    ends = [threads.submit(play, hub.open("one"), begins=True)]
    ends.append(threads.submit(play, hub.open("two"), begins=False))
    try:
        for end in ends:
            end.result(SECONDS)
    finally:
        hub.close()


def waiting(hub: Hub, threads: Threads) -> tuple[Engine, Future[list[Entry]]]:
    """An engine, and a read in it that has begun to wait."""
    engine = hub.open("waits")
    end = threads.submit(engine.read, "", FOR_EVER)
    wait_until(lambda: is_waiting(hub, "waits"), "the reader waits")
    return engine, end


def test_to_close_wakes_whoever_waits_and_ends_all_calls(
    hub: Hub, threads: Threads, only_woken: None
) -> None:
    engine, end = waiting(hub, threads)
    engine.close()
    assert goes_down(lambda: end.result(SECONDS)) == "it was closed"
    engine.close()
    for call in (engine.span, engine.load, lambda: engine.append(b"a"), engine.check):
        assert goes_down(call) == "it was closed"
    asking = hub.open("asks")
    wait_until(lambda: not asking.is_connected("waits"), "all connections are given back")


def test_a_reader_that_waits_in_redis_asks_once(
    redis_process: RedisProcess, threads: Threads, only_woken: None
) -> None:
    def asked() -> int:
        with redis_process.client() as client:
            return int(client.info("commandstats")["cmdstat_xread"]["calls"])

    with Hub(redis_process) as hub:
        _, end = waiting(hub, threads)
        before = asked()
        for _ in range(20):  # a fence: Redis does one thing after the other
            with redis_process.client() as client:
                client.ping()
        assert asked() == before
    with pytest.raises(EngineDown):
        end.result(SECONDS)


def test_one_may_close_what_never_connected(hub: Hub) -> None:
    hub.open().close()


# --- who is connected ----------------------------------------------------------------------------


def test_a_server_is_connected_from_its_first_word_until_it_closes(hub: Hub) -> None:
    asking, other = hub.open("asks"), hub.open("other")
    assert not asking.is_connected("other")
    other.append(b"a")
    assert asking.is_connected("other")
    assert not asking.is_connected("othe")
    other.close()
    wait_until(lambda: not asking.is_connected("other"), "it is gone")


def test_a_name_of_any_length_and_script_is_told_from_others(hub: Hub) -> None:
    asking, long = hub.open("asks"), "北京 " * 40
    hub.open(long).append(b"a")
    assert asking.is_connected(long)
    assert not asking.is_connected(long + "2")


PROGRAM = """
import sys
from phase4.hub.engine import open_engine
url, room = sys.stdin.readline().split("\\t")
engine = open_engine(url, room=room.rstrip("\\n"), server="dies")
engine.append(b"a")
print("appended", flush=True)
engine.read(engine.span()[1], 1000)
"""


def test_a_server_that_was_killed_is_connected_no_more(hub: Hub) -> None:
    asking = hub.open("asks")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(f"{hub.process.url}\t{hub.room}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "appended\n"
            assert asking.is_connected("dies")
        finally:
            process.kill()
    wait_until(lambda: not asking.is_connected("dies"), "its connections are gone")


# --- what becomes of engines ---------------------------------------------------------------------


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
    hub: Hub, threads: Threads, impatient: None
) -> None:
    engine = hub.open()
    engine.append(b"before")
    engine.is_connected("one")
    newest = engine.read("", 0)[-1].position
    end = threads.submit(engine.read, newest, FOR_EVER)
    wait_until(lambda: is_waiting(hub, "one"), "the reader waits")
    hub.process.freeze()
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
