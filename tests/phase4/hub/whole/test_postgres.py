"""The same failures with PostgreSQL as the engine: one story, told once."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.engines import PostgresProcess, find_programs
from tests.kit.hub import (
    IS_AWAY,
    IS_BACK,
    LONG_LEASE_SECONDS,
    SHORT_LEASE_SECONDS,
    Servers,
    Talker,
    crowd,
    talking,
    tells_one_story,
    wait_for_more,
)

Harm = Callable[[PostgresProcess, Servers, list[Talker]], None]
IS_LOST = r".* left \(server lost\)"


@pytest.fixture
def postgres(need: Callable[..., None]) -> Iterator[PostgresProcess]:
    """An engine for one check, which may do with it what it likes."""
    find_programs()
    need(*PostgresProcess.programs, modules=["psycopg"])
    with PostgresProcess() as process:
        yield process


def restart(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """It is killed, and started again."""
    engine.restart()


def empty(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """It comes back without what it had."""
    engine.empty()


def freeze(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """It hangs for long."""
    engine.freeze()
    _wait_for(IS_AWAY, talkers)
    engine.thaw()
    _wait_for(IS_BACK, talkers)


def cut_off(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """A server is cut off for longer than its lease."""
    servers.cables["two"].cut()
    _wait_for(IS_LOST, talkers[:2])
    wait_for_more(*talkers[:2])
    servers.cables["two"].mend()


def deliver_late(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """What a server has said arrives after it has said it again."""
    servers.cables["two"].cut_the_way_there()
    _wait_for(IS_AWAY, talkers[2:])
    servers.cables["two"].mend_for_new_connections()
    _wait_for(IS_BACK, talkers[2:])
    servers.cables["two"].deliver()


def freeze_server(engine: PostgresProcess, servers: Servers, talkers: list[Talker]) -> None:
    """A server hangs for longer than its lease."""
    servers.all["two"].signal(signal.SIGSTOP)
    _wait_for(IS_LOST, talkers[:2])
    servers.all["two"].signal(signal.SIGCONT)


def empty_while_a_server_hangs(
    engine: PostgresProcess, servers: Servers, talkers: list[Talker]
) -> None:
    """What that server alone has shown to people, it gives again late."""
    one, two = (servers.all[each] for each in ("one", "two"))
    one.signal(signal.SIGSTOP)
    wait_for_more(*talkers[2:])
    two.signal(signal.SIGSTOP)
    engine.empty()
    one.signal(signal.SIGCONT)
    one.expect("The hub had lost")
    threading.Event().wait(2)
    two.signal(signal.SIGCONT)


def _wait_for(pattern: str, talkers: list[Talker]) -> None:
    for each in talkers:
        each.wait_for(pattern)


@pytest.mark.parametrize(
    "harm",
    [restart, empty, empty_while_a_server_hangs, freeze, cut_off, deliver_late, freeze_server],
)
def test_whatever_fails_all_tell_one_story(
    tmp_path: Path, postgres: PostgresProcess, harm: Harm
) -> None:
    is_mortal = harm in (cut_off, freeze_server)
    lease = SHORT_LEASE_SECONDS if is_mortal else LONG_LEASE_SECONDS
    with Servers(tmp_path, postgres, "--hub-lease", f"{lease:g}") as servers:
        one, two = servers.start("one"), servers.start("two", has_cable=True)
        talkers = crowd(one, two)
        with talking(*talkers):
            wait_for_more(*talkers)
            harm(postgres, servers, talkers)
            wait_for_more(*talkers)
        tells_one_story([one, two], *talkers)
