"""TLSSocket alone: two ends of one connection, each behaving like a socket.

The server over TLS is in server/test_tls.py, other people's programs in its test_tls_peers.py.
"""

import contextlib
import random
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase4.transport import turns as turns_module
from phase4.transport.contexts import client_context, fingerprint_of_file, server_context
from phase4.transport.errors import CutOff, PlaintextPeer, TLSError
from phase4.transport.tls_socket import TLSSocket
from phase4.transport.trust import why_lost
from phase4.transport.turns import Turns
from tests.kit.certificates import Authority
from tests.kit.harness import SECONDS, wait_until
from tests.kit.records import ALERT, ASK_FOR_KEY_UPDATE, CLOSE_NOTIFY, HANDSHAKE, RecordWriter

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
each_version = pytest.mark.parametrize("version", VERSIONS)

Ends = tuple[TLSSocket, TLSSocket]
Pair = Callable[..., Ends]
Sockets = tuple[socket.socket, socket.socket]


@pytest.fixture(scope="module")
def server_side(authority: Authority) -> ssl.SSLContext:
    return authority.context()


@pytest.fixture
def tcp_pair() -> Iterator[Callable[..., Sockets]]:
    """Both ends of a new TCP connection; with small buffers where it is asked for."""
    with contextlib.ExitStack() as stack:

        def connect(*, buffer_bytes: int = 0) -> Sockets:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                near = stack.enter_context(socket.socket())
                for each in (near, listener) if buffer_bytes else ():
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
                near.connect(listener.getsockname())
                far = stack.enter_context(listener.accept()[0])
            for each in (near, far):
                each.settimeout(SECONDS)
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return near, far

        yield connect


@pytest.fixture
def pair(
    authority: Authority, server_side: ssl.SSLContext, tcp_pair: Callable[..., Sockets]
) -> Pair:
    """Two ends that have agreed: the client's and the server's."""

    def agree(version: str = "1.3", *, buffer_bytes: int = 0) -> Ends:
        context = client_context(authority.file)
        context.maximum_version = VERSIONS[version]
        near, far = tcp_pair(buffer_bytes=buffer_bytes)
        client = TLSSocket(near, context, server_hostname="127.0.0.1")
        server = TLSSocket(far, server_side, server_side=True)
        with _meanwhile(client.do_handshake):
            server.do_handshake()
        assert client.version == server.version == f"TLSv{version}"
        return client, server

    return agree


@pytest.fixture
def writer(
    authority: Authority,
    server_side: ssl.SSLContext,
    tcp_pair: Callable[..., Sockets],
    tmp_path: Path,
) -> tuple[RecordWriter, TLSSocket]:
    """A client that writes its records itself, and the server's end."""
    near, far = tcp_pair(buffer_bytes=16_384)
    server = TLSSocket(far, server_side, server_side=True)
    with _meanwhile(server.do_handshake):
        client = RecordWriter(near, authority.file, tmp_path / "keys")
    return client, server


@contextlib.contextmanager
def _meanwhile(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Do it in a thread, and wait for its end. What it raises is raised here."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised in the check
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(SECONDS)
    assert not thread.is_alive(), "the thread has not ended"
    for error in errors:
        raise error


def _read_to_the_end(stream: TLSSocket) -> bytes:
    return b"".join(iter(lambda: stream.recv(65536), b""))


# --- talking --------------------------------------------------------------------------------------

BUSY_BYTES = 500_000
SIZES = (1, 100, 5000, 70_000)


def _speak(stream: TLSSocket, data: bytes, sizes: random.Random) -> None:
    """Send it in pieces of any size, however the stream waits; then end this direction."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[stream.send(rest[: sizes.choice(SIZES)]) :]
        except BlockingIOError:
            _wait_to_write(stream)
    _wait_to_write(stream)
    stream.shutdown(socket.SHUT_WR)


def _wait_to_write(stream: TLSSocket) -> None:
    assert select.select([], [stream], [], SECONDS)[1], "it can never be written"


def _listen(stream: TLSSocket, sizes: random.Random) -> bytes:
    heard = bytearray()
    while True:
        try:
            piece = stream.recv(sizes.choice(SIZES))
        except BlockingIOError:
            assert not stream.has_pending
            assert select.select([stream], [], [], SECONDS)[0], "nothing comes any more"
            continue
        if not piece:
            return bytes(heard)
        heard += piece


@each_version
@pytest.mark.parametrize("seconds", [None, SECONDS, 0.0], ids=["blocking", "timed", "non-blocking"])
def test_what_both_ends_say_at_the_same_time_arrives_whole_and_in_order(
    pair: Pair, version: str, seconds: float | None
) -> None:
    ends = pair(version, buffer_bytes=16_384)
    said = [random.Random(number).randbytes(BUSY_BYTES) for number in range(2)]
    heard = [b"", b""]

    def listen(number: int) -> None:
        heard[number] = _listen(ends[number], random.Random(number + 20))

    with contextlib.ExitStack() as threads:
        for number, stream in enumerate(ends):
            stream.settimeout(seconds)
            threads.enter_context(_meanwhile(lambda number=number: listen(number)))  # type: ignore[misc]
            threads.enter_context(
                _meanwhile(
                    lambda number=number: _speak(  # type: ignore[misc]
                        ends[number], said[number], random.Random(number + 10)
                    )
                )
            )
    assert heard == [said[1], said[0]]


@each_version
def test_one_end_may_stop_talking_while_the_other_talks_on(pair: Pair, version: str) -> None:
    for first, second in (pair(version), pair(version)[::-1]):
        with _meanwhile(lambda second=second: second.sendall(b"x" * BUSY_BYTES)):  # type: ignore[misc]
            first.sendall(b"last words")
            first.shutdown(socket.SHUT_WR)  # in the middle of what the other says
            assert second.recv(100) == b"last words"
            assert second.recv(100) == b""
            got = 0
            while got < BUSY_BYTES:
                got += len(first.recv(65536))
        second.sendall(b"and on")
        second.shutdown(socket.SHUT_WR)
        assert _read_to_the_end(first) == b"and on"


def test_nothing_can_be_said_before_the_handshake_nor_after_the_goodbye(
    pair: Pair, server_side: ssl.SSLContext, tcp_pair: Callable[..., Sockets]
) -> None:
    near, far = tcp_pair()
    early = TLSSocket(near, server_side, server_side=True)
    with pytest.raises(BrokenPipeError):
        early.send(b"secret")
    early.shutdown(socket.SHUT_WR)
    assert far.recv(100) == b""
    client, _ = pair()
    client.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        client.send(b"more")


@each_version
def test_nothing_of_what_is_said_can_be_read_on_the_way(
    authority: Authority, server_side: ssl.SSLContext, version: str
) -> None:
    context = client_context(authority.file)
    context.maximum_version = VERSIONS[version]
    with _Wire(context, server_side) as wire:
        wire.client.sendall(b"the secret " * 100)
        wire.server.sendall(b"the answer " * 100)
        wire.carry_all()
        assert wire.server.recv(2000) == b"the secret " * 100
        assert wire.client.recv(2000) == b"the answer " * 100
        assert b"secret" not in wire.passed
        assert b"answer" not in wire.passed


class _Wire:
    """Two ends, and somebody between them who carries each byte, and can look at it or alter it."""

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, step: int = 65536) -> None:
        self._step = step  # how many bytes are carried at a time
        self.passed = bytearray()
        self._sockets = (*socket.socketpair(), *socket.socketpair())
        for each in self._sockets:
            each.setblocking(False)
        near, self.by_client, self.by_server, far = self._sockets
        self.client = TLSSocket(near, client, server_hostname="127.0.0.1")
        self.server = TLSSocket(far, server, server_side=True)

    def __enter__(self) -> "_Wire":
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.__exit__)
            self.shake_hands()
            on_failure.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    def shake_hands(self) -> None:
        done: set[TLSSocket] = set()
        while len(done) < 2:
            for end in {self.client, self.server} - done:
                with contextlib.suppress(BlockingIOError):
                    end.do_handshake()
                    done.add(end)
            self.carry(self.by_client, self.by_server)
            self.carry(self.by_server, self.by_client)

    def carry(self, source: socket.socket, sink: socket.socket) -> int:
        """Some bytes, as many as are carried at a time; how many there were."""
        with contextlib.suppress(BlockingIOError):
            data = source.recv(self._step)
            self.passed += data
            assert sink.send(data) == len(data)
            return len(data)
        return 0

    def carry_all(self) -> None:
        for way in ((self.by_client, self.by_server), (self.by_server, self.by_client)):
            while self.carry(*way):
                pass


@each_version
def test_a_handshake_that_comes_a_byte_at_a_time_succeeds(
    authority: Authority, server_side: ssl.SSLContext, version: str
) -> None:
    context = client_context(authority.file)
    context.maximum_version = VERSIONS[version]
    with _Wire(context, server_side, step=1) as wire:
        wire.client.sendall(b"hello")
        wire.carry_all()
        with pytest.raises(BlockingIOError):  # the 1.3 tickets would come here: there are none
            wire.client.recv(10)
        assert wire.server.recv(10) == b"hello"


def test_what_comes_together_with_the_end_of_the_handshake_is_seen(
    authority: Authority, server_side: ssl.SSLContext
) -> None:
    near, far = socket.socketpair()
    with near, far:
        client = TLSSocket(near, client_context(authority.file), server_hostname="127.0.0.1")
        server = TLSSocket(far, server_side, server_side=True)
        client.setblocking(False)
        server.setblocking(False)
        while not client._is_ready:
            for end in (client, server):
                if not client._is_ready:
                    with contextlib.suppress(BlockingIOError):
                        end.do_handshake()
        client.sendall(b"hello")
        server.do_handshake()
        assert not select.select([far], [], [], 0)[0]
        assert server.has_pending
        assert server.recv(10) == b"hello"


# --- sending to those who take little -------------------------------------------------------------


class _Narrow:
    """A socket that takes as many bytes as `allowed` has; the peer's engine deciphers them."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.allowed = -1  # all

    def send(self, data: memoryview) -> int:
        size = len(data) if self.allowed < 0 else min(self.allowed, len(data))
        if not size:
            raise BlockingIOError
        self.allowed -= size if self.allowed >= 0 else 0
        return self._end.send(data[:size])

    def __getattr__(self, name: str) -> object:
        return getattr(self._end, name)


@given(
    pieces=st.lists(st.integers(0, 40_000), min_size=1, max_size=8),
    room=st.lists(st.sampled_from((0, 1, 21, 22, 23, 5000, 16_406, 40_000)), min_size=1),
)
@settings(max_examples=25, deadline=None)
def test_what_counts_as_sent_has_left_and_what_does_not_comes_once_however_little_is_taken(
    two_contexts: tuple[ssl.SSLContext, ssl.SSLContext], pieces: list[int], room: list[int]
) -> None:
    """As the writing thread uses it: what was not taken comes again, with more behind it."""
    with _Wire(*two_contexts) as wire:
        narrow = _Narrow(wire.client._socket)
        wire.client._socket = cast(socket.socket, narrow)
        said = random.Random(1).randbytes(sum(pieces))
        added = counted = arrived = 0
        for number in range(len(pieces) + 1000):
            added += pieces[number] if number < len(pieces) else 0
            narrow.allowed = room[number % len(room)] if number < 500 else -1
            with contextlib.suppress(BlockingIOError):
                counted += wire.client.send(said[counted:added])
            wire.carry_all()
            with contextlib.suppress(BlockingIOError):
                while data := wire.server.recv(65536):
                    assert data == said[arrived : arrived + len(data)]
                    arrived += len(data)
            assert counted <= arrived
            assert counted < added or arrived == added
            if number > 500 and counted == len(said):
                break
        assert arrived == len(said)


@pytest.fixture(scope="module")
def two_contexts(
    authority: Authority, server_side: ssl.SSLContext
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return client_context(authority.file), server_side


@each_version
def test_a_peer_who_reads_a_byte_at_a_time_gets_all_of_it(pair: Pair, version: str) -> None:
    client, server = pair(version, buffer_bytes=4096)
    said = random.Random(1).randbytes(60_000)
    server.setblocking(False)
    with _meanwhile(lambda: _speak(server, said, random.Random(2))):
        assert b"".join(iter(lambda: client.recv(1), b"")) == said


@each_version
def test_who_says_goodbye_to_a_slow_reader_waits_until_it_has_left(
    authority: Authority, server_side: ssl.SSLContext, version: str
) -> None:
    context = client_context(authority.file)
    context.maximum_version = VERSIONS[version]
    with _Wire(context, server_side) as wire:
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += wire.server.send(b"x" * 1000)
        wire.server.settimeout(SECONDS)
        with _meanwhile(lambda: wire.server.shutdown(socket.SHUT_WR)) as goodbye:
            goodbye.join(0.05)
            assert goodbye.is_alive()  # nobody has carried anything yet
            heard = 0
            while True:
                wire.carry(wire.by_server, wire.by_client)
                with contextlib.suppress(BlockingIOError):
                    piece = wire.client.recv(65536)
                    heard += len(piece)
                    if not piece:
                        break
    assert heard >= sent


def test_shutdown_never_waits_for_a_peer_who_does_not_read_where_nothing_may_wait(
    pair: Pair,
) -> None:
    _, server = pair(buffer_bytes=4096)
    server.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            server.send(b"x" * 1000)
    server.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_RDWR)


# --- the end --------------------------------------------------------------------------------------


@each_version
def test_a_stream_that_ends_without_a_goodbye_is_cut_off_after_all_that_came(
    pair: Pair, version: str
) -> None:
    client, server = pair(version)
    client.sendall(b"all that came")
    client._socket.shutdown(socket.SHUT_WR)  # the FIN that anybody on the way can write
    assert server.recv(100) == b"all that came"
    for _ in range(2):
        with pytest.raises(CutOff):
            server.recv(100)


def test_a_stream_that_ends_in_the_middle_of_a_record_is_cut_off(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    client, server = writer
    client.socket.sendall(client.record(b"whole") + client.record(b"cut")[:-1])
    client.socket.shutdown(socket.SHUT_WR)
    assert server.recv(100) == b"whole"
    with pytest.raises(CutOff):
        server.recv(100)


@pytest.mark.parametrize("place", [0, 1, 4, 5, 12, -1])
def test_of_a_record_with_an_altered_byte_nothing_is_given(
    writer: tuple[RecordWriter, TLSSocket], place: int
) -> None:
    client, server = writer
    before, record = client.record(b"untouched"), bytearray(client.record(b"private" * 10))
    record[place] ^= 1
    client.socket.sendall(before + bytes(record) + client.record(b"after" * 100))
    assert server.recv(100) == b"untouched"
    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            server.recv(100)


FORGED = {  # what somebody on the way, who has no keys, can make of a record
    "its words": b"\x17\x03\x03\x00\x20" + b"x" * 32,
    "too short for a word": b"\x17\x03\x03\x00\x05" + b"x" * 5,
    "empty": b"\x17\x03\x03\x00\x00",
    "of no kind": b"\x63\x03\x03\x00\x20" + b"x" * 32,
    "of another kind": b"\x16\x03\x03\x00\x20" + b"x" * 32,
    "of another version": b"\x17\x05\x03\x00\x20" + b"x" * 32,
    "longer than any": b"\x17\x03\x03\xff\xff" + b"x" * 66_000,
    "a goodbye": b"\x15\x03\x03\x00\x02\x01\x00",
    "an alert": b"\x15\x03\x03\x00\x02\x02\x50",  # internal_error
    "no record": b"GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n",
}
ALTERED_FOR_US = "what arrived was altered on the way"
ALTERED_FOR_THEM = "what we sent was altered on the way"


@each_version
@pytest.mark.parametrize("is_over", [False, True], ids=["talking", "listening only"])
@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_whatever_is_altered_on_the_way_is_called_that(
    pair: Pair, version: str, forged: bytes, *, is_over: bool
) -> None:
    """OpenSSL has a name for each, and others in another of its versions; they do not decide."""
    client, server = pair(version)
    if is_over:  # then OpenSSL sends no alert either
        client.shutdown(socket.SHUT_WR)
    server.sendall(b"hello")
    server._socket.setblocking(True)
    with contextlib.suppress(ConnectionError), _meanwhile(lambda: server._socket.sendall(forged)):
        assert client.recv(100) == b"hello"
        with pytest.raises(ssl.SSLError) as seen:
            client.recv(100)
        client.close()
    assert why_lost(seen.value) == ALTERED_FOR_US


@each_version
@pytest.mark.parametrize("name", ["its words", "of another version"])
def test_the_other_end_is_told_that_what_it_sent_was_altered(
    pair: Pair, version: str, name: str
) -> None:
    client, server = pair(version)
    server._socket.sendall(FORGED[name])
    with pytest.raises(ssl.SSLError) as found:
        client.recv(100)
    with pytest.raises(ssl.SSLError) as told:
        server.recv(100)
    assert [why_lost(each.value) for each in (found, told)] == [ALTERED_FOR_US, ALTERED_FOR_THEM]


@each_version
def test_who_sends_after_a_fault_gets_the_same_reason(pair: Pair, version: str) -> None:
    """OpenSSL gives it only once, to whoever receives; from then on it speaks of an end."""
    client, server = pair(version)
    server.sendall(b"hello")
    server._socket.sendall(FORGED["its words"])
    assert client.recv(100) == b"hello"
    with pytest.raises(ssl.SSLError):
        client.recv(100)
    with pytest.raises(ssl.SSLError) as found:
        client.send(b"and you?")
    with pytest.raises(ssl.SSLError):
        server.recv(100)
    with pytest.raises(ssl.SSLError) as told:
        server.send(b"and you?")
    assert [why_lost(each.value) for each in (found, told)] == [ALTERED_FOR_US, ALTERED_FOR_THEM]


@pytest.mark.parametrize("how", ["again", "left out", "swapped"])
def test_records_that_come_in_another_order_are_not_believed(
    writer: tuple[RecordWriter, TLSSocket], how: str
) -> None:
    client, server = writer
    one, two = client.record(b"one"), client.record(b"two")
    client.socket.sendall({"again": one + one, "left out": two, "swapped": two + one}[how])
    if how == "again":
        assert server.recv(100) == b"one"
    with pytest.raises(ssl.SSLError):
        server.recv(100)


def test_what_came_in_one_segment_is_seen_to_its_end_though_the_socket_is_empty(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    client, server = writer
    server.setblocking(False)
    records = [client.record(b"%d" % number) for number in range(10)]
    client.socket.sendall(b"".join([*records, client.record(CLOSE_NOTIFY, ALERT)]))
    assert select.select([server], [], [], SECONDS)[0]
    heard = b""
    while not heard.endswith(b"9"):
        assert server.has_pending or select.select([server], [], [], SECONDS)[0]
        heard += server.recv(1)
    assert heard == b"0123456789"
    assert server.has_pending, "nothing tells that the end is here"
    assert not select.select([server], [], [], 0)[0]
    assert server.recv(1) == b""
    assert server.has_pending


@each_version
@pytest.mark.parametrize("work", ["recv", "send", "handshake"])
def test_shutdown_wakes_another_thread_that_waits(
    pair: Pair,
    tcp_pair: Callable[..., Sockets],
    server_side: ssl.SSLContext,
    version: str,
    work: str,
) -> None:
    if work == "handshake":
        stream = TLSSocket(tcp_pair()[1], server_side, server_side=True)
    else:
        _, stream = pair(version, buffer_bytes=4096)
    stream.settimeout(None)

    def wait() -> None:
        if work == "recv":
            assert stream.recv(1) == b""  # as a socket's, and no CutOff: this end is our own
            return
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the moment
            stream.sendall(b"x" * 10_000_000) if work == "send" else stream.do_handshake()

    with _meanwhile(wait) as waiting:
        waiting.join(0.02)  # so that it waits, as a rule; if it does not yet, it must end as well
        assert waiting.is_alive()
        stream.shutdown(socket.SHUT_RDWR)


def test_a_socket_that_another_thread_has_closed_is_an_error_of_the_system(pair: Pair) -> None:
    client, server = pair()
    client.close()
    server._socket.detach()
    for stream in (client, server):
        for act in (
            lambda s: s.recv(1),
            lambda s: s.send(b"x"),
            lambda s: s._wait(None, write=True),
        ):
            with pytest.raises(OSError, match="Bad file descriptor"):
                act(stream)  # type: ignore[no-untyped-call]


# --- peers who mean ill ---------------------------------------------------------------------------

FIRST_WORDS = {
    "a line": b"hello\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n",
    "zeros": bytes(100),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "SSL 2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40),
}


@pytest.mark.parametrize("words", FIRST_WORDS.values(), ids=FIRST_WORDS)
def test_a_peer_who_speaks_no_tls_is_told_apart_by_the_first_thing_it_says(
    tcp_pair: Callable[..., Sockets], server_side: ssl.SSLContext, words: bytes
) -> None:
    near, far = tcp_pair()
    near.sendall(words)
    with pytest.raises(PlaintextPeer):
        TLSSocket(far, server_side, server_side=True).do_handshake()


@given(
    garbage=st.binary(max_size=300), kind=st.sampled_from((b"", b"\x16", b"\x16\x03\x01", b"\x15"))
)
@settings(max_examples=100, deadline=None)
def test_garbage_is_refused_and_never_agreed_on(
    server_side: ssl.SSLContext, garbage: bytes, kind: bytes
) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.sendall(kind + garbage)
        near.shutdown(socket.SHUT_WR)
        far.settimeout(SECONDS)
        with pytest.raises((ssl.SSLError, PlaintextPeer, CutOff)):
            TLSSocket(far, server_side, server_side=True).do_handshake()


def test_a_hello_without_end_is_refused_before_it_takes_memory(
    tcp_pair: Callable[..., Sockets], server_side: ssl.SSLContext
) -> None:
    near, far = tcp_pair()
    server = TLSSocket(far, server_side, server_side=True)

    def greet() -> None:
        with contextlib.suppress(ConnectionError):
            near.sendall(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16_380))
            while True:
                near.sendall(b"\x16\x03\x01\x40\x00" + bytes(16_384))

    with _meanwhile(greet):
        with pytest.raises(ssl.SSLError):
            server.do_handshake()
        server.close()


@pytest.mark.parametrize("seconds", [SECONDS, 0], ids=["waiting", "not waiting"])
def test_a_handshake_of_empty_messages_without_end_is_ended(
    tcp_pair: Callable[..., Sockets], authority: Authority, seconds: float
) -> None:
    """OpenSSL takes them for ever, so that there would be no look at the clock while they come."""
    near, far = tcp_pair()
    client = TLSSocket(far, client_context(authority.file), server_hostname="127.0.0.1")
    client.settimeout(seconds)
    hello_requests = bytes(4 * 4096)

    def pour() -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(512):
                near.sendall(b"\x16\x03\x03\x40\x00" + hello_requests)
            near.shutdown(socket.SHUT_WR)

    with _meanwhile(pour):
        with pytest.raises(ssl.SSLError, match="no end"):
            _shake_hands(client)
        client.close()


def _shake_hands(stream: TLSSocket) -> None:
    """As who may not wait does it."""
    while True:
        try:
            return stream.do_handshake()
        except BlockingIOError:
            assert select.select([stream], [], [], SECONDS)[0], "nothing comes any more"


def test_a_handshake_has_one_deadline_however_the_peer_drips(
    tcp_pair: Callable[..., Sockets], server_side: ssl.SSLContext
) -> None:
    near, far = tcp_pair()
    server = TLSSocket(far, server_side, server_side=True)
    server.settimeout(0.3)
    is_over = threading.Event()

    def drip() -> None:
        near.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        for _ in range(500):
            with contextlib.suppress(ConnectionError):
                near.sendall(b"\x00")
            if is_over.wait(0.02):
                return

    with _meanwhile(drip):
        with pytest.raises(TimeoutError):
            server.do_handshake()
        is_over.set()


def test_who_asks_for_new_keys_without_end_and_says_nothing_is_ended(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    """Each costs us more than the peer; and while we decipher it, nobody can send to them."""
    client, server = writer

    def ask() -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                client.socket.sendall(b"".join(client.key_update() for _ in range(50)))

    with _meanwhile(ask):
        with pytest.raises(ConnectionAbortedError, match="says nothing"):
            server.recv(100)
        server.close()


def test_who_sends_goes_before_who_receives_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "_GIVE_WAY_SECONDS", SECONDS)
    turns = Turns()
    order: list[str] = []

    def send() -> None:
        turns.take()
        order.append("send")
        turns.give_back()

    with turns:
        sending = threading.Thread(target=send, daemon=True)
        sending.start()
        wait_until(lambda: not turns._nobody_waits.is_set(), "the sender waits for its turn")
    with turns:  # at once
        order.append("receive")
    sending.join(SECONDS)
    assert order == ["send", "receive"]


def test_a_sender_who_does_not_come_again_holds_up_nobody_who_receives() -> None:
    turns = Turns()
    with turns:
        assert not turns.take(0.001)
    for _ in range(2):
        with turns:
            pass


def test_who_must_not_wait_does_not_wait_for_a_peer_whose_words_are_deciphered(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    client, server = writer
    server.setblocking(False)
    with server._lock, pytest.raises(BlockingIOError):  # held by the receiving thread
        server.send(b"hello")
    assert server.send(b"hello") == 5
    server.setblocking(True)
    client.socket.sendall(client.record(b"answer"))
    assert server.recv(100) == b"answer"


def test_replies_to_a_peer_who_does_not_read_are_bounded(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    client, server = writer

    def ask() -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(20_000):  # and saying something all the time
                keys = b"".join(client.key_update() for _ in range(4))
                client.socket.sendall(keys + client.record(b"xx"))

    with _meanwhile(ask):
        with pytest.raises(ConnectionAbortedError, match="reads none of our replies"):
            _read_to_the_end(server)
        assert len(server._unsent) + server._outgoing.pending < 200_000
        server.close()


def test_new_keys_in_the_middle_of_a_talk_change_nothing(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    client, server = writer
    for _ in range(20):
        client.socket.sendall(
            client.record(b"before ") + client.key_update() + client.record(b"after")
        )
        heard = b""
        while heard != b"before after":
            heard += server.recv(100)
        server.sendall(b"answer")


def test_half_a_message_about_keys_holds_up_nobody_who_sends(
    writer: tuple[RecordWriter, TLSSocket],
) -> None:
    """OpenSSL then wants to read before it writes. An error is right, to wait would be wrong."""
    client, server = writer
    client.socket.sendall(client.record(ASK_FOR_KEY_UPDATE[:4], HANDSHAKE))
    server.setblocking(False)
    assert select.select([server], [], [], SECONDS)[0]
    with pytest.raises(BlockingIOError):
        server.recv(100)
    for _ in range(2):
        with pytest.raises(OSError) as refusal:  # noqa: PT011 - any but this one
            server.send(b"hello")
        assert not isinstance(refusal.value, BlockingIOError)


# --- contexts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_no_version_is_spoken_that_is_broken(
    tcp_pair: Callable[..., Sockets], server_side: ssl.SSLContext, version: str
) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion[version]
    old.set_ciphers("ALL:@SECLEVEL=0")
    near, far = tcp_pair()
    client = TLSSocket(near, old)

    def ask() -> None:
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
            client.do_handshake()

    with _meanwhile(ask), pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        TLSSocket(far, server_side, server_side=True).do_handshake()


def test_a_certificate_for_another_host_is_not_believed(
    authority: Authority, tcp_pair: Callable[..., Sockets]
) -> None:
    near, far = tcp_pair()
    server = TLSSocket(far, authority.context("chat.example"), server_side=True)
    client = TLSSocket(near, client_context(authority.file), server_hostname="127.0.0.1")

    def serve() -> None:
        with contextlib.suppress(ssl.SSLError, CutOff):
            server.do_handshake()

    with _meanwhile(serve):
        with pytest.raises(ssl.SSLCertVerificationError):
            client.do_handshake()
        client.close()


def test_text_around_the_certificate_does_no_harm(authority: Authority, tmp_path: Path) -> None:
    plain = authority.certificate()
    described = tmp_path / "described.pem"
    described.write_bytes("subject=CN = Zoë\n".encode() + plain.read_bytes())
    server_context(described)
    assert fingerprint_of_file(described) == fingerprint_of_file(plain)


def test_a_file_without_a_certificate_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    with pytest.raises(TLSError, match="holds no certificate"):
        fingerprint_of_file(tmp_path / "empty.pem")
