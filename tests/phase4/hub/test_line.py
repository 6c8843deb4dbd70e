"""A line to an engine (phase4/hub/line.py): one user at a time, and an end that waits for none."""

import socket
import threading
from collections.abc import Iterator

import pytest

from phase4.hub import line
from phase4.hub.contract import EngineDown
from phase4.hub.line import Line, close_all
from tests.kit.harness import SECONDS, wait_until
from tests.phase4.hub.threads import Threads


class Made:
    """Connections that were made: the other end of each shows what becomes of it."""

    def __init__(self) -> None:
        self.others: list[socket.socket] = []
        self.may_connect = threading.Event()
        self.may_connect.set()

    def connect(self) -> socket.socket:
        """Make one, when it may be made."""
        assert self.may_connect.wait(SECONDS)
        one, other = socket.socketpair()
        other.settimeout(SECONDS)
        self.others.append(other)
        return one

    def has_ended(self, number: int) -> bool:
        """Whether one was closed: its other end is read to the end."""
        return self.others[number].recv(1) == b""


@pytest.fixture
def made() -> Iterator[Made]:
    """No connection yet."""
    made = Made()
    yield made
    for other in made.others:
        other.close()


@pytest.fixture
def held(made: Made) -> Iterator[Line[socket.socket]]:
    """A line that makes them."""
    held = Line(made.connect, socket.socket.close)
    yield held
    close_all(held)


def test_one_connection_serves_all_until_a_fault_and_then_there_is_another(
    made: Made, held: Line[socket.socket]
) -> None:
    for _ in range(3):
        with held.held():
            pass
    assert len(made.others) == 1
    with pytest.raises(ZeroDivisionError), held.held():
        raise ZeroDivisionError
    assert made.has_ended(0)
    with held.held() as connection:
        made.others[1].sendall(b"a")
        assert held.wait(connection, SECONDS)


def test_a_second_user_waits_for_the_first(held: Line[socket.socket]) -> None:
    threads, order = Threads(), list[str]()

    def use() -> None:
        with held.held():
            order.append("second")

    with held.held():
        second = threads.submit(use)
        order.append("first")
    second.result(SECONDS)
    assert order == ["first", "second"]
    threads.join()


def test_to_close_ends_the_connection_and_wakes_whoever_waits(
    made: Made, held: Line[socket.socket]
) -> None:
    threads, waits = Threads(), threading.Event()

    def use() -> None:
        with held.held() as connection:
            waits.set()
            held.wait(connection, 100 * SECONDS)

    end = threads.submit(use)
    assert waits.wait(SECONDS)
    close_all(held)
    with pytest.raises(EngineDown, match="it was closed"):
        end.result(SECONDS)
    assert made.has_ended(0)
    threads.join()


def test_to_close_does_not_wait_for_whoever_connects_and_the_connection_ends_all_the_same(
    made: Made, held: Line[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "CLOSE_SECONDS", 0.01)
    threads, order = Threads(), list[str]()
    made.may_connect.clear()

    def use() -> None:
        with held.held():
            order.append("connected")

    end = threads.submit(use)
    wait_until(held._lock.locked, "it connects")
    close_all(held)
    order.append("closed")
    made.may_connect.set()
    end.result(SECONDS)
    assert order == ["closed", "connected"]
    assert made.has_ended(0)
    assert held._wakeup.fileno() < 0
    threads.join()
