"""What several files of the monitor's checks share."""

from collections.abc import Iterator

import pytest

from tests.monitor.samples import QUIET
from tests.monitor.status_server import StatusServer


@pytest.fixture
def server() -> Iterator[StatusServer]:
    """A good status server."""
    with StatusServer(QUIET) as running:
        yield running
