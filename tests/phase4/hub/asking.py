"""What the checks of engines ask of them."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future

import psycopg
import pytest

from phase4.hub.engine import Engine, EngineDown, Entry
from phase4.hub.reasons import connection_name
from tests.kit.engine_fixtures import Hub
from tests.kit.engines import PASSWORD, PASSWORD_IN_A_URL, RedisProcess
from tests.kit.harness import SECONDS, wait_until
from tests.phase4.hub.threads import Threads

FOR_EVER = 100 * SECONDS


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


def append_many(engine: Engine, name: str, number: int) -> None:
    """Append entries with this name and their number."""
    for count in range(number):
        engine.append(f"{name} {count}".encode())


def waiting(hub: Hub, threads: Threads) -> tuple[Engine, Future[list[Entry]]]:
    """An engine, and a read in it that has begun to wait."""
    engine = hub.open("waits")
    end = threads.submit(engine.read, "", FOR_EVER)
    wait_until(lambda: is_waiting(hub, "waits"), "the reader waits")
    return engine, end


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
