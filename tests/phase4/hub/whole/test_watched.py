"""What is seen of several servers from outside: status, metrics, monitor. Each tells of all."""

import contextlib
import time

import pytest

from monitor.__main__ import main
from shared.status import Snapshot, parse_snapshot
from tests.kit.engines import RedisProcess
from tests.kit.harness import Peer, wait_until
from tests.kit.hub import HubChat, Servers, together
from tests.phase4.server.test_metrics import Metrics


def snapshot_of(server: HubChat) -> Snapshot:
    """What its status port says."""
    with Peer(server.status_host, server.status_port) as reader:
        return parse_snapshot(reader.read_bytes_until_end())


def told_of(server: HubChat, other: HubChat) -> tuple[int, int, int]:
    """What a server says of another one: its people, and what they have said."""
    port = f":{other.port}"
    row = next(each for each in snapshot_of(server).servers if each.name.endswith(port))
    return row.people_now, row.public_messages, row.private_messages


def test_while_nothing_comes_back_the_lag_grows_and_then_the_time_away(
    servers: Servers, a_redis: RedisProcess
) -> None:
    server = servers.start("one")
    wait_until(lambda: snapshot_of(server).hub_lag_seconds is not None, "that it is in the room")
    a_redis.freeze()
    wait_until(lambda: (snapshot_of(server).hub_lag_seconds or 0) > 0.5, "a lag that grows")
    wait_until(lambda: snapshot_of(server).hub_away_seconds > 0, "that the hub is away")
    assert snapshot_of(server).hub_outages == 1
    a_redis.thaw()

    def is_back() -> bool:
        before, after = snapshot_of(server), snapshot_of(server)
        return before.hub_away_seconds == after.hub_away_seconds

    wait_until(is_back, "that the hub is back")


def test_each_server_tells_what_is_the_rooms_and_what_is_whose(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    one = servers.start("one", "--metrics-port", "0")
    metrics = Metrics(one)
    two = servers.start("two")
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        ann, bob, _ = map(stack.enter_context, together([one, two], "Ann", "Bob", "Cat"))
        bob.send("hello", "/pm Ann hi", "/ping done")
        bob.skip_to(r".* Pong done")
        for each, other in ((one, two), (two, one)):
            wait_until(lambda at=each: told_of(at, two) == (1, 1, 1), "what was said at two")  # type: ignore[misc]
            people, *_ = told_of(each, one)
            snapshot = snapshot_of(each)
            assert (people, snapshot.people_now, snapshot.joins) == (2, 3, 3)
            assert snapshot.here == snapshot.servers[0]
            assert snapshot.servers[0].name.endswith(f":{each.port}")
            assert snapshot.servers[1].name.endswith(f":{other.port}")
            assert len(snapshot.people) == snapshot.people_here
            assert 0 < (snapshot.hub_lag_seconds or 0) <= time.monotonic() - began
            assert (snapshot.hub_outages, snapshot.hub_away_seconds) == (0, 0.0)
        values = metrics.values()
        assert (values["chat_people"], values["chat_server_people"], values["chat_servers"]) == (
            3,
            2,
            2,
        )
        assert values["chat_messages_total{kind=private}"] == 1
        assert values["chat_server_messages_total{kind=private}"] == 0
        assert values["chat_hub_lag_seconds"] > 0
        assert values["chat_hub_outages_total"] == values["chat_hub_away_seconds_total"] == 0
        assert main(["--once", "--status", f"{two.status_host}:{two.status_port}"]) == 0
        printed = capsys.readouterr().out
        assert f":{two.port} (this) " in printed
        assert f":{one.port} " in printed
        ann.send("/quit")
