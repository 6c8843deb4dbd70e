"""How often an address may try a password, by a clock of the check's own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from phase4.accounts.tries import MAX_ADDRESSES, TooManyTries, Tries
from shared.address import network_of
from tests.kit.harness import wait_until


class Clock:
    """Goes when the check says so."""

    now = 1000.0

    def __call__(self) -> float:
        """The moment, in seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tries(clock: Clock) -> Tries:
    return Tries(clock, max_addresses=3)


def _try(tries: Tries, host: str, *, was_wrong: bool = True) -> None:
    tries.begin(host, seconds=0)
    tries.end(host, counts=was_wrong)


def test_the_sixth_wrong_password_of_a_minute_is_not_looked_at(tries: Tries, clock: Clock) -> None:
    for _ in range(5):
        _try(tries, "192.0.2.7")
        clock.now += 2
    with pytest.raises(TooManyTries) as caught:
        _try(tries, "192.0.2.7")
    assert caught.value.seconds == 50
    assert "again in 50 s" in str(caught.value)
    clock.now += 50
    _try(tries, "192.0.2.7")


def test_another_address_is_not_concerned(tries: Tries) -> None:
    for _ in range(5):
        _try(tries, "192.0.2.7")
    _try(tries, "192.0.2.8")


def test_a_right_password_is_no_try(tries: Tries) -> None:
    for _ in range(50):
        _try(tries, "192.0.2.7", was_wrong=False)


def test_tries_at_the_same_time_count_as_one_after_the_other(tries: Tries) -> None:
    for _ in range(5):
        tries.begin("192.0.2.7", seconds=0)
    with pytest.raises(TooManyTries):
        tries.begin("192.0.2.7", seconds=0)


def test_one_waits_for_tries_that_may_be_right(tries: Tries) -> None:
    for _ in range(5):
        tries.begin("192.0.2.7")
    waits = threading.Thread(target=tries.begin, args=("192.0.2.7", 30.0))
    waits.start()
    tries.end("192.0.2.7", counts=False)
    waits.join(30)
    assert not waits.is_alive()


def test_all_who_wait_are_told_when_all_before_them_were_wrong(tries: Tries) -> None:
    for _ in range(5):
        tries.begin("192.0.2.7")
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(tries.begin, "192.0.2.7", 30.0) for _ in range(8)]
        wait_until(lambda: tries._addresses["192.0.2.7"].waiting == 8, "all wait")
        for _ in range(5):
            tries.end("192.0.2.7", counts=True)
        for each in waiting:
            with pytest.raises(TooManyTries):
                each.result(30)


def test_of_many_who_wait_none_is_forgotten(tries: Tries) -> None:
    """Though the address was forgotten meanwhile, as nobody of it was being checked any more."""
    for _ in range(5):
        tries.begin("192.0.2.7")

    def work() -> None:
        tries.begin("192.0.2.7", 30.0)
        tries.end("192.0.2.7", counts=False)

    with ThreadPoolExecutor(32) as pool:
        waiting = [pool.submit(work) for _ in range(32)]
        wait_until(lambda: tries._addresses["192.0.2.7"].waiting == 32, "all wait")
        for _ in range(5):
            tries.end("192.0.2.7", counts=False)
        for each in waiting:
            each.result(30)
    assert not tries._addresses


def test_of_ipv6_a_network_of_64_bits_is_one_address(tries: Tries) -> None:
    for number in range(5):
        _try(tries, f"2001:db8::{number}")
    with pytest.raises(TooManyTries):
        _try(tries, "2001:db8::ffff:1")
    _try(tries, "2001:db8:0:1::1")


def test_an_address_of_ipv4_is_the_same_in_the_form_of_ipv6() -> None:
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"


def test_the_table_has_a_bound_and_forgets_the_oldest(tries: Tries) -> None:
    for _ in range(5):
        _try(tries, "192.0.2.1")
    for last in (2, 3, 4):
        _try(tries, f"192.0.2.{last}")
    assert len(tries._addresses) == 3
    _try(tries, "192.0.2.1")
    assert len(tries._addresses) == 3
    assert MAX_ADDRESSES >= 1000


def test_what_came_right_leaves_nothing_in_the_table(tries: Tries) -> None:
    _try(tries, "192.0.2.1", was_wrong=False)
    assert not tries._addresses
