"""The server over TLS: that it keeps its promises while people agree on keys, and afterwards.

What it promises in a conversation is asked over TLS by the checks of that (`both_transports`); here
is what TLS adds: handshakes that fail or stall, two ports, certificates that will not do, and peers
who know the protocol better than they should.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from phase4.server.chat_server import ChatServer
from phase4.server.options import Settings
from phase4.server.outbox import FanOut, Outbox
from phase4.transport import reception
from phase4.transport.contexts import client_context, server_context
from phase4.transport.errors import TLSError
from phase4.transport.newcomers import end_one
from phase4.transport.tls_socket import TLSSocket
from shared.console import Console
from shared.goodbye import shut_down
from tests.kit.certificates import Authority, certificate_with_names
from tests.kit.chat import PROMPT, TIME, Chat, Person, secure
from tests.kit.harness import SECONDS, run, wait_until
from tests.kit.records import ALERT, CLOSE_NOTIFY, RecordWriter

Start = Callable[..., Chat]
TLS_ONLY = r"! This port speaks TLS only; connect with --tls\. Goodbye\."
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


@pytest.fixture
def transport(authority: Authority) -> Authority:
    """Every server of `start` and `chat` speaks TLS only."""
    return authority


def _plain(chat: Chat) -> Person:
    """Somebody who comes to this port without TLS."""
    return Person(chat.host, chat.port)


@contextmanager
def _server_in_this_process(
    directory: Path, authority: Authority
) -> Iterator[tuple[ChatServer, Callable[[], Person], Callable[[str], Person]]]:
    """A server whose times can be made short; how to connect to it plainly, and to join it."""
    console = Console()
    settings = Settings(port=0, status_port=0, log_dir=directory, tls_cert=authority.certificate())
    server = ChatServer(settings, console)
    server.start()
    host, port = server.address.split(":")

    def join(name: str) -> Person:
        person = Person(host, int(port), secure=secure(authority.file))
        person.expect(PROMPT)
        person.send(name)
        person.expect(rf"{TIME} \* Welcome, {name}! .*")
        return person

    try:
        yield server, lambda: Person(host, int(port)), join
    finally:
        server.stop()
        console.close()


@contextmanager
def _writer(chat: Chat, authority: Authority, directory: Path) -> Iterator[RecordWriter]:
    """Somebody who writes their records themself."""
    connection = socket.create_connection((chat.host, chat.port), SECONDS)
    with RecordWriter(connection, authority.file, directory / "keys") as writer:
        yield writer


# --- who speaks no TLS ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Mallory\nhello all\n", "GET / HTTP/1.1\r\nHost: chat\r\n\r\n"])
def test_who_talks_plainly_to_the_tls_port_is_told_and_nobody_hears_it(
    chat: Chat, words: str
) -> None:
    with chat.join("Alice") as alice:
        with _plain(chat) as plain:
            plain.send_bytes(words.encode())
            plain.expect(TLS_ONLY)
            plain.expect_end()
        alice.fence()
    assert chat.log("messages.txt") == []
    entries = chat.log("connections.txt")
    assert any(each.endswith("was refused: it does not speak TLS") for each in entries)


def test_who_waits_to_be_asked_for_a_name_is_told_that_it_is_tls(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chat client without TLS says nothing first, so only time can tell."""
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 0.1)
    with _server_in_this_process(tmp_path, authority) as (_, connect, _), connect() as plain:
        plain.expect(TLS_ONLY)
        plain.expect_end()


# --- handshakes that stall or fail ----------------------------------------------------------------


def test_two_hundred_stalled_handshakes_hold_up_nobody_and_end(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 1.0)
    with (
        _server_in_this_process(tmp_path, authority) as (server, connect, join),
        ExitStack() as stack,
    ):
        silent = [stack.enter_context(connect()) for _ in range(100)]
        stalled = [stack.enter_context(connect()) for _ in range(100)]
        for each in stalled:
            each.send_bytes(HALF_A_HELLO)
        with join("Alice") as alice, join("Bob") as bob:
            alice.hear("* Bob joined")
            bob.send("hello")
            alice.hear("Bob: hello")
            for each in silent:
                each.expect(TLS_ONLY)
                each.expect_end()
            for each in stalled:
                assert each.read_bytes_until_end() == b""
            alice.fence()
            bob.fence()
        assert server.room.joins == 2


@pytest.mark.own_server
def test_stalled_handshakes_make_room_for_people(start: Start) -> None:
    chat = start("--max-clients", "2")
    with ExitStack() as stack:
        for number in range(300):  # there is room for 258 connections
            stalled = stack.enter_context(_plain(chat))
            stalled.send_bytes(HALF_A_HELLO[: number % 3])
        with chat.join("Alice"), chat.join("Bob") as bob:
            bob.fence()


def _seconds_to_stop(chat: Chat) -> float:
    with ExitStack() as stack:
        alice = stack.enter_context(chat.join("Alice"))
        stalled = [stack.enter_context(_plain(chat)) for _ in range(40)]
        for each in stalled[::2]:
            each.send_bytes(HALF_A_HELLO)
        with chat.join("Bob"):  # who came later than they
            alice.hear("* Bob joined")
        alice.hear("* Bob left")
        before = time.monotonic()
        chat.signal(signal.SIGTERM)
        alice.hear("* The server is stopping.")
        alice.expect_end()
        for each in stalled:
            each.expect_end()
        assert chat.wait() == 0
        return time.monotonic() - before


@pytest.mark.own_server
def test_it_stops_in_two_seconds_with_people_in_the_middle_of_a_handshake(start: Start) -> None:
    """On a busy machine it may take longer once; if broken, always."""
    assert any(_seconds_to_stop(start()) < 2.0 for _ in range(3))


def test_who_is_evicted_at_any_moment_of_a_handshake_reads_nothing_in_the_clear(
    authority: Authority, tmp_path: Path
) -> None:
    with _server_in_this_process(tmp_path, authority) as (server, connect, join):
        context = client_context(authority.file)
        for number in range(60):
            wire = _Tap(connect().socket)
            stream = TLSSocket(wire.near, context, server_hostname="127.0.0.1")
            stream.settimeout(SECONDS)
            with _evicting(server, number / 20_000), contextlib.suppress(OSError):
                stream.do_handshake()
                while stream.recv(100):
                    pass
            wire.close()
            assert not re.search(rb"nickname|TLS only|name", bytes(wire.passed))
        with join("Alice") as alice:
            alice.fence()


@contextmanager
def _evicting(server: ChatServer, after: float) -> Iterator[None]:
    """From this time on nobody without a name can stay."""
    is_over = threading.Event()

    def evict() -> None:
        is_over.wait(after)
        while not is_over.wait(0.0005):
            end_one(server.room.newcomers())

    thread = threading.Thread(target=evict, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(SECONDS)


class _Tap:
    """Carries the bytes of a connection, and keeps those that the server sent."""

    def __init__(self, far: socket.socket) -> None:
        self.passed = bytearray()
        self.near, self._inside = socket.socketpair()
        self._far = far
        self._threads = [
            threading.Thread(target=self._carry, args=(*way, keep), daemon=True)
            for way, keep in (((self._inside, far), False), ((far, self._inside), True))
        ]
        for thread in self._threads:
            thread.start()

    def _carry(self, source: socket.socket, sink: socket.socket, keep: bool) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(SECONDS)
            while data := source.recv(65536):
                if keep:
                    self.passed += data
                sink.sendall(data)
        shut_down(sink)

    def close(self) -> None:
        for each in (self.near, self._inside, self._far):
            shut_down(each)
        for thread in self._threads:
            thread.join(SECONDS)
        for each in (self.near, self._inside, self._far):
            each.close()


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
@pytest.mark.own_server
def test_handshakes_of_every_end_leave_no_descriptor_and_no_thread(chat: Chat) -> None:
    process = f"/proc/{chat.process.pid}"

    def used() -> tuple[int, int]:
        return len(os.listdir(f"{process}/fd")), len(os.listdir(f"{process}/task"))

    with chat.join("First") as first:
        first.fence()
    wait_until(lambda: not chat.people_now(), "the first has left")
    before = used()
    for number in range(100):
        visitor = chat.join("Visitor") if number % 2 else _plain(chat)
        if number % 4 == 0:
            visitor.send_bytes((HALF_A_HELLO, b"no TLS\n", b"\x16garbage")[number % 3])
        visitor.reset() if number % 3 else visitor.close()
    wait_until(lambda: used() <= before, f"{used()} descriptors and threads, {before} before")


# --- people who are in ----------------------------------------------------------------------------


@pytest.mark.own_server
def test_people_of_both_ports_are_in_one_room(authority: Authority, tmp_path: Path) -> None:
    certificate = str(authority.certificate())
    with Chat(tmp_path, "--tls-cert", certificate, "--tls-port", "0") as chat:
        found = next(filter(None, (re.search(r"TLS on \S+:(\d+)", line) for line in chat.output)))
        with (
            chat.join("Plain") as plain,
            Person(chat.host, int(found[1]), secure=secure(authority.file)) as private,
        ):
            private.expect(PROMPT)
            private.send("Private")
            private.expect(rf"{TIME} \* Welcome, Private! 2 online\..*")
            plain.hear("* Private joined")
            plain.send("hello")
            private.hear("Plain: hello")
            private.send("good day")
            plain.hear("Private: good day")


def test_who_is_cut_off_has_lost_the_connection_and_who_says_goodbye_has_left(
    chat: Chat, authority: Authority, tmp_path: Path
) -> None:
    with chat.join("Witness") as witness:
        for end, seen in (("goodbye", "left"), ("none", r"left \(connection lost\)")):
            with _writer(chat, authority, tmp_path) as ann:
                words = ann.record(b"Ann\nlast words\n")
                if end == "goodbye":
                    words += ann.record(CLOSE_NOTIFY, ALERT)
                ann.socket.sendall(words)  # in one segment with the end
                ann.socket.shutdown(socket.SHUT_WR)
                witness.hear("* Ann joined")
                witness.hear("Ann: last words")
                witness.expect(rf"{TIME} \* Ann {seen}")


def test_of_a_record_that_somebody_altered_nobody_hears_anything(
    chat: Chat, authority: Authority, tmp_path: Path
) -> None:
    with chat.join("Witness") as witness, _writer(chat, authority, tmp_path) as ann:
        ann.socket.sendall(ann.record(b"Ann\n"))
        witness.hear("* Ann joined")
        altered = bytearray(ann.record(b"pay Bob 100\n"))
        altered[9] ^= 1
        ann.socket.sendall(bytes(altered) + ann.record(b"more\n"))
        witness.hear("* Ann left (connection lost)")
        witness.fence()
    assert chat.log("messages.txt") == []


def test_who_asks_for_new_keys_without_end_is_gone_and_nobody_was_held_up(
    chat: Chat, authority: Authority, tmp_path: Path
) -> None:
    with (
        chat.join("Alice") as alice,
        chat.join("Bob") as bob,
        _writer(chat, authority, tmp_path) as ann,
    ):
        alice.hear("* Bob joined")
        ann.socket.sendall(ann.record(b"Ann\n"))
        alice.hear("* Ann joined")
        bob.hear("* Ann joined")
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                ann.socket.sendall(b"".join(ann.key_update() for _ in range(100)))
        alice.hear("* Ann left (connection lost)")
        bob.hear("* Ann left (connection lost)")
        alice.send("hello")
        bob.hear("Alice: hello")


def test_whom_the_operator_disconnects_reads_why_and_then_a_proper_end(
    authority: Authority, tmp_path: Path
) -> None:
    with (
        _server_in_this_process(tmp_path, authority) as (server, _, join),
        join("Alice") as alice,
        join("Bob") as bob,
    ):
        alice.hear("* Bob joined")
        assert not server.obey("/kick Bob").is_refused
        bob.expect(r"! .*operator.*")
        bob.expect_end()
        alice.hear("* Bob left (disconnected by the operator)")


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
@pytest.mark.own_server
def test_a_reader_who_stalls_costs_no_processor(chat: Chat) -> None:
    """A record that is half out: the socket must say when it can take more, nobody may ask."""
    with chat.join("Alice") as alice, chat.connect(receive_buffer_bytes=4096) as stuck:
        stuck.expect(PROMPT)
        stuck.send("Stuck")
        alice.hear("* Stuck joined")
        chat.stall("Stuck", alice)
        before = _cpu_seconds(chat)
        threading.Event().wait(0.6)  # time in which a busy loop would show
        assert _cpu_seconds(chat) - before < 0.3
        alice.send("still here")
        alice.fence()


def _cpu_seconds(chat: Chat) -> float:
    stat = Path(f"/proc/{chat.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)


def test_an_outbox_full_of_half_records_is_delivered_whole_and_in_order(
    authority: Authority,
) -> None:
    near, far = socket.socketpair()
    for each in (near, far):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        each.settimeout(SECONDS)
    reader = TLSSocket(near, client_context(authority.file), server_hostname="127.0.0.1")
    stream = TLSSocket(far, authority.context(), server_side=True)
    agreeing = threading.Thread(target=reader.do_handshake)
    agreeing.start()
    stream.do_handshake()
    agreeing.join(SECONDS)
    stream.setblocking(False)
    cut: list[str] = []
    fan_out = FanOut(lambda _, reason: cut.append(reason), outbox_bytes=64 * 1024 * 1024)
    fan_out.start()
    outbox = Outbox(stream)
    with contextlib.closing(reader), contextlib.closing(stream):
        with fan_out:
            fan_out.listen(outbox)
        said = [b"%d " % number + b"x" * (number * 37 % 3000) + b"\n" for number in range(600)]
        for line in said:
            fan_out.wait_for_room()
            with fan_out:
                fan_out.broadcast(line)
        wait_until(lambda: outbox.unsent_bytes > 500_000, "the socket is full")
        heard = bytearray()
        while len(heard) < sum(map(len, said)):
            heard += reader.recv(7000)
        with fan_out:
            fan_out.finish(outbox)
        assert outbox.released.wait(SECONDS)
        fan_out.stop()
        stream.shutdown(socket.SHUT_WR)
        assert reader.recv(1) == b""
    assert heard == b"".join(said)
    assert not cut


# --- through a proxy ------------------------------------------------------------------------------


@pytest.mark.own_server
@pytest.mark.parametrize("step", [1, 1000], ids=["a byte at a time", "in one segment"])
def test_the_header_of_a_trusted_proxy_comes_before_tls(
    start: Start, authority: Authority, step: int
) -> None:
    chat = start("--trusted-proxy", "127.0.0.1", "--show-addresses")
    header = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\n"

    class Proxy(socket.socket):
        """What comes first is the header; with step 1000, in one segment with the hello."""

        def send(self, data: object, flags: int = 0, /) -> int:
            nonlocal header
            rest, header = header + bytes(data), b""  # type: ignore[call-overload]
            self.setblocking(True)
            for start in range(0, len(rest), step):
                super().sendall(rest[start : start + step])
            self.setblocking(False)
            return len(bytes(data))  # type: ignore[call-overload]

    with contextlib.closing(Proxy(socket.AF_INET)) as connection:
        connection.connect((chat.host, chat.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = TLSSocket(connection, client_context(authority.file), server_hostname="127.0.0.1")
        stream.settimeout(SECONDS)
        stream.do_handshake()
        stream.sendall(b"Ann\n/who\n")
        heard = b""
        while not heard.endswith(b"Ann (192.0.2.7)\n"):
            heard += stream.recv(1000)
    assert "Ann joined from 192.0.2.7:56324" in chat.log("connections.txt")


def test_a_forged_header_is_refused_as_what_speaks_no_tls_and_inside_tls_as_a_header(
    chat: Chat,
) -> None:
    header = "PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r"
    with _plain(chat) as forger:
        forger.send(header)
        forger.expect(TLS_ONLY)
        forger.expect_end()
    with chat.connect() as forger:
        forger.expect(PROMPT)
        forger.send(header)
        forger.expect(r"! This server takes no PROXY header from your address\. Goodbye\.")
        forger.expect_end()


# --- certificates that will not do ----------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cert.pem and key.pem, other.pem (another key), rsa.pem (of another kind), and what is none:
    locked.pem (encrypted), text.pem, folder.
    """
    directory = tmp_path_factory.mktemp("files")
    ca = trustme.CA()
    made, other = ca.issue_cert("127.0.0.1"), ca.issue_cert("127.0.0.1")
    of_rsa = ca.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    of_rsa.private_key_pem.write_to_path(directory / "rsa.pem")
    made.cert_chain_pems[0].write_to_path(directory / "cert.pem")
    made.private_key_pem.write_to_path(directory / "key.pem")
    other.private_key_pem.write_to_path(directory / "other.pem")
    key = load_pem_private_key(made.private_key_pem.bytes(), None)
    (directory / "locked.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    )
    (directory / "text.pem").write_text("hello\n")
    (directory / "folder").mkdir()
    return directory


NO_CHAIN = "hold no certificate with its key, in PEM, that can be used."
NOT_BOTH = "does not hold a certificate and its key, in PEM; is the key in another file?"


@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("none.pem", "key.pem", "none.pem cannot be read: No such file or directory."),
        ("cert.pem", "none.pem", "none.pem cannot be read: No such file or directory."),
        ("folder", "key.pem", "folder cannot be read: Is a directory."),
        ("cert.pem", None, NOT_BOTH),
        ("cert.pem", "text.pem", NO_CHAIN),
        ("text.pem", "key.pem", NO_CHAIN),
        ("key.pem", "key.pem", NOT_BOTH),
        ("cert.pem", "other.pem", "other.pem is not the key that belongs to"),
        ("cert.pem", "rsa.pem", "rsa.pem is not the key that belongs to"),
        ("cert.pem", "locked.pem", "locked.pem is encrypted with a password"),
    ],
)
def test_a_certificate_that_will_not_do_is_one_sentence(
    files: Path, certificate: str, key: str | None, sentence: str
) -> None:
    with pytest.raises(TLSError) as found:
        server_context(files / certificate, files / key if key else None)
    assert sentence in str(found.value)


def test_a_key_that_is_too_short_is_said_to_be_that(tmp_path: Path) -> None:
    weak = tmp_path / "weak.pem"
    weak.write_bytes(certificate_with_names(b"chat.example", is_weak=True))
    with pytest.raises(TLSError, match=r"weak\.pem is too weak for TLS as it is spoken today"):
        server_context(weak)


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of POSIX")
def test_a_key_that_may_not_be_read_is_one_sentence(files: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        open_folder = Path(name)  # pytest's own are for one user alone
        for each in ("cert.pem", "key.pem"):
            shutil.copy(files / each, open_folder)
        (open_folder / "key.pem").chmod(0)
        open_folder.chmod(0o755)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)  # root may read everything
        try:
            with pytest.raises(TLSError, match=r"key\.pem cannot be read: Permission denied\."):
                server_context(open_folder / "cert.pem", open_folder / "key.pem")
        finally:
            os.seteuid(before)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--tls-cert", "cert.pem", "--tls-key", "other.pem"), "is not the key that belongs to"),
        (("--tls-key", "key.pem"), "TLS needs a certificate: --tls-cert FILE."),
    ],
)
def test_a_server_that_cannot_speak_tls_says_why_and_does_not_start(
    files: Path, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    paths = [str(files / each) if each.endswith(".pem") else each for each in options]
    logs = tmp_path / "logs"
    status, output = run(
        *("phase4.server", "--port", "0", "--status-port", "0", "--log-dir", str(logs)), *paths
    )
    assert status == 2
    assert output.startswith("phase4.server: ")
    assert sentence in output
    assert "\n" not in output
    assert not logs.exists()
