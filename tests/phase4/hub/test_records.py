"""What each engine keeps beside the stream (records_contract.py), killed or frozen in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from phase4.hub import line, postgres_connection, redis_connection
from phase4.hub.records import EngineDown, EngineUnfit, Place, Records, open_records
from tests.kit.engine_fixtures import Hub
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
    for each in [pool.submit(records.all, "name") for _ in range(8)]:
        with pytest.raises(EngineDown, match=r"did not answer|many wait"):
            each.result(SECONDS)
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


def test_a_url_of_another_kind_is_refused_with_a_sentence() -> None:
    for url in ("", "mysql://", "redis", "redis://user:secret@[", "postgresql://a@b/c?d=e"):
        with pytest.raises(EngineUnfit, match=r"URL.*\.$") as caught:
            open_records(url, room="room", server="one")
        assert "secret" not in str(caught.value)
