"""Accept connections and give each a thread: bounds, faults, and an end that is orderly."""

import contextlib
import errno
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from shared import threaded_server
from shared.listener import Listener, open_listener
from shared.threaded_server import Bound, Handler, ThreadedServer
from tests.kit.harness import SECONDS, Peer, Server, wait_until


def echo(connection: socket.socket, address: str) -> None:
    """A handler: send back what comes, until the end."""
    while data := connection.recv(1000):
        connection.sendall(data)


class Running:
    """A ThreadedServer that serves in a thread of this process."""

    def __init__(
        self,
        handler: Handler,
        bound: Bound,
        on_crowded: Callable[[], None] = lambda: None,
    ) -> None:
        self.reports: queue.Queue[str] = queue.Queue()
        listener = open_listener("127.0.0.1", 0)
        self._address = listener.getsockname()
        self.server = ThreadedServer(
            listener, handler, bound=bound, report=self.reports.put, on_crowded=on_crowded
        )
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def connect(self) -> Peer:
        """A connection to it."""
        return Peer(*self._address)

    def arrive(self) -> Peer:
        """A connection that is being served, by `echo`."""
        peer = self.connect()
        peer.send("fence")
        peer.expect("fence")
        return peer


@contextlib.contextmanager
def running(
    handler: Handler = echo,
    max_connections: int = 10,
    *,
    bound: Bound | None = None,
    on_crowded: Callable[[], None] = lambda: None,
) -> Iterator[Running]:
    """A server that is ended, whatever happens."""
    served = Running(handler, bound or Bound(max_connections), on_crowded)
    try:
        yield served
    finally:
        served.server.stop()
        served.thread.join(SECONDS)
        served.server.drain(SECONDS)
    assert not served.thread.is_alive()


# --- serving -----------------------------------------------------------------------------------


def test_connections_are_served_at_once() -> None:
    with running() as served, served.arrive() as first, served.arrive() as second:
        assert served.server.connections == 2
        first.send("one")
        first.expect("one")
        second.send("two")
        second.expect("two")


def test_the_handler_is_told_who_it_is() -> None:
    told: queue.Queue[str] = queue.Queue()
    with running(lambda _, address: told.put(address)) as served, served.connect() as peer:
        host, port = peer.socket.getsockname()
        assert told.get(timeout=SECONDS) == f"{host}:{port}"


def test_a_connection_is_closed_when_its_handler_returns() -> None:
    with running(lambda connection, _: connection.sendall(b"bye\n")) as served:
        with served.connect() as peer:
            peer.expect("bye")
            peer.expect_end()
        wait_until(lambda: served.server.connections == 0, "its thread ends")


# --- faults ------------------------------------------------------------------------------------


def test_a_fault_of_the_handler_ends_that_connection_alone_and_is_reported() -> None:
    def faulty(connection: socket.socket, address: str) -> None:
        if connection.recv(1) == b"!":
            raise ValueError("a bug")
        echo(connection, address)

    with running(faulty) as served, served.connect() as good, served.connect() as bad:
        good.send("xfirst")
        good.expect("first")
        bad.send_bytes(b"!")
        bad.expect_end()
        report = served.reports.get(timeout=SECONDS)
        assert "a fault in this program: ValueError('a bug')" in report
        good.send("second")
        good.expect("second")


def test_a_peer_that_resets_is_no_fault() -> None:
    with running() as served:
        served.arrive().reset()
        wait_until(lambda: served.server.connections == 0, "its thread ends")
        assert served.reports.empty()


class _Flaky(socket.socket):
    """A listener that fails once, as a real one does where its newcomer's network fails."""

    error: OSError | None = None

    def accept(self) -> tuple[socket.socket, object]:
        """Fail, or accept."""
        connection = super().accept()
        if self.error is not None:
            connection[0].close()
            error, self.error = self.error, None
            raise error
        return connection


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.EPROTO, errno.ECONNABORTED])
def test_a_newcomer_whose_network_fails_does_not_stop_the_server(number: int) -> None:
    with open_listener("127.0.0.1", 0) as plain:
        listener = _Flaky(fileno=plain.sockets[0].detach())
    listener.error = OSError(number, "as accept(2) warns")
    server = ThreadedServer(Listener([listener]), echo)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with Peer(*listener.getsockname()) as lost:
            lost.expect_end()
        with Peer(*listener.getsockname()) as peer:
            peer.send("hello")
            peer.expect("hello")
    finally:
        server.stop()
        thread.join(SECONDS)
        server.drain(SECONDS)


# --- bounds ------------------------------------------------------------------------------------


def test_who_comes_when_it_is_full_is_told_so() -> None:
    with running(max_connections=2) as served:
        with served.arrive(), served.arrive(), served.connect() as third:
            third.expect("! The server is full; try again later.")
            third.expect_end()
        assert served.server.refused == 1


@pytest.mark.parametrize("threads", [32, 0])
def test_who_is_refused_hears_why_though_nobody_reads_what_they_said(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is orderly: no reset, which could overtake the sentence."""
    monkeypatch.setattr(threaded_server, "_MAX_REFUSING_THREADS", threads)
    listener = open_listener("127.0.0.1", 0)
    server = ThreadedServer(listener, echo, bound=Bound(0))
    with Peer(*listener.getsockname()) as peer:
        peer.send("hello?")  # it lies there before the server looks
        serving = threading.Thread(target=server.serve, daemon=True)
        serving.start()
        assert peer.read_bytes_until_end() == b"! The server is full; try again later.\n"
        server.stop()
        serving.join(SECONDS)
        assert server.drain(SECONDS)
        assert not peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def test_however_many_are_turned_away_at_once_there_are_few_threads_for_it() -> None:
    """Each waits a moment for its peer to end; a crowd that does not end would be a crowd here."""
    with running(max_connections=0) as served, contextlib.ExitStack() as all_stay:
        crowd = [all_stay.enter_context(served.connect()) for _ in range(100)]
        for peer in crowd:
            peer.expect("! The server is full; try again later.")
            assert sum(each.name == "refusing" for each in threading.enumerate()) <= 32
        assert served.server.refused == 100


def test_a_place_is_free_when_somebody_leaves() -> None:
    with running(max_connections=1) as served:
        served.arrive().close()
        wait_until(lambda: served.server.connections == 0, "the first one leaves")
        with served.arrive():
            assert served.server.refused == 0


def test_servers_that_share_a_bound_have_so_many_connections_together() -> None:
    bound = Bound(2)
    with running(bound=bound) as one, running(bound=bound) as other:
        with one.arrive() as first, other.arrive():
            for each in (one, other):
                with each.connect() as third:
                    third.expect("! The server is full; try again later.")
            first.close()
            wait_until(lambda: one.server.connections == 0, "the first one leaves")
            with other.arrive(), one.connect() as fourth:
                fourth.expect("! The server is full; try again later.")
        assert (one.server.refused, other.server.refused) == (2, 1)


def test_where_another_port_has_made_it_crowded_this_one_makes_space() -> None:
    bound = Bound(130)  # crowded from the second on
    called = threading.Event()
    with running(bound=bound) as one, running(bound=bound, on_crowded=called.set) as other:
        with one.arrive(), other.arrive():
            assert not called.is_set()
        with one.arrive(), one.arrive(), other.arrive():
            assert called.is_set()


def test_a_thread_that_cannot_start_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with running(max_connections=1) as served:
        with monkeypatch.context() as without:
            without.setattr(threading.Thread, "start", fail)
            peer = served.connect()
            peer.expect("! The server is full; try again later.")
        peer.close()
        with served.arrive():
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limit with prlimit()")
def test_without_a_descriptor_left_it_says_so_and_goes_on() -> None:
    import resource

    with Server("phase3.server") as server, contextlib.ExitStack() as all_stay:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (20, 20))
        for _ in range(19):  # one more than there can be
            peer = all_stay.enter_context(server.connect())
            if peer.expect(r"([*!]) .*")[1] == "!":
                break
        else:
            raise AssertionError("nobody was turned away")
        peer.expect_end()
        server.expect("Somebody was turned away")
        all_stay.close()

        def is_welcome() -> bool:
            with server.connect() as later:
                return later.read_line().startswith("* You are ")

        wait_until(is_welcome, "there is room again, once those who left are closed")


# --- its end -----------------------------------------------------------------------------------


def test_stop_ends_serving_and_nobody_can_connect_any_more() -> None:
    with running() as served:
        served.server.stop()
        served.server.stop()  # again does no harm
        served.thread.join(SECONDS)
        assert not served.thread.is_alive()
        with pytest.raises(ConnectionRefusedError):
            served.connect()


def test_who_is_connected_stays_until_drain() -> None:
    with running() as served, served.arrive() as peer:
        served.server.stop()
        served.thread.join(SECONDS)
        peer.send("still here")
        peer.expect("still here")
        assert served.server.drain(SECONDS)
        peer.expect_end()
        assert served.server.connections == 0


def test_drain_wakes_a_thread_that_waits_for_a_peer_who_does_not_read() -> None:
    def talkative(connection: socket.socket, address: str) -> None:
        while True:
            connection.sendall(b"x" * 65536)

    with running(talkative) as served, served.connect() as peer:
        peer.socket.recv(1)  # it has begun
        served.server.stop()
        assert served.server.drain(SECONDS)


def test_drain_does_not_wait_for_ever() -> None:
    stubborn = threading.Event()
    has_begun = threading.Event()

    def handler(connection: socket.socket, address: str) -> None:
        has_begun.set()
        stubborn.wait(SECONDS)

    with running(handler) as served, served.connect():
        assert has_begun.wait(SECONDS)
        served.server.stop()
        assert not served.server.drain(0.01)
        stubborn.set()


def test_what_is_served_at_once_needs_no_place() -> None:
    def give_a_line(connection: socket.socket) -> bool:
        connection.sendall(b"line\n")
        return True

    server = ThreadedServer(
        open_listener("127.0.0.1", 0), echo, bound=Bound(0), at_once=give_a_line
    )
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with Peer(*server.listener.getsockname()) as peer:
            peer.expect("line")
            peer.expect_end()
    finally:
        server.stop()
        thread.join(SECONDS)
        server.drain(SECONDS)
    assert server.refused == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOPROTOOPT, "Protocol not available"), "Protocol not available."),
        (MemoryError(), "a fault in this program: MemoryError()"),
        (SystemExit(), "a fault in this program: SystemExit()"),
    ],
)
def test_a_connection_that_ends_by_a_fault_leaves_a_line_and_one_whose_peer_is_gone_none(
    error: BaseException, sentence: str
) -> None:
    errors = iter([ConnectionResetError(), TimeoutError(), error])

    def fail(connection: socket.socket, address: str) -> None:
        raise next(errors)

    with running(fail) as served:
        for _ in range(3):
            with served.connect() as peer:
                peer.expect_end()
        report = served.reports.get(timeout=SECONDS)
    assert report.endswith(sentence)
    assert served.reports.empty()
