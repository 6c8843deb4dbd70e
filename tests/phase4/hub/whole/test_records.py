"""What each engine keeps beside the stream (records_contract.py), killed or frozen in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from phase4.hub import line, postgres_connection, redis_connection
from phase4.hub.records import EngineDown, EngineUnfit, Place, Records, open_records
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import PASSWORD, PostgresProcess, RedisProcess
from tests.kit.harness import SECONDS

ALICE: Place = ("name", "alice")
BOB: Place = ("name", "bob")
COUNT: Place = ("count", "")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads of the check."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer, and a turn, are waited for so long as a busy machine may take, and no longer."""
    for module in (line, redis_connection, postgres_connection):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 1.0)


def test_what_one_server_writes_all_read(hub: Hub) -> None:
    one, other = hub.records("one"), hub.records("other")
    assert one.all("name") == {}
    values = {ALICE: b"\x00\xff\r\n", BOB: b"", ("name", "کاوه"): b"'; --"}
    assert one.change({}, {**values, ("else", "alice"): b"2"})
    assert other.all("name") == {key: value for (_, key), value in values.items()}
    assert other.some("name", ["bob", "carol", "alice"]) == {"bob": b"", "alice": b"\x00\xff\r\n"}
    assert other.some("name", []) == {}
    assert other.change({}, {ALICE: None, BOB: b"3"})
    assert one.some("name", ["alice", "bob"]) == {"bob": b"3"}
    assert one.all("else") == {"alice": b"2"}


def test_rooms_of_one_engine_share_nothing(hub: Hub) -> None:
    one, other = hub.records(), hub.records(room=f"{hub.room} and another")
    one.change({}, {ALICE: b"1"})
    assert other.all("name") == {}
    assert other.version("name") == 0


@pytest.mark.parametrize("wrong", [{ALICE: None}, {ALICE: b"2"}, {BOB: b"1"}, {BOB: b""}])
def test_where_one_expected_value_is_not_there_nothing_changes(
    hub: Hub, wrong: dict[Place, bytes | None]
) -> None:
    records = hub.records()
    records.change({}, {ALICE: b"1", COUNT: b"1"})
    before, version = records.all("name"), records.version("name")
    assert not records.change({COUNT: b"1", **wrong}, {ALICE: b"2", BOB: b"2", COUNT: None})
    assert (records.all("name"), records.version("name")) == (before, version)
    assert records.change({ALICE: b"1", BOB: None, COUNT: b"1"}, {BOB: b"2", ALICE: None})
    assert records.all("name") == {"bob": b"2"}


def test_a_version_grows_with_every_change_of_its_kind_by_anybody_and_no_other(hub: Hub) -> None:
    one, other = hub.records("one"), hub.records("other")
    assert one.version("name") == 0
    versions = []
    for each, value in ((one, b"1"), (other, b"2"), (one, None)):
        each.change({}, {ALICE: value})
        versions.append(one.version("name"))
        each.change({}, {COUNT: value})
        assert not each.change({ALICE: b"wrong"}, {ALICE: b"3"})
        assert other.version("name") == versions[-1]
    assert versions == sorted({*versions})


def _count(records: Records, times: int) -> int:
    """Raise two numbers together, so many times; how often somebody else was quicker."""
    failed = done = 0
    while done < times:
        value = records.some("count", [""]).get("")
        more = str(int(value or b"0") + 1).encode()
        if records.change({COUNT: value}, {COUNT: more, ("count", "again"): more}):
            done += 1
        else:
            failed += 1
    return failed


def test_of_many_threads_at_two_servers_no_change_is_lost_or_seen_half_done(
    hub: Hub, pool: ThreadPoolExecutor
) -> None:
    servers = [hub.records("one"), hub.records("other")]
    counting = [pool.submit(_count, servers[number % 2], 25) for number in range(6)]
    reader = hub.records("reader")
    while not all(each.done() for each in counting):
        seen = reader.all("count")
        assert seen.get("") == seen.get("again")
    assert reader.all("count") == {"": b"150", "again": b"150"}
    assert sum(each.result(SECONDS) for each in counting), "nobody was ever in anybody's way"


def test_a_kill_of_the_engine_loses_nothing_and_the_next_call_connects_anew(hub: Hub) -> None:
    records = hub.records()
    records.change({}, {ALICE: b"1"})
    version = records.version("name")
    hub.process.kill()
    for call in (lambda: records.all("name"), lambda: records.change({}, {ALICE: b"2"})):
        with pytest.raises(EngineDown):
            call()
    hub.process.start()
    assert records.all("name") == {"alice": b"1"}
    assert records.version("name") == version


def test_an_engine_that_was_killed_and_is_back_between_two_calls_fails_none(hub: Hub) -> None:
    records = hub.records()
    records.change({}, {ALICE: b"1"})
    hub.process.restart()
    assert records.change({ALICE: b"1"}, {ALICE: b"2"})
    hub.process.restart()
    assert records.all("name") == {"alice": b"2"}


def test_an_engine_that_comes_back_empty_gives_no_version_a_second_time(hub: Hub) -> None:
    records = hub.records()
    records.change({}, {ALICE: b"1"})
    version = records.version("name")
    hub.process.empty()
    assert records.version("name") == 0
    records.change({}, {ALICE: b"1"})
    assert records.version("name") > version


def test_a_frozen_engine_is_given_up_in_time_by_all_who_wait_for_it(
    hub: Hub, pool: ThreadPoolExecutor, impatient: None
) -> None:
    records = hub.records()
    records.change({}, {ALICE: b"1"})
    hub.process.freeze()
    reasons = []
    for each in [pool.submit(records.all, "name") for _ in range(8)]:
        with pytest.raises(EngineDown, match=r"did not answer|many wait") as caught:
            each.result(SECONDS)
        reasons.append(str(caught.value))
    assert "many wait for its answer" in reasons  # one after the other they would take 8 s
    hub.process.thaw()
    assert records.all("name") == {"alice": b"1"}


def test_to_close_wakes_whoever_waits_and_ends_it_for_good(
    hub: Hub, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (line, redis_connection, postgres_connection):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 100 * SECONDS)
    records = hub.records()
    records.change({}, {ALICE: b"1"})
    hub.process.freeze()
    waiting = [pool.submit(records.all, "name") for _ in range(2)]
    records.close()
    for each in waiting:
        with pytest.raises(EngineDown):
            each.result(SECONDS)
    hub.process.thaw()
    with pytest.raises(EngineDown):
        records.version("name")
    records.close()


def test_a_redis_user_needs_no_more_rights_than_the_sentence_names(
    redis_process: RedisProcess,
) -> None:
    with Hub(redis_process) as hub, redis_process.client() as client:
        hub.room = "records-of-ann"
        records = hub.records(url=f"redis://ann:s3cret@127.0.0.1:{redis_process.port}")
        few = ("on", "resetpass", ">s3cret", "resetkeys", "-@all", "+client", "+type")
        client.execute_command("ACL", "SETUSER", "ann", *few, f"~{hub.room}:*")
        sentence = _refused(records)
        assert "forbids the user ann" in sentence
        words = sentence.partition("redis-cli: ")[2].split()
        for lacks in ("eval", "hset", "hdel", "hget", "hgetall", "hmget"):
            client.execute_command(*words, f"-{lacks}")  # as it would be pasted, and one taken back
            assert _refused(records) == sentence
        client.execute_command(*words)
        records.check()
        assert records.change({ALICE: None}, {ALICE: b"1"})
        assert records.all("name") == records.some("name", ["alice"]) == {"alice": b"1"}


def test_a_key_of_another_program_is_left_alone(redis_process: RedisProcess) -> None:
    with Hub(redis_process) as hub, redis_process.client() as client:
        client.set(f"{hub.room}:records", "mine")
        assert f"The key {hub.room}:records holds what another program" in _refused(hub.records())
        assert client.get(f"{hub.room}:records") == b"mine"


def test_a_user_of_postgresql_who_may_not_write_reads_what_the_owner_has_to_type(
    postgres_process: PostgresProcess,
) -> None:
    with Hub(postgres_process) as hub:
        hub.records().check()
        postgres_process.execute(
            *("REVOKE CREATE ON SCHEMA public FROM public", "DROP ROLE IF EXISTS cleo"),
            f"CREATE ROLE cleo LOGIN PASSWORD '{PASSWORD}'",
        )
        records = hub.records(url=postgres_process.url_of("cleo", "postgres"))
        sentence = _refused(records)
        assert "forbids the user cleo" in sentence
        postgres_process.execute(sentence.partition("types: ")[2])
        records.check()
        assert records.change({}, {ALICE: b"1"})
        assert hub.records().all("name") == {"alice": b"1"}


@pytest.mark.parametrize("loss", ["DROP TABLE", "TRUNCATE"])
def test_tables_that_somebody_removed_are_made_anew(
    postgres_process: PostgresProcess, loss: str
) -> None:
    with Hub(postgres_process) as hub:
        records = hub.records()
        records.change({}, {ALICE: b"1"})
        postgres_process.execute(f"{loss} hub_record, hub_version")
        with pytest.raises(EngineDown, match="its tables were"):
            records.change({}, {ALICE: b"2"})
        assert records.change({ALICE: None}, {ALICE: b"3"})
        assert records.all("name") == {"alice": b"3"}


def test_a_full_redis_changes_nothing_and_says_so(redis_process: RedisProcess) -> None:
    with Hub(redis_process) as hub:
        records = hub.records()
        records.change({}, {ALICE: b"1", BOB: b"1"})
        redis_process.fill()
        try:
            for changes in ({ALICE: b"2"}, {ALICE: b"2", BOB: None}):
                with pytest.raises(EngineDown, match="its memory is full"):
                    records.change({}, changes)
        finally:
            redis_process.drain()
        assert records.all("name") == {"alice": b"1", "bob": b"1"}


def _refused(records: Records) -> str:
    """What its check says."""
    with pytest.raises(EngineUnfit) as caught:
        records.check()
    return str(caught.value)


def test_a_url_of_another_kind_is_refused_with_a_sentence() -> None:
    for url in ("", "mysql://", "redis", "redis://user:secret@[", "postgresql://a@b/c?d=e"):
        with pytest.raises(EngineUnfit, match=r"URL.*\.$") as caught:
            open_records(url, room="room", server="one")
        assert "secret" not in str(caught.value)
