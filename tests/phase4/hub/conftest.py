"""What the checks of the hub are asked with: engines that run, of each kind, and servers."""

from collections.abc import Iterator

import pytest

from tests.kit.engine_fixtures import hub, postgres_process, redis_process  # noqa: F401 - fixtures
from tests.kit.harness import SECONDS
from tests.kit.hub_fixtures import (  # noqa: F401 - fixtures
    _two,
    a_redis,
    an_engine,
    engine_kind,
    mortal_servers,
    servers,
    two,
)
from tests.phase4.hub.threads import Threads


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine may take its time: a busy machine is no fault of it."""
    from phase4.hub import line, postgres_connection, redis_connection

    for module in (redis_connection, postgres_connection, line):
        monkeypatch.setattr(module, "ANSWER_SECONDS", SECONDS)
    for module in (redis_connection, postgres_connection):
        monkeypatch.setattr(module, "CONNECT_SECONDS", SECONDS)


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Threads of the check, which end with it."""
    threads = Threads()
    yield threads
    threads.join()
