"""Waiting for sockets: what is ready, what is gone, and descriptors of any number."""

import contextlib
import errno
import os
import select
import selectors
import socket
import sys
from collections.abc import Iterator

import pytest

from shared.poller import (
    ManyPoller,
    Poller,
    PortionSelector,
    Readable,
    hangs_up,
    has_ended,
    is_ready,
)
from tests.kit.harness import SECONDS


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_has_come_can_be_read(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert not is_ready(ours, 0)
    theirs.send(b"!")
    assert is_ready(ours, None)
    assert is_ready(ours, 0, write=True)


@pytest.fixture(params=["poll", "select"])
def waits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it waits here, and as on Windows."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)


@pytest.mark.usefixtures("waits")
def test_a_doorbell_ends_the_wait_and_is_no_reason_to_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    bell, ringer = socket.socketpair()
    with bell, ringer:
        readable = Readable(ours, bell)
        assert not readable.wait(0)
        ringer.send(b"!")
        assert not readable.wait(None)
        theirs.send(b"!")
        assert readable.wait(None)


def test_what_is_waited_for_is_known_by_its_descriptor_too(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    readable = Readable(ours)
    assert readable.is_of(ours)
    assert not readable.is_of(theirs)
    ours.close()
    assert not readable.is_of(ours)


def test_a_full_socket_cannot_be_written(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(b"x" * 65536)
    assert not is_ready(ours, 0, write=True)


def test_a_closed_socket_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].close()
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        is_ready(pair[0], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_a_connection_that_is_shut_down_has_hung_up_whatever_is_left_to_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.send(b"still to be read")
    assert not hangs_up(ours, 0)
    ours.shutdown(socket.SHUT_RDWR)
    assert hangs_up(ours, SECONDS)


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="only Linux tells of a half-close")
def test_the_end_of_the_other_direction_is_seen_before_all_is_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.send(b"still to be read")
    assert not has_ended(ours)
    theirs.shutdown(socket.SHUT_WR)
    assert has_ended(ours)
    assert not hangs_up(ours, 0)


def test_more_sockets_than_select_takes_in_a_call_are_waited_for_in_portions() -> None:
    """The last ones as well, and it returns when the time is over."""
    with contextlib.ExitStack() as stack, PortionSelector() as poller:
        pairs = [[stack.enter_context(each) for each in socket.socketpair()] for _ in range(20)]
        poller.most_at_once = 6
        for number, (ours, _) in enumerate(pairs):
            poller.register(ours, selectors.EVENT_READ, number)
        assert poller.select(0.05) == []
        pairs[17][1].send(b"!")
        assert [(key.data, event) for key, event in poller.select()] == [(17, selectors.EVENT_READ)]
        poller.modify(pairs[3][0], selectors.EVENT_READ | selectors.EVENT_WRITE, 3)
        found = {key.data: event for key, event in poller.select(SECONDS)}
        assert found == {3: selectors.EVENT_WRITE, 17: selectors.EVENT_READ}


def test_as_many_as_a_server_has_are_waited_for() -> None:
    """On Windows, too, whose select() refuses 513."""
    with contextlib.ExitStack() as stack, ManyPoller() as poller:
        sockets = [stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(600)]
        for each in sockets:
            poller.register(each, selectors.EVENT_WRITE)
        assert len(poller.select(SECONDS)) == 600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts the sockets instead")
def test_descriptors_over_1023_are_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    import fcntl

    ours, theirs = pair
    try:
        high = socket.socket(fileno=fcntl.fcntl(ours, fcntl.F_DUPFD, 2000))
    except OSError:
        pytest.skip("this system allows no descriptor over 2,000")
    with high:
        theirs.send(b"!")
        assert is_ready(high, SECONDS)
        poller = Poller()
        poller.register(high, selectors.EVENT_READ)
        assert poller.select(SECONDS)
