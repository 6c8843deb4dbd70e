"""What a room promises, it does whichever engine it shares: all of test_room.py with PostgreSQL."""

import pytest

from tests.kit.engines import EngineProcess, PostgresProcess
from tests.phase4.hub.whole.test_room import *  # noqa: F403 - its checks, asked once more


@pytest.fixture(scope="session")
def engine_kind() -> type[EngineProcess]:
    """PostgreSQL."""
    return PostgresProcess
