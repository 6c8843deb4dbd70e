"""What the checks of the hub are asked with: engines that run, of each kind, and servers."""

from collections.abc import Iterator

import pytest

from tests.kit.engine_fixtures import hub, postgres_process, redis_process  # noqa: F401 - fixtures
from tests.kit.hub_fixtures import _two, a_redis, servers, two  # noqa: F401 - fixtures
from tests.phase4.hub.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    """Threads of the check, which end with it."""
    threads = Threads()
    yield threads
    threads.join()
