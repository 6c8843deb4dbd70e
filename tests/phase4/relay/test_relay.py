"""The relay without TLS: the servers behind it, its limits, its console and its command line.

What it carries, and how it stops, is asked in each of its ways: test_carrying.py.
"""

import contextlib
import errno
import gc
import os
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from phase4.relay import relay as relay_module
from phase4.relay import sides as relay_sides
from phase4.relay.relay import Relay
from phase4.relay.trace import TO_SERVER, Trace
from shared.address import Address
from shared.listener import open_listener
from shared.threaded_server import ThreadedServer
from tests.kit.chat import TIME, Chat, Person
from tests.kit.faulty import FAIL, listens, start_prepared
from tests.kit.harness import ROOT, SECONDS, Server, environment, free_port, run, wait_until
from tests.kit.relayed import (
    WAYS,
    PlacedRelay,
    on_linux,
    receive,
    receive_all,
    reset,
    send_until_blocked,
    threads_and_descriptors,
)

if sys.platform != "win32":
    import fcntl
    import termios

Start = Callable[..., PlacedRelay]


@pytest.fixture
def own_relay(start_relay: Start) -> PlacedRelay:
    """A relay for one check alone."""
    return start_relay("plain")


def test_it_works_over_ipv6(start_relay: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    client, server = start_relay("plain", host="::1").pair()
    client.sendall(b"six")
    assert receive(server, 3) == b"six"


@pytest.mark.parametrize("phase", ["phase1.server", "phase2.server"])
def test_the_servers_of_the_first_phases_work_behind_it(phase: str) -> None:
    with (
        Server(phase) as server,
        Server("phase4.relay", "--upstream", f"{server.host}:{server.port}") as relay,
        relay.connect() as client,
    ):
        client.send("Hello Server!", "and this")
        client.expect("Hello Client!")
        client.expect("and this")
        client.half_close()
        client.expect_end()


def test_the_server_of_phase_3_works_behind_it() -> None:
    with (
        Server("phase3.server") as server,
        Server("phase4.relay", "--upstream", f"{server.host}:{server.port}") as relay,
        relay.connect() as alice,
    ):
        alice.expect(r"\* You are .*, 1 here\..*")
        with relay.connect() as bob:
            bob.expect(r"\* You are .*, 2 here\..*")
            alice.expect(r"\* .* joined, 2 here")
            bob.send("hello", "/exit")
            alice.expect("hello")
            alice.expect(r"\* .* left, 1 here")
            bob.expect_end()


def test_people_chat_through_it(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "0")
    with (
        Server("phase4.relay", "--upstream", f"{chat.host}:{chat.port}") as server,
        Person(server.host, server.port) as bob,
        chat.join("Alice") as alice,
    ):
        bob.expect(r"\* Enter your nickname:")
        bob.send("Bob")
        bob.expect(rf"{TIME} \* Welcome, Bob! 2 online\. .*")
        alice.hear("* Bob joined")
        bob.send("hello", "@Alice psst")
        alice.hear("Bob: hello")
        alice.hear("Bob -> Alice: psst")
        bob.hear("Bob -> Alice: psst")
        bob.send("/quit")
        bob.expect_end()
        alice.hear("* Bob left")


# --- the server ------------------------------------------------------------------------------


def test_a_server_that_is_down_is_a_clear_answer_and_no_end(own_relay: PlacedRelay) -> None:
    address = own_relay.upstream.getsockname()
    own_relay.upstream.close()
    answer = receive_all(own_relay.client()).decode()
    assert answer == "! The server cannot be reached (Connection refused).\n"
    own_relay.expect(r"was turned away: the server cannot be reached")
    own_relay.upstream = socket.create_server(address)  # it is up again
    own_relay.upstream.settimeout(SECONDS)
    client, server = own_relay.pair()
    client.sendall(b"at last")
    assert receive(server, 7) == b"at last"


def test_a_server_whose_name_cannot_be_one_is_said_to_be_unreachable() -> None:
    with (
        Server("phase4.relay", "--upstream", "chat..example:1") as relay,
        relay.connect() as client,
    ):
        client.expect(r"! The server cannot be reached \(no host can have such a name\)\.")
        client.expect_end()
        relay.expect(r"was turned away: the server cannot be reached \(no host can have")


@contextlib.contextmanager
def server_that_does_not_answer() -> Iterator[socket.socket]:
    """A listener whose backlog is full: the system does not even answer who connects."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with contextlib.suppress(TimeoutError):
            for _ in range(10):
                filler = stack.enter_context(socket.socket())
                filler.settimeout(0.2)
                filler.connect(listener.getsockname())
        yield listener


@on_linux
def test_a_server_that_does_not_answer_holds_up_nobody_else() -> None:
    with (
        server_that_does_not_answer() as upstream,
        Server(
            "phase4.relay",
            *("--upstream", f"127.0.0.1:{upstream.getsockname()[1]}", "--max-clients", "1"),
        ) as server,
        server.connect() as waiting,
        server.connect() as other,
    ):
        other.expect(r"! The relay is full; try again later\.")  # said while the first one waits
        assert not waiting.has_input()
        server.interrupt()
        assert server.wait() == 0
        waiting.expect_end()


@on_linux
def test_a_server_that_does_not_answer_in_time_is_said_to_be_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay_sides, "CONNECT_SECONDS", 0.1)
    with server_that_does_not_answer() as upstream:
        ours, client = socket.socketpair()
        with ours, client:
            client.shutdown(socket.SHUT_WR)
            Relay(Address.of(upstream.getsockname()), print).serve(ours, "127.0.0.1:1")
            assert client.recv(100) == b"! The server cannot be reached (timed out).\n"


def test_a_server_that_is_killed_ends_the_client(start: Callable[..., Chat]) -> None:
    chat = start()
    with (
        Server("phase4.relay", "--upstream", f"{chat.host}:{chat.port}") as server,
        server.connect() as client,
    ):
        client.expect(r"\* Enter your nickname:")
        chat.process.kill()
        client.expect_end()


@on_linux
def test_what_a_server_said_before_it_hung_up_is_not_lost(plain: PlacedRelay) -> None:
    client, server = plain.pair()
    last_words = random.Random(1).randbytes(3 << 20)
    server.sendall(last_words)
    server.shutdown(socket.SHUT_WR)
    heard = b""

    def has_all() -> bool:
        nonlocal heard
        if unacknowledged(server):  # the systems take no more until the client reads a little
            heard += client.recv(16 * 1024)
        return unacknowledged(server) == 0

    wait_until(has_all, "the relay's system has all of it")
    server.close()
    # The server's system answers this with a reset, and the relay leaves most of it unread.
    client.sendall(b"too late" * 50_000)
    assert heard + receive_all(client) == last_words


def unacknowledged(connection: socket.socket) -> int:
    """Bytes sent (and the end of the stream) that the peer's system has not confirmed."""
    request = termios.TIOCOUTQ
    size: int = struct.unpack("i", fcntl.ioctl(connection, request, bytes(4)))[0]
    return size


# --- limits ----------------------------------------------------------------------------------


def test_when_it_is_full_a_client_is_told_so(start_relay: Start) -> None:
    relay = start_relay("plain", "--max-clients", "1")
    client, server = relay.pair()
    assert receive_all(relay.client()) == b"! The relay is full; try again later.\n"
    client.close()
    assert receive_all(server) == b""
    server.close()
    relay.expect("closed")
    client, server = relay.pair()
    client.sendall(b"room again")
    assert receive(server, 10) == b"room again"


@on_linux
def test_a_client_that_has_gone_leaves_nothing_behind(own_relay: PlacedRelay) -> None:
    before = threads_and_descriptors(own_relay)
    ways_to_end: list[Callable[[socket.socket], None]] = [socket.socket.close, reset]
    for sender in (0, 1):
        for end in ways_to_end:
            for _ in range(5):
                pair = own_relay.pair()
                pair[sender].sendall(b"x")
                receive(pair[1 - sender], 1)
                end(pair[sender])
                pair[1 - sender].close()
    wait_until(lambda: threads_and_descriptors(own_relay) == before, "threads and sockets are gone")


# --- the class itself, in this process -----------------------------------------------------------


class Inside:
    """A relay in this process, so that its threads and its times can be seen."""

    def __init__(self) -> None:
        self.upstream = socket.create_server(("127.0.0.1", 0))
        self.upstream.settimeout(SECONDS)
        # What the relay said of its clients.
        self.reports: list[str] = []
        self.relay = Relay(Address.of(self.upstream.getsockname()), self.reports.append)
        listener = open_listener("127.0.0.1", 0)
        self.address = listener.getsockname()
        self.server = ThreadedServer(listener, self.relay.serve)
        self.accepting = threading.Thread(target=self.server.serve)
        self.accepting.start()

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """A client, and the connection that the server got for it."""
        client = socket.create_connection(self.address, SECONDS)
        server, _ = self.upstream.accept()
        server.settimeout(SECONDS)
        return client, server

    def stop(self) -> bool:
        """Stop as main() does; whether all threads have ended."""
        self.server.stop()
        self.accepting.join(SECONDS)
        return self.relay.drain(self.server, 2.0)


@pytest.fixture
def inside() -> Iterator[Inside]:
    """A relay in this process, stopped afterwards."""
    inside = Inside()
    yield inside
    inside.stop()
    inside.upstream.close()


def test_stopping_ends_every_thread_whatever_it_waits_for(inside: Inside) -> None:
    with contextlib.ExitStack() as stack:
        for stalled in ((), (0,), (1,), (0, 1)):
            pair = [stack.enter_context(each) for each in inside.pair()]
            for side in stalled:
                send_until_blocked(pair[1 - side], bytes(64 << 20))
        assert inside.stop()
        assert threads_of_relay() == []


def threads_of_relay() -> list[threading.Thread]:
    """Every thread that carries answers and is still known to somebody, running or not."""
    gc.collect()
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, threading.Thread) and each.name.startswith("to 127.0.0.1")
    ]


def test_a_connection_that_has_ended_is_forgotten(inside: Inside) -> None:
    for _ in range(3):
        client, server = inside.pair()
        client.close()
        server.close()
    wait_until(lambda: threads_of_relay() == [], "nothing is kept of the connections")


def test_a_silent_conversation_goes_on(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_sides, "CONNECT_SECONDS", 0.05)  # for connecting, and only that
    client, server = inside.pair()
    with client, server:
        server.sendall(b"1")
        assert receive(client, 1) == b"1"
        threading.Event().wait(0.2)  # four times as long
        server.sendall(b"2")
        assert receive(client, 1) == b"2"
        client.sendall(b"3")
        assert receive(server, 1) == b"3"


def test_who_comes_while_it_stops_is_told_so(inside: Inside) -> None:
    inside.stop()  # no client is accepted any more; this one was, a moment before
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as client,
        listener.accept()[0] as ours,
    ):
        client.shutdown(socket.SHUT_WR)
        inside.relay.serve(ours, "127.0.0.1:1")
        assert receive_all(client) == b"! The relay takes nobody now; try again later.\n"


# --- one side has ended, and the other has not ------------------------------------------------


def test_silent_clients_keep_no_place_when_the_server_has_hung_up(start_relay: Start) -> None:
    relays = [start_relay(way, "--max-clients", "3") for way in WAYS]
    for relay in relays:
        for _ in range(3):
            client, server = relay.streams()
            server.sendall(b"goodbye")
            server.shutdown(socket.SHUT_WR)
            assert receive_all(client) == b"goodbye"
            server.close()
    for relay in relays:  # all of them wait at the same time
        for _ in range(3):
            relay.expect(r" closed: \d+ bytes to the server, \d+ bytes back$")
        relay.streams()  # there are places again


def test_a_client_that_still_talks_is_not_hurried(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "CLIENT_SECONDS", 1.5)
    client, server = inside.pair()
    with client, server:
        server.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b""
        for _ in range(14):  # longer than that in all
            threading.Event().wait(0.15)
            client.sendall(b"x")
            assert receive(server, 1) == b"x"
        assert receive_all(server) == b""  # and then it is silent: an orderly end


def test_a_client_that_has_ended_hears_a_server_that_talks_on(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "SERVER_SECONDS", 1.5)
    client, server = inside.pair()
    with client, server:
        client.sendall(b"all I say")
        client.shutdown(socket.SHUT_WR)
        assert receive_all(server) == b"all I say"
        for _ in range(14):
            threading.Event().wait(0.15)
            server.sendall(b"x")
            assert receive(client, 1) == b"x"
        server.close()
        assert receive_all(client) == b""


def test_a_server_that_never_ends_keeps_no_place_of_a_client_that_has(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "SERVER_SECONDS", 0.2)
    client, server = inside.pair()
    with client, server:
        client.shutdown(socket.SHUT_WR)
        assert receive_all(server) == b""
        with pytest.raises(ConnectionResetError):  # the server had not ended: this is not whole
            receive_all(client)
    wait_until(lambda: inside.server.connections == 0, "its place is free")
    assert "the server said nothing for 0.2 s after the client's end" in inside.reports[-1]


class Vanished(socket.socket):
    """A peer that answers no probe any more, as the system tells (tcp(7), SO_KEEPALIVE)."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """What the system says once; after it, it would say that the stream has ended."""
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def test_a_peer_that_vanished_has_not_ended_in_order() -> None:
    ours, theirs = socket.socketpair()
    loss = relay_module.Loss()
    with Vanished() as source, ours, theirs:
        trace = Trace().connection("127.0.0.1:1")
        relay_module.Direction(source, ours, TO_SERVER, trace, loss).run()
    assert loss.has_happened


@pytest.mark.parametrize("sender", [0, 1], ids=["the server takes nothing", "the client"])
def test_a_side_that_takes_nothing_keeps_no_place(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, sender: int
) -> None:
    monkeypatch.setattr(relay_module, "STALL_SECONDS", 0.3)
    pair = inside.pair()
    with pair[0], pair[1]:
        with contextlib.suppress(OSError):  # the relay resets
            send_until_blocked(pair[sender], bytes(64 << 20))
        pair[sender].close()
        wait_until(lambda: inside.server.connections == 0, "its place is free")
    assert "was not taken for 0.3 s" in inside.reports[-1]


# --- start and stop, and the command line ------------------------------------------------------


def test_it_starts_again_at_once_on_the_same_port(own_relay: PlacedRelay) -> None:
    client, _ = own_relay.pair()
    own_relay.interrupt()
    assert own_relay.wait() == 0
    assert receive_all(client) == b""
    with Server("phase4.relay", port=own_relay.port) as again:
        again.connect().close()


def test_a_port_that_is_taken_is_one_sentence(plain: PlacedRelay) -> None:
    status, output = run("phase4.relay", "--port", str(plain.port))
    assert status == 2
    assert output == (
        f"phase4.relay: Port {plain.port} on 127.0.0.1 is in use: another program listens there. "
        "Stop it, or choose another port with --port."
    )


@pytest.mark.parametrize(
    "arguments",
    [("--upstream", "nowhere"), ("--upstream", "a:b"), ("--max-clients", "0"), ("--port", "65536")],
)
def test_nonsense_on_the_command_line_is_refused(arguments: tuple[str, ...]) -> None:
    status, output = run("phase4.relay", *arguments)
    assert status == 2
    assert "Traceback" not in output


def test_it_says_where_it_forwards_to_and_who_comes_and_goes(own_relay: PlacedRelay) -> None:
    port = own_relay.upstream.getsockname()[1]
    assert own_relay.output == [
        f"Listening on 127.0.0.1:{own_relay.port}, forwarding to 127.0.0.1:{port}"
    ]
    client, server = own_relay.pair()
    address = f"127.0.0.1:{client.getsockname()[1]}"
    own_relay.expect(rf"^{address} connected$")
    client.sendall(b"12345")
    receive(server, 5)
    server.sendall(b"123")
    receive(client, 3)
    client.close()
    server.close()
    own_relay.expect(rf"^{address} closed: 5 bytes to the server, 3 bytes back$")


def test_quiet_shows_no_clients(start_relay: Start) -> None:
    relay = start_relay("plain", "--quiet")
    client, server = relay.pair()
    client.close()
    assert receive_all(server) == b""
    relay.interrupt()
    assert [line.partition(" ")[0] for line in relay.rest_of_output()] == ["Listening", "Stopped."]


@on_linux
def test_a_console_that_nobody_reads_holds_up_no_client() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        upstream.settimeout(SECONDS)
        there = f"127.0.0.1:{upstream.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "phase4.relay", "--port", str(port), "--upstream", there],
            cwd=ROOT,
            env=environment(),
            stdout=writing,
        )
        try:
            client = connect_when_up(port)
            with client, upstream.accept()[0] as server:
                server.settimeout(SECONDS)
                client.sendall(b"hello")
                assert receive(server, 5) == b"hello"
                process.terminate()
                assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.wait(SECONDS)
            os.close(reading)
            os.close(writing)


def connect_when_up(port: int) -> socket.socket:
    """A connection to a program that is just starting."""
    connected: list[socket.socket] = []

    def is_up() -> bool:
        with contextlib.suppress(ConnectionRefusedError):
            connected.append(socket.create_connection(("127.0.0.1", port), SECONDS))
        return bool(connected)

    wait_until(is_up, "the relay listens")
    return connected[0]


def _faulty_relay(prepare: str, *arguments: str) -> subprocess.Popen[str]:
    prepare = f"{FAIL.format(error='MemoryError')}{prepare} = fail"
    return start_prepared("phase4.relay", prepare, *arguments)


def test_a_fault_in_the_accepting_thread_ends_it_with_a_sentence_and_status_1() -> None:
    port = free_port()
    prepare = "import shared.listener; shared.listener.Listener.accept"
    with _faulty_relay(prepare, "--port", str(port)) as process:
        try:
            wait_until(lambda: listens(port), "it listens")
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "A fault in this program stopped the relay: MemoryError()" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("speaker", ["client", "server"])
def test_a_fault_while_carrying_ends_both_sides_of_that_connection_and_is_told(
    speaker: str,
) -> None:
    port = free_port()
    prepare = "import phase4.relay.relay; phase4.relay.relay.Direction._altered"
    with open_listener("127.0.0.1", 0) as upstream:
        where = ("--port", str(port), "--upstream", str(upstream))
        with _faulty_relay(prepare, *where) as process:
            try:
                wait_until(lambda: listens(port), "it listens")
                upstream.sockets[0].settimeout(SECONDS)
                first, _ = upstream.sockets[0].accept()
                first.close()
                with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
                    server, _ = upstream.sockets[0].accept()
                    server.settimeout(SECONDS)
                    with server:
                        (client if speaker == "client" else server).sendall(b"hello")
                        for each in (client, server):
                            with pytest.raises(ConnectionResetError):
                                each.recv(1)
                process.terminate()
                output, _ = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
    assert "was cut off (a fault in this program: MemoryError())" in output
