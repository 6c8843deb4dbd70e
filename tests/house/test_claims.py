"""What the lessons claim about TCP, each claim shown by real sockets on this machine.

The name of a check is the claim. Where only Linux tells (its /proc, its ioctl), it is skipped
elsewhere; the claim holds there, too.
"""

import contextlib
import errno
import re
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.kit.harness import SECONDS, free_port, wait_until

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux' /proc or its options")
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other options for this")
ESTABLISHED, TIME_WAIT, CLOSE_WAIT = "01", "06", "08"  # in /proc/net/tcp


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


def connected(listener: socket.socket) -> socket.socket:
    """A client that has connected, and has perhaps not been accepted."""
    return socket.create_connection(listener.getsockname(), SECONDS)


@dataclass
class Pair:
    """Both ends of a connection. Every wait on them has a deadline."""

    client: socket.socket
    server: socket.socket


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[Pair]:
    """Two sockets that are connected with each other."""
    with connected(listener) as client:
        server, _ = listener.accept()
        with server:
            server.settimeout(SECONDS)
            yield Pair(client, server)


def read_to_end(end: socket.socket, pieces: list[bytes] | None = None) -> bytes:
    """All that comes before the end of the stream, in `pieces` as well. Raises OSError."""
    pieces = [] if pieces is None else pieces
    while piece := end.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def wait_for_bytes(end: socket.socket, count: int) -> None:
    """Wait until so many bytes can be read, and read none of them."""
    wait_until(lambda: len(end.recv(count, socket.MSG_PEEK)) == count, f"{count} bytes")


def fill(end: socket.socket) -> int:
    """Send until the systems of both ends take no more; how many bytes they took."""
    end.setblocking(False)
    sent = 0
    while select.select([], [end], [], 0.2)[1]:
        with contextlib.suppress(BlockingIOError):
            sent += end.send(b"x" * 65536)
    end.settimeout(SECONDS)
    return sent


def in_system_table(local_port: int, peer_port: int) -> tuple[str, int] | None:
    """The state of a connection, and how many bytes wait to be read, as Linux lists them."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, peer, state, queues, *_ = line.split()
        ports = [int(address.partition(":")[2], 16) for address in (local, peer)]
        if ports == [local_port, peer_port]:
            return state, int(queues.partition(":")[2], 16)
    return None


# --- to connect ----------------------------------------------------------------------------------


def test_connect_succeeds_before_accept_is_called(listener: socket.socket) -> None:
    with connected(listener) as client:
        assert client.getpeername() == listener.getsockname()


def test_bytes_sent_before_accept_are_kept_and_so_is_their_end(listener: socket.socket) -> None:
    with connected(listener) as client:
        client.sendall(b"Hello Server!\n")
    accepted, _ = listener.accept()  # only now, when the client has gone
    with accepted:
        accepted.settimeout(SECONDS)
        assert read_to_end(accepted) == b"Hello Server!\n"


@on_linux
def test_who_was_not_accepted_is_established_and_has_bytes_waiting(
    listener: socket.socket,
) -> None:
    with connected(listener) as client:
        client.sendall(b"Hello Server!\n")
        ports = listener.getsockname()[1], client.getsockname()[1]
        wait_until(lambda: in_system_table(*ports) == (ESTABLISHED, 14), "14 bytes wait")


def test_where_nobody_listens_a_connection_is_refused_at_once() -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port()), SECONDS)


def test_accept_gives_clients_in_the_order_in_which_they_came(listener: socket.socket) -> None:
    with contextlib.ExitStack() as stack:
        came = [stack.enter_context(connected(listener)).getsockname() for _ in range(5)]
        accepted = [stack.enter_context(listener.accept()[0]).getpeername() for _ in range(5)]
    assert accepted == came


def test_all_connections_of_a_server_have_its_port_and_differ_in_the_clients(
    listener: socket.socket,
) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(listener)) for _ in range(3)]
        accepted = [stack.enter_context(listener.accept()[0]) for _ in range(3)]
        assert {each.getsockname() for each in accepted} == {listener.getsockname()}
        assert len({each.getpeername() for each in accepted}) == 3
        assert {each.getpeername() for each in clients} == {listener.getsockname()}


# --- the stream ----------------------------------------------------------------------------------


def test_what_was_sent_with_one_call_can_come_with_many(pair: Pair) -> None:
    pair.client.sendall(b"Hello Server!\n")
    pieces = [pair.server.recv(5) for _ in range(3)]
    assert pieces == [b"Hello", b" Serv", b"er!\n"]


def test_what_was_sent_with_many_calls_can_come_with_one(pair: Pair) -> None:
    for piece in (b"Hel", b"lo Server!\n", b"and more\n"):
        pair.client.sendall(piece)
    wait_for_bytes(pair.server, 23)
    assert pair.server.recv(65536) == b"Hello Server!\nand more\n"


def test_recv_can_cut_a_character_in_two(pair: Pair) -> None:
    pair.client.sendall("é".encode())
    with pytest.raises(UnicodeDecodeError):
        pair.server.recv(1).decode()


def test_nothing_yet_is_not_the_end(pair: Pair) -> None:
    """`b""` is the end; for "nothing yet", recv() waits, or says that it would."""
    pair.server.setblocking(False)
    with pytest.raises(BlockingIOError):
        pair.server.recv(65536)


def test_a_recv_that_timed_out_has_lost_nothing(pair: Pair) -> None:
    """Silence is not the end: the connection goes on."""
    pair.server.settimeout(0.05)
    with pytest.raises(TimeoutError):
        pair.server.recv(65536)
    pair.server.settimeout(SECONDS)
    pair.client.sendall(b"I was thinking\n")
    assert pair.server.recv(65536) == b"I was thinking\n"


# --- the end -------------------------------------------------------------------------------------


def test_the_end_comes_after_all_bytes_and_again_and_again(pair: Pair) -> None:
    pair.client.sendall(b"one\ntwo\n")
    pair.client.close()
    assert read_to_end(pair.server) == b"one\ntwo\n"
    assert pair.server.recv(65536) == b""


def test_each_direction_ends_by_itself(pair: Pair) -> None:
    pair.client.shutdown(socket.SHUT_WR)
    assert pair.server.recv(65536) == b""
    pair.server.sendall(b"the answer, after your end\n")
    pair.server.close()
    assert read_to_end(pair.client) == b"the answer, after your end\n"


def test_close_with_unread_bytes_resets_and_what_was_on_its_way_is_lost(pair: Pair) -> None:
    pair.client.sendall(b"nobody reads this\n")
    wait_for_bytes(pair.server, 5)
    sent = fill(pair.server)
    pair.server.close()
    received: list[bytes] = []
    with pytest.raises(ConnectionResetError):
        read_to_end(pair.client, received)
    assert len(b"".join(received)) < sent


@on_linux
def test_what_has_arrived_before_a_reset_can_still_be_read(pair: Pair) -> None:
    """On Linux; other systems may drop it (RFC 2525, 2.17)."""
    pair.client.sendall(b"nobody reads this\n")
    wait_for_bytes(pair.server, 5)
    pair.server.sendall(b"last words\n")
    wait_for_bytes(pair.client, 11)
    pair.server.close()
    received: list[bytes] = []
    with pytest.raises(ConnectionResetError):
        read_to_end(pair.client, received)
    assert received == [b"last words\n"]


def test_close_with_nothing_unread_loses_nothing(pair: Pair) -> None:
    """The same as above, but for the unread bytes."""
    sent = fill(pair.server)
    pair.server.close()
    assert len(read_to_end(pair.client)) == sent


def test_shutdown_before_close_keeps_the_last_words(pair: Pair) -> None:
    """With unread bytes: end our direction, read what comes until the other has ended, close."""
    pair.client.sendall(b"nobody reads this\n")
    wait_for_bytes(pair.server, 5)
    sent = fill(pair.server)
    pair.server.shutdown(socket.SHUT_WR)
    assert len(read_to_end(pair.client)) == sent
    pair.client.close()
    read_to_end(pair.server)


def test_send_to_one_who_has_gone_succeeds_once_and_fails_later(pair: Pair) -> None:
    """So that send() succeeds says nothing about whether somebody will read it."""
    pair.client.close()
    pair.server.sendall(b"is anybody there?\n")  # the client's system answers with a reset
    wait_until(lambda: select.select([pair.server], [], [], 0)[0], "the answer")
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        pair.server.sendall(b"hello?\n")


def test_close_does_not_wake_a_thread_in_recv_and_shutdown_does(pair: Pair) -> None:
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(pair.server.recv(65536)), daemon=True)
    thread.start()
    pair.server.shutdown(socket.SHUT_RDWR)
    thread.join(SECONDS)
    assert received == [b""]


@on_linux
def test_close_wait_is_on_the_side_that_has_not_closed(pair: Pair, need: Need) -> None:
    need("ss")
    ports = pair.server.getsockname()[1], pair.client.getsockname()[1]
    pair.client.close()
    wait_until(lambda: (in_system_table(*ports) or ("",))[0] == CLOSE_WAIT, "CLOSE-WAIT")
    command = ("ss", "-tan", "state", "close-wait")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"127\.0\.0\.1:{ports[0]} +127\.0\.0\.1:{ports[1]}\b", listed)


@on_linux
def test_a_thread_in_recv_still_receives_after_close(pair: Pair) -> None:
    """The fence: what wakes it is the byte that comes later, and not close()."""
    pair.server.settimeout(None)
    number = pair.server.fileno()
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(pair.server.recv(65536)), daemon=True)
    thread.start()
    wait_until(lambda: _waits_in_a_call_on(number, thread), "the thread to be in recv()")
    pair.server.close()
    pair.client.sendall(b"late")
    thread.join(SECONDS)
    assert received == [b"late"]


def _waits_in_a_call_on(descriptor: int, thread: threading.Thread) -> bool:
    """Whether the system has put the thread to sleep in a call whose first argument this is."""
    call = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text(encoding="ascii").split()
    return call[0] != "running" and int(call[1], 16) == descriptor


# --- full buffers --------------------------------------------------------------------------------


def test_send_may_take_a_part(pair: Pair) -> None:
    """When it must not wait. It tells how much it took."""
    fill(pair.client)
    pair.server.recv(2_000_000)
    pair.client.setblocking(False)
    select.select([], [pair.client], [], SECONDS)
    assert 0 < pair.client.send(b"x" * 50_000_000) < 50_000_000


def test_sendall_waits_for_one_who_does_not_read(pair: Pair) -> None:
    fill(pair.client)
    pair.client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        pair.client.sendall(b"x" * 65536)
    pair.client.settimeout(SECONDS)
    reading = threading.Thread(target=read_to_end, args=(pair.server,), daemon=True)
    reading.start()
    pair.client.sendall(b"x" * 65536)  # and now it does not
    pair.client.shutdown(socket.SHUT_WR)
    reading.join(SECONDS)
    assert not reading.is_alive()


def test_of_a_sendall_that_timed_out_a_part_is_sent(pair: Pair) -> None:
    """Nobody is told how much."""
    pair.client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        pair.client.sendall(b"x" * 50_000_000)
    pair.client.close()
    assert 0 < len(read_to_end(pair.server)) < 50_000_000


def test_a_socket_can_nearly_always_be_written_to(pair: Pair) -> None:
    """A selector that asks for that as well does not wait."""
    for end in (pair.client, pair.server):
        assert select.select([], [end], [], 0)[1]
    fill(pair.client)
    assert not select.select([], [pair.client], [], 0)[1]


def holds_back_the_second_piece(pair: Pair) -> bool:
    """Whether, of two small pieces, the second is sent only after the first was acknowledged."""
    for _ in range(8):  # question and answer, so that neither system acknowledges at once
        pair.client.sendall(b"question")
        pair.server.recv(100)
        pair.server.sendall(b"answer")
        pair.client.recv(100)
    pair.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    pair.client.sendall(b"first")
    pair.client.sendall(b"second")
    wait_for_bytes(pair.server, 5)
    here = len(pair.server.recv(100, socket.MSG_PEEK))
    wait_for_bytes(pair.server, 11)
    pair.server.recv(100)
    return here == 5


@on_linux
def test_a_second_small_piece_waits_until_the_first_is_acknowledged(pair: Pair) -> None:
    """Nagle's algorithm (RFC 896)."""
    assert any(holds_back_the_second_piece(pair) for _ in range(5))


@on_linux
def test_with_nodelay_no_piece_waits(pair: Pair) -> None:
    pair.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert not any(holds_back_the_second_piece(pair) for _ in range(5))


# --- ports ---------------------------------------------------------------------------------------


def ended_connection(port: int, *, server_ends_first: bool) -> int:
    """A connection to `port` that has come and gone; the client's port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with connected(listener) as client:
            server, _ = listener.accept()
            first, second = (server, client) if server_ends_first else (client, server)
            client_port: int = client.getsockname()[1]
            first.close()
            assert second.recv(1) == b""
            second.close()
    return client_port


@on_linux
def test_time_wait_is_on_the_side_that_ends_first() -> None:
    port = free_port()
    client_port = ended_connection(port, server_ends_first=True)
    wait_until(lambda: in_system_table(port, client_port) == (TIME_WAIT, 0), "TIME_WAIT")
    assert in_system_table(client_port, port) is None
    client_port = ended_connection(port, server_ends_first=False)
    wait_until(lambda: in_system_table(client_port, port) == (TIME_WAIT, 0), "TIME_WAIT")
    assert in_system_table(port, client_port) is None


@on_unix
def test_time_wait_keeps_the_port_unless_reuseaddr() -> None:
    port = free_port()
    ended_connection(port, server_ends_first=True)
    with socket.socket() as again, pytest.raises(OSError, match="in use") as failure:
        again.bind(("127.0.0.1", port))
    assert failure.value.errno == errno.EADDRINUSE
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
        again.listen()


@on_unix
def test_reuseaddr_lets_no_second_server_listen_beside_the_first(listener: socket.socket) -> None:
    with socket.socket() as second:
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            second.bind(listener.getsockname())


@on_linux
def test_reuseport_lets_two_servers_listen_on_one_port() -> None:
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(socket.socket()) for _ in range(2))
        port = 0
        for each in (first, second):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind(("127.0.0.1", port))
            each.listen()
            port = first.getsockname()[1]
