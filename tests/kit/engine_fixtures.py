"""Engines that run as fixtures, of each kind, and a room in them that is a check's alone.

The conftest.py of a part names those that its checks use.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from phase4.hub.engine import Engine, open_engine
from phase4.hub.records import Records, open_records
from tests.kit.engines import EngineProcess, PostgresProcess, RedisProcess, find_programs

_rooms = (f"room {number}" for number in itertools.count())


class Hub:
    """An engine that runs, and a room in it that no other check has."""

    def __init__(self, process: EngineProcess) -> None:
        self.process = process
        self.room = next(_rooms)
        self._opened: list[Engine | Records] = []

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

    def records(self, server: str = "one", *, room: str = "", url: str = "") -> Records:
        """A server's way to what is kept beside the stream; closed at the end of the check."""
        records = open_records(url or self.process.url, room=room or self.room, server=server)
        self._opened.append(records)
        return records

    def close(self) -> None:
        """Close all, and let the engine be as the next check wants it."""
        for each in self._opened:
            each.close()
        self.process.be_there()


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
