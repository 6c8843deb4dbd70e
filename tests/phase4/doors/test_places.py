"""Places for requests: who gets one, and who makes way."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from phase4.doors.places import MAX_REQUESTS_OF_ONE, Place, Places


class Taking:
    """Takes places, and keeps them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.now = 1000.0
        self.places = Places(lambda: self.now)

    def take(self, host: str, *, is_proxy: bool = False) -> Place | None:
        """One for a connection from this host."""
        near, far = socket.socketpair()
        for each in (near, far):
            self._stack.callback(each.close)
        return self._stack.enter_context(self.places.take(near, host, is_proxy=is_proxy))

    def fill(self, host: str) -> list[Place]:
        """All that one address may have."""
        return [each for _ in range(MAX_REQUESTS_OF_ONE) if (each := self.take(host))]


@pytest.fixture
def taking() -> Iterator[Taking]:
    """Nothing is taken yet."""
    with ExitStack() as stack:
        yield Taking(stack)


def is_ended(place: Place) -> bool:
    """Whether its connection was told to end."""
    place.connection.setblocking(False)
    try:
        return place.connection.recv(1) == b""
    except BlockingIOError:
        return False


def test_the_oldest_that_has_not_asked_makes_way(taking: Taking) -> None:
    first, second, *others = taking.fill("192.0.2.7")
    first.has_asked = True
    assert taking.take("192.0.2.7")
    assert [is_ended(each) for each in (first, second, *others)] == [False, True] + 30 * [False]


def test_answers_under_way_are_as_few_as_that(taking: Taking) -> None:
    for each in taking.fill("192.0.2.7"):
        each.has_asked = True
    assert taking.take("192.0.2.7") is None
    assert taking.take("192.0.2.8")
    assert taking.take("192.0.2.7", is_proxy=True)
    assert not [each for each in taking.fill("192.0.2.9") if is_ended(each)]


def test_a_household_has_no_more_places_than_one_address(taking: Taking) -> None:
    for number in range(MAX_REQUESTS_OF_ONE):
        place = taking.take(f"2001:db8::{number + 1:x}")
        assert place
        place.has_asked = True
    assert taking.take("2001:db8::ffff") is None
    assert taking.take("2001:db8:0:1::1")


def test_one_that_has_asked_meanwhile_is_not_ended_as_one_that_has_not(taking: Taking) -> None:
    place = taking.take("192.0.2.7")
    assert place
    [before] = taking.places.newcomers()
    place.has_asked = True
    assert not before.end()
    [now] = taking.places.newcomers()
    assert now.end()
    assert is_ended(place)
    assert not now.end()
    assert not taking.places.newcomers()
