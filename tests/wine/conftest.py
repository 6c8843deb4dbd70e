"""Where the walks find Windows' Python: `--wine FOLDER`, as `python -m tests.wine` says it."""

from pathlib import Path

import pytest

from tests.wine.machine import Machine


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, in `pytest --help` where these checks are named."""
    parser.addoption("--wine", metavar="FOLDER", help="where Windows' Python was set up")


@pytest.fixture
def machine(request: pytest.FixtureRequest) -> Machine:
    """Windows' Python, which is there already."""
    folder = request.config.getoption("--wine")
    if folder is None:
        pytest.skip("python -m tests.wine sets Windows' Python up, and starts this")
    return Machine(Path(folder))
