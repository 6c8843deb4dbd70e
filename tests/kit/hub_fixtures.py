"""What the checks of several servers are asked with: an engine, and servers that share it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.engines import EngineProcess, RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import SHORT_LEASE_SECONDS, HubChat, Servers, wait_until_empty


@pytest.fixture(scope="session")
def engine_kind() -> type[EngineProcess]:
    """The kind of engine that all servers of a check share. A module may have another one."""
    return RedisProcess


@pytest.fixture
def an_engine(
    engine_kind: type[EngineProcess], need: Callable[..., None]
) -> Iterator[EngineProcess]:
    """An engine for one check, which may do with it what it likes."""
    need(*engine_kind.programs, modules=[engine_kind.library])
    with engine_kind() as process:
        yield process


@pytest.fixture
def a_redis(an_engine: EngineProcess) -> RedisProcess:
    """The same, where it is a Redis."""
    assert isinstance(an_engine, RedisProcess)
    return an_engine


@pytest.fixture
def servers(tmp_path: Path, an_engine: EngineProcess) -> Iterator[Servers]:
    """Servers of one room, none yet."""
    with Servers(tmp_path, an_engine) as made:
        yield made


@pytest.fixture
def mortal_servers(tmp_path: Path, an_engine: EngineProcess) -> Iterator[Servers]:
    """The same, but a server that says nothing for a few seconds is taken for dead."""
    lease = ("--hub-lease", f"{SHORT_LEASE_SECONDS:g}")
    with Servers(tmp_path, an_engine, *lease) as made:
        yield made


@pytest.fixture(scope="module")
def _two(
    engine_kind: type[EngineProcess],
    need: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[HubChat]]:
    need(*engine_kind.programs, modules=[engine_kind.library])
    with engine_kind() as engine, Servers(tmp_path_factory.mktemp("two"), engine) as servers:
        yield servers.start_several("one", "two")


@pytest.fixture
def two(_two: list[HubChat]) -> list[HubChat]:
    """Two servers with nobody there, which the checks of a module share."""
    for each in _two:
        wait_until(lambda each=each: not each.people_now(), "those of the last check have left")  # type: ignore[misc]
    wait_until_empty(_two[0])
    for each in _two:
        each.forget_logs()
    return _two
