"""Phase 2's server: a thread for each client."""

import contextlib
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.harness import SECONDS, Peer, Server, wait_until
from tests.kit.phases_common import ServerPromises, expect_end_after_whatever, fill

MODULE = "phase2.server"


class TestServer(ServerPromises):
    """The promises of every server."""

    module = MODULE


@pytest.fixture
def server() -> Iterator[Server]:
    """A server for one check."""
    with Server(MODULE) as server:
        yield server


def address_of(peer: Peer) -> str:
    """What the server calls it."""
    host, port = peer.socket.getsockname()
    return f"{host}:{port}"


def test_clients_do_not_hear_each_other(server: Server) -> None:
    """The flaw that phase 2 hands on."""
    with server.connect() as alice, server.connect() as bob:
        bob.send("I am here")
        bob.expect("I am here")
        alice.send("hello Bob")
        alice.expect("hello Bob")
        bob.send("fence")
        bob.expect("fence")


def test_it_stops_while_a_client_does_not_read(server: Server) -> None:
    with server.connect() as lazy, server.connect() as peer:
        fill(lazy)
        peer.send("fence")
        peer.expect("fence")
        server.signal(signal.SIGTERM)
        peer.expect_end()
        assert server.wait() == 0
        expect_end_after_whatever(lazy)


def test_everybody_sees_the_end_when_it_stops(server: Server) -> None:
    with contextlib.ExitStack() as all_stay:
        peers = [all_stay.enter_context(server.connect()) for _ in range(20)]
        for peer in peers:
            peer.send("fence")
            peer.expect("fence")
        server.signal(signal.SIGINT)
        for peer in peers:
            peer.expect_end()
        assert server.wait() == 0
    # Each thread has ended by itself, and then the program: it was not cut off.
    *_, last = output = server.rest_of_output()
    assert last == "Stopped."
    assert sum(line.endswith(" left") for line in output) == len(peers)


def test_a_thread_ends_with_its_client(server: Server) -> None:
    threads = Path(f"/proc/{server.process.pid}/task")
    if not threads.exists():
        pytest.skip("needs Linux' /proc")
    before = len(list(threads.iterdir()))
    for _ in range(3):
        with server.connect() as peer, server.connect() as other:
            for each in (peer, other):
                each.send("fence")
                each.expect("fence")
            assert len(list(threads.iterdir())) == before + 2
        wait_until(lambda: len(list(threads.iterdir())) == before, "the threads end")


# --- the console -------------------------------------------------------------------------------


def test_it_prints_who_said_what(server: Server) -> None:
    with server.connect() as alice, server.connect() as bob:
        for peer, line in ((alice, "hello"), (bob, "schön: 日本"), (alice, "")):
            peer.send(line)
            peer.expect(line)
            server.expect(f"^{address_of(peer)}: {line}$")


def test_it_prints_who_comes_and_goes(server: Server) -> None:
    with server.connect() as peer:
        server.expect(f"^{address_of(peer)} connected$")
        address = address_of(peer)
    server.expect(f"^{address} left$")


def test_no_escape_sequence_reaches_the_console(server: Server) -> None:
    with server.connect() as peer:
        peer.send("\x1b[2Jred\r127.0.0.1:1: I said that\x07")
        line = server.expect("red").string
        assert line == f"{address_of(peer)}: �[2Jred�127.0.0.1:1: I said that�"


def test_lines_of_many_threads_are_whole_on_the_console() -> None:
    count = 2500  # so many that even on a busy machine the six speak at the same time

    def talk(peer: Peer) -> None:
        peer.send(*(f"line {number}" for number in range(count)))
        for number in range(count):
            peer.expect(f"line {number}")

    with contextlib.ExitStack() as all_stay:
        server = all_stay.enter_context(Server("tests.kit.hasty", MODULE))
        peers = [all_stay.enter_context(server.connect()) for _ in range(6)]
        threads = [threading.Thread(target=talk, args=(peer,), daemon=True) for peer in peers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        expected = Counter(
            f"{address_of(peer)}: line {number}" for peer in peers for number in range(count)
        )
        server.signal(signal.SIGTERM)
        said = Counter(line for line in server.rest_of_output() if "line" in line)
    assert said == expected


def test_a_console_without_unicode_does_not_end_a_conversation() -> None:
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with Server(MODULE, env=plain) as server, server.connect() as peer:
        peer.send("日本")
        peer.expect("日本")
        server.expect(r": \?\?$")


def test_stopping_wakes_the_threads_that_wait_for_a_client() -> None:
    with Server(MODULE) as server, server.connect() as peer:
        peer.send("hello")
        peer.expect("hello")
        server.signal(signal.SIGTERM)
        output = server.rest_of_output()
        # Said by the client's own thread, which waits in recv() at the stop and sees an end there.
        address = address_of(peer)
        assert output[-3:] == [f"{address}: hello", f"{address} left", "Stopped."]
