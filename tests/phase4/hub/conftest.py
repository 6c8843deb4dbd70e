"""What the checks of the hub are asked with: engines that run, of each kind."""

import itertools
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from phase4.hub.engine import Engine, open_engine
from tests.kit.engines import EngineProcess, PostgresProcess, RedisProcess, find_programs
from tests.kit.hub_fixtures import _two, a_redis, servers, two  # noqa: F401 - fixtures
from tests.phase4.hub.threads import Threads

_rooms = (f"room {number}" for number in itertools.count())


class Hub:
    """An engine that runs, and a room in it that no other check has."""

    def __init__(self, process: EngineProcess) -> None:
        self.process = process
        self.room = next(_rooms)
        self._opened: list[Engine] = []

    def open(self, server: str = "one", *, room: str = "", url: str = "") -> Engine:
        """A server's way to it; closed at the end of the check."""
        engine = open_engine(url or self.process.url, room=room or self.room, server=server)
        self._opened.append(engine)
        return engine

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """As close."""
        self.close()

    def close(self) -> None:
        """Close all, and let the engine be as the next check wants it."""
        for engine in self._opened:
            engine.close()
        self.process.thaw()


def _running(kind: type[EngineProcess], need: Callable[..., None]) -> Iterator[EngineProcess]:
    find_programs()
    need(*kind.programs, modules=[kind.library])
    with kind() as process:
        yield process


@pytest.fixture(scope="session")
def redis_process(need: Callable[..., None]) -> Iterator[EngineProcess]:
    """A Redis that runs."""
    yield from _running(RedisProcess, need)


@pytest.fixture(scope="session")
def postgres_process(need: Callable[..., None]) -> Iterator[EngineProcess]:
    """A PostgreSQL that runs."""
    yield from _running(PostgresProcess, need)


@pytest.fixture(params=["redis", "postgres"])
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """An engine of each kind, one after the other."""
    with Hub(request.getfixturevalue(f"{request.param}_process")) as hub:
        yield hub


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Threads of the check, which end with it."""
    threads = Threads()
    yield threads
    threads.join()
