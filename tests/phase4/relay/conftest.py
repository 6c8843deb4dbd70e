"""What the checks of the relay are asked with: relays in each of the ways to place one."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.kit.chat_fixtures import authority, start, transport  # noqa: F401 - fixtures
from tests.kit.relayed import WAYS, Certified, PlacedRelay


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return Certified(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def lasting_relays(certified: Certified) -> Iterator[dict[str, PlacedRelay]]:
    """One relay for each way, started by the first check that needs it."""
    with contextlib.ExitStack() as stack:

        class Relays(dict[str, PlacedRelay]):
            def __missing__(self, way: str) -> PlacedRelay:
                self[way] = stack.enter_context(PlacedRelay(certified, way))
                stack.callback(self[way].upstream.close)
                return self[way]

        yield Relays()


@pytest.fixture(params=list(WAYS))
def relay(
    request: pytest.FixtureRequest, lasting_relays: dict[str, PlacedRelay]
) -> Iterator[PlacedRelay]:
    """A relay in front of a server of the test's, in each of the five ways."""
    relayed = lasting_relays[request.param]
    yield relayed
    relayed.close_sockets()


@pytest.fixture
def both(lasting_relays: dict[str, PlacedRelay]) -> Iterator[PlacedRelay]:
    """A relay that ends TLS on both sides."""
    yield lasting_relays["both"]
    lasting_relays["both"].close_sockets()


@pytest.fixture
def plain(lasting_relays: dict[str, PlacedRelay]) -> Iterator[PlacedRelay]:
    """A relay without TLS."""
    yield lasting_relays["plain"]
    lasting_relays["plain"].close_sockets()


@pytest.fixture
def start_relay(certified: Certified) -> Iterator[Callable[..., PlacedRelay]]:
    """Start relays for one check alone: a way, and the arguments."""
    with contextlib.ExitStack() as stack:

        def start(way: str, *arguments: str, **options: str) -> PlacedRelay:
            relayed = stack.enter_context(PlacedRelay(certified, way, *arguments, **options))
            stack.callback(lambda: relayed.upstream.close())  # which the check may have replaced
            stack.callback(relayed.close_sockets)
            return relayed

        yield start
