"""What every engine promises the room (phase4/hub/contract.py), and keeps while it is well."""

import subprocess
import sys
import time
from datetime import datetime

import psycopg
import pytest

from phase4.hub import postgres_engine, redis_engine
from phase4.hub.beginning import is_there
from phase4.hub.contract import just_before, order_of
from phase4.hub.engine import READ_ENTRIES, Engine, EngineDown, Entry
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import RedisProcess
from tests.kit.harness import ROOT, SECONDS, environment, wait_until
from tests.phase4.hub.asking import FOR_EVER, all_of, append_many, data_of, goes_down, waiting
from tests.phase4.hub.threads import Threads

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def only_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that waits does not ask again by itself: without a call it waits for ever."""
    for module in (redis_engine, postgres_engine):
        monkeypatch.setattr(module, "ASK_AGAIN_SECONDS", FOR_EVER)


# --- one order -----------------------------------------------------------------------------------


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


def test_a_position_of_the_other_engine_stands_where_its_time_does(hub: Hub) -> None:
    """So a room that moves to another engine reads on."""
    engine = hub.open()
    engine.append(b"a")
    (entry,) = engine.read("", 0)
    milliseconds = int(entry.time * 1000)
    for number in ("0", "999", "123456"):
        before, after = f"{milliseconds - 5}-{number}", f"{milliseconds + 5}-{number}"
        assert engine.is_before(before, entry.position)
        assert engine.is_before(entry.position, after)
        assert engine.read(before, 0) == [entry]
        assert engine.read(after, 0) == []
    for nonsense in ("12", "a-b", "1-2-3"):
        with pytest.raises(ValueError, match="int"):
            engine.read(nonsense, 0)


def test_whether_an_entry_stands_at_a_position_is_known_wherever_it_stands(hub: Hub) -> None:
    engine = hub.open()
    append_many(engine, "a", 30)  # some in one millisecond
    positions = [each.position for each in all_of(engine)]
    assert all(is_there(engine, each) for each in positions)
    milliseconds, number = order_of(positions[0])
    assert not is_there(engine, just_before(positions[0]))
    assert not is_there(engine, f"{milliseconds + 10_000}-{number}")
    for nonsense in ("", "0-0", "12", "a-b", "1-2-3", f"{milliseconds}-{2**64}"):
        with pytest.raises(ValueError, match=r"int|position"):
            is_there(engine, nonsense)


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
    assert 100 <= len(kept) <= 200  # Redis removes a hundred at once, or none
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
