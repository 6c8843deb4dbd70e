"""The client core over TLS: whom it talks to, and what it does where it must not.

That all else is as over plain TCP, the modules test_client and test_reconnection show: they ask
their checks over both.
"""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.certificate import main as make_certificate
from phase4.client import (
    Connected,
    ConnectionLost,
    Disconnected,
    Received,
    Secured,
    SendQueueFull,
    Welcomed,
    securing,
    talk,
)
from phase4.client import client as core
from phase4.transport.contexts import fingerprint_of_file, server_context
from phase4.transport.errors import CutOff
from phase4.transport.known_hosts import Entry, line_of, parse
from phase4.transport.tls_socket import TLSSocket
from phase4.transport.trusting import Trust
from shared import message
from tests.kit.certificates import Authority, certificate_with_names, groups_of
from tests.kit.harness import SECONDS
from tests.kit.scripted import NOBODY_ELSE, WELCOME, Client, Connect, ScriptedServer, Speaker

HOST = "127.0.0.1"
LEFT = Disconnected("You left the conversation.", was_wished=True)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Where servers are remembered; not there yet."""
    return tmp_path / "known_hosts"


@pytest.fixture
def certificate(authority: Authority) -> Path:
    """The server's."""
    return authority.certificate()


@contextlib.contextmanager
def listening(tls: ssl.SSLContext | None) -> Iterator[ScriptedServer]:
    """A server that the check plays."""
    scripted = ScriptedServer(tls)
    with contextlib.closing(scripted.listener):
        yield scripted


@pytest.fixture
def server(certificate: Path) -> Iterator[ScriptedServer]:
    """A server with TLS."""
    with listening(server_context(certificate)) as scripted:
        yield scripted


@pytest.fixture
def plain() -> Iterator[ScriptedServer]:
    """A server without TLS, or one that the check plays byte by byte."""
    with listening(None) as scripted:
        yield scripted


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of milliseconds."""
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 0.001)


def reason_of_the_end(client: Client) -> str:
    """It must be over now, and never have been connected."""
    end = client.next()
    assert isinstance(end, Disconnected), end
    assert not end.was_wished
    assert client.events.empty()
    return end.reason


def hears_nothing(speaker: Speaker) -> bool:
    """Whether the client ends the connection without a word."""
    with contextlib.suppress(CutOff, ConnectionError):
        return speaker.read_bytes_until_end() == b""
    return not speaker._unread


def notice(client: Client) -> str:
    """The next line to show, which must be a notice."""
    shown = client.received()
    assert isinstance(shown, message.Notice)
    return shown.text


# --- trust on first use --------------------------------------------------------------------------


def test_the_first_time_is_said_once_the_person_is_in_and_remembered(
    server: ScriptedServer, connect: Connect, certificate: Path, known: Path
) -> None:
    client = connect(server.port, trust=Trust(known_hosts=known))
    shown = fingerprint_of_file(certificate)
    with server.accept() as speaker:
        assert client.next() == Connected()
        assert client.next() == Secured("TLSv1.3", shown, is_first=True)
        speaker.let_in()
        assert client.next() == Welcomed("Ann")
        assert client.received() == message.parse(WELCOME)
        said = [notice(client) for _ in range(6)]
    assert "nobody vouches for it" in said[0]
    assert said[1:5] == groups_of(shown)
    assert said[5] == f"It is remembered in {known}, and any other will be refused."
    assert parse(known.read_text()) == [Entry(HOST, server.port, shown)]


def test_the_second_time_nothing_is_said(
    server: ScriptedServer, connect: Connect, certificate: Path, known: Path
) -> None:
    known.write_text(line_of(Entry(HOST, server.port, fingerprint_of_file(certificate))))
    client = connect(server.port, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        speaker.let_in()
        assert not client.until(Secured).is_first
        client.until_in()
        speaker.send("[10:00:01] Bob: fence")
        assert client.received() == message.Public("10:00:01", "Bob", "fence")


def test_a_changed_certificate_is_refused_before_anything_is_said(
    server: ScriptedServer, connect: Connect, known: Path
) -> None:
    known.write_text(line_of(Entry(HOST, server.port, ":".join(["00"] * 32))))
    client = connect(server.port, reconnect=True, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        speaker.send(message.NICKNAME_PROMPT)
        assert hears_nothing(speaker)
    reason = reason_of_the_end(client)
    assert "another certificate than before" in reason
    assert f"remove the entry for {HOST} {server.port} in {known}" in reason


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("can_remember", [True, False])
def test_a_certificate_that_changes_while_away_is_refused_and_nothing_typed_is_lost(
    server: ScriptedServer,
    connect: Connect,
    authority: Authority,
    known: Path,
    *,
    can_remember: bool,
) -> None:
    if not can_remember:
        known.symlink_to(known.parent / "nowhere" / "known_hosts")
    client = connect(server.port, reconnect=True, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        server.tls = authority.context()
    client.until(ConnectionLost)
    client.send("a secret")
    with server.accept() as speaker:
        speaker.send(message.NICKNAME_PROMPT)
        assert hears_nothing(speaker)
    assert "another certificate than before" in client.until(Disconnected).reason
    assert client.unsent == ("a secret",)


@pytest.mark.usefixtures("quick")
def test_a_return_to_the_same_certificate_is_checked_and_says_nothing(
    server: ScriptedServer, connect: Connect, known: Path
) -> None:
    client = connect(server.port, reconnect=True, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        speaker.let_in()
        assert client.until(Secured).is_first
    client.until(ConnectionLost)
    with server.accept() as speaker:
        assert not client.until(Secured).is_first
        speaker.let_in()
        client.until(Welcomed)
        speaker.send("[10:00:01] * fence")
        texts = []
        while "fence" not in texts:
            if isinstance(shown := client.received(), message.Notice):
                texts.append(shown.text)
    assert not any("first time" in text for text in texts)


def test_a_damaged_file_is_an_error_before_anything_is_said(
    server: ScriptedServer, connect: Connect, known: Path
) -> None:
    known.write_text("something else\n")
    client = connect(server.port, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        assert hears_nothing(speaker)
    assert f"{known} cannot be understood (line 1)" in reason_of_the_end(client)
    assert known.read_text() == "something else\n"


def test_a_file_that_cannot_be_written_is_a_remark_and_the_talk_goes_on(
    server: ScriptedServer, connect: Connect, known: Path
) -> None:
    known.symlink_to(known.parent / "nowhere" / "known_hosts")
    client = connect(server.port, trust=Trust(known_hosts=known))
    with server.accept() as speaker:
        speaker.let_in()
        client.until(Welcomed)
        assert client.received() == message.parse(WELCOME)
        said = [notice(client) for _ in range(6)]
        client.send("hello")
        speaker.expect("hello")
    assert f"could not be remembered in {known}" in said[-1]
    assert "as unprotected as this one" in said[-1]


# --- somebody vouches ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_who_is_vouched_for_is_not_remembered_and_nothing_is_said(
    server: ScriptedServer, connect: Connect, authority: Authority, known: Path, host: str
) -> None:
    client = connect(server.port, host=host, trust=Trust(authority.file, known))
    with server.accept() as speaker:
        speaker.let_in()
        assert not client.until(Secured).is_first
        client.until_in()
    assert not known.exists()


def test_a_self_signed_certificate_vouches_for_itself(connect: Connect, tmp_path: Path) -> None:
    """As in a class, where the operator hands it out."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    assert make_certificate(["--cert", str(certificate), "--key", str(key), HOST]) == 0
    with listening(server_context(certificate, key)) as server:
        client = connect(server.port, trust=Trust(certificate))
        with server.accept():
            client.until(Secured)


def test_a_certificate_for_another_host_is_refused_and_whom_it_is_for_is_said(
    connect: Connect, authority: Authority
) -> None:
    with listening(authority.context("a.example", "*.b.example", "10.0.0.1")) as server:
        client = connect(server.port, reconnect=True, trust=Trust(authority.file))
        with pytest.raises(ssl.SSLError, match="ALERT"):
            server.accept()
        with server.accept() as speaker:  # it asks once more, whom the certificate is for
            assert hears_nothing(speaker)
        assert reason_of_the_end(client) == (
            f"The certificate of 127.0.0.1 port {server.port} is for another host: it is for "
            "a.example, *.b.example, 10.0.0.1. Nothing was sent. "
            "Ask the operator where to connect now."
        )


def test_a_certificate_whose_names_are_no_text_is_refused_in_a_sentence(
    connect: Connect, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(certificate_with_names(b"\xff\xfe.example"))
    with listening(server_context(certificate)) as server:
        client = connect(server.port, trust=Trust(certificate))
        with pytest.raises(ssl.SSLError, match="ALERT"):
            server.accept()
        with server.accept() as speaker:
            assert hears_nothing(speaker)
        assert " is for another host. Nothing was sent. " in reason_of_the_end(client)


def test_a_certificate_for_another_host_is_refused_where_it_cannot_be_asked_again(
    connect: Connect, authority: Authority
) -> None:
    with listening(authority.context("a.example")) as server:
        client = connect(server.port, trust=Trust(authority.file))
        with pytest.raises(ssl.SSLError, match="ALERT"):
            server.accept()
        server.listener.close()
        assert " is for another host. Nothing was sent. " in reason_of_the_end(client)


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ((-9, -1), "has expired; the operator must renew it"),
        ((1, 9), "is not valid yet. Is this machine"),
    ],
)
def test_a_certificate_out_of_its_time_is_refused(
    connect: Connect, authority: Authority, days: tuple[int, int], reason: str
) -> None:
    with listening(authority.context(days=days)) as server:
        client = connect(server.port, trust=Trust(authority.file))
        with pytest.raises(ssl.SSLError, match="ALERT"):
            server.accept()
        assert reason in reason_of_the_end(client)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: ScriptedServer, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    client = connect(server.port, trust=Trust(other.file))
    with pytest.raises(ssl.SSLError, match="ALERT"):
        server.accept()
    assert f"Nobody in {other.file} vouches" in reason_of_the_end(client)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot be read"), ("nothing", "holds no certificate in PEM")]
)
def test_a_ca_file_that_is_none_is_a_sentence(
    server: ScriptedServer, connect: Connect, tmp_path: Path, content: str | None, reason: str
) -> None:
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_text(content)
    assert f"{path} {reason}" in reason_of_the_end(connect(server.port, trust=Trust(path)))


@pytest.mark.usefixtures("quick")
def test_on_a_return_as_well_a_certificate_is_verified_and_a_wrong_one_is_the_end(
    server: ScriptedServer, connect: Connect, authority: Authority
) -> None:
    client = connect(server.port, reconnect=True, trust=Trust(authority.file))
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        server.tls = authority.context(days=(-9, -1))
    with pytest.raises(ssl.SSLError, match="ALERT"):
        server.accept()
    client.until(ConnectionLost)
    assert "has expired" in client.until(Disconnected).reason


# --- peers that speak no TLS, or another ---------------------------------------------------------


def test_a_server_without_tls_is_told_nothing_and_said_to_be_one(
    plain: ScriptedServer, connect: Connect, known: Path
) -> None:
    client = connect(plain.port, "a secret name", trust=Trust(known_hosts=known))
    with plain.accept() as speaker:
        speaker.send(message.NICKNAME_PROMPT)
        assert "does not speak TLS, and nothing was sent to it" in reason_of_the_end(client)
        with contextlib.suppress(ConnectionError):
            assert b"secret" not in speaker.read_bytes_until_end()
    assert not known.exists()


def test_a_client_without_tls_says_what_a_server_with_tls_tells_it(
    plain: ScriptedServer, connect: Connect
) -> None:
    client = connect(plain.port)
    with plain.accept() as speaker:
        speaker.send("! This port speaks TLS only; connect with --tls. Goodbye.")
    assert client.next() == Connected()
    assert reason_of_the_end(client) == (
        "The server closed the connection, saying: This port speaks TLS only; connect with --tls. "
        "Goodbye."
    )


def test_a_server_that_waits_for_more_than_a_plain_client_says_may_speak_tls(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phase4.client import dialogue

    monkeypatch.setattr(dialogue, "ANSWER_SECONDS", 0.05)
    client = connect(server.port)
    assert client.next() == Connected()
    assert reason_of_the_end(client).endswith("Or does it speak TLS (--tls)?")


def test_a_peer_that_stays_silent_is_given_up(
    plain: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch, known: Path
) -> None:
    monkeypatch.setattr(securing, "HANDSHAKE_SECONDS", 0.1)
    client = connect(plain.port, trust=Trust(known_hosts=known))
    with plain.accept() as speaker:
        assert "did not agree on TLS in time" in reason_of_the_end(client)
        assert speaker.read_bytes_until_end().startswith(b"\x16\x03")


def test_a_peer_that_hangs_up_instead_is_a_sentence(
    plain: ScriptedServer, connect: Connect, known: Path
) -> None:
    client = connect(plain.port, trust=Trust(known_hosts=known))
    with plain.accept() as speaker:
        assert speaker.socket.recv(1) == b"\x16"  # it has begun
        speaker.reset()
    assert "ended the connection instead of agreeing on TLS" in reason_of_the_end(client)
    client = connect(plain.port, trust=Trust(known_hosts=known))
    with plain.accept():
        pass
    assert "ended the connection instead of agreeing on TLS" in reason_of_the_end(client)


def test_a_handshake_without_end_is_a_sentence(plain: ScriptedServer, connect: Connect) -> None:
    client = connect(plain.port, trust=Trust())
    with plain.accept() as speaker, contextlib.suppress(ConnectionError):
        for _ in range(512):
            speaker.socket.sendall(b"\x16\x03\x03\x40\x00" + bytes(16_384))  # HelloRequests
    assert reason_of_the_end(client) == (
        f"127.0.0.1 port {plain.port} and this program could not agree on TLS (handshake without "
        "end)."
    )


def _of_old(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _of_its_own(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK")


@pytest.mark.parametrize(
    ("change", "reason"),
    [(_of_old, "only old versions of TLS"), (_of_its_own, "no cipher in common")],
)
def test_a_server_with_nothing_in_common_is_a_sentence(
    connect: Connect,
    authority: Authority,
    known: Path,
    change: Callable[[ssl.SSLContext], None],
    reason: str,
) -> None:
    context = authority.context()
    change(context)
    with listening(context) as server:
        client = connect(server.port, trust=Trust(known_hosts=known))
        with contextlib.suppress(OSError):
            server.accept()
        assert reason in reason_of_the_end(client)
    assert not known.exists()


@pytest.mark.parametrize("has_shown_names", [True, False])
def test_close_gives_up_a_handshake(
    plain: ScriptedServer, connect: Connect, authority: Authority, *, has_shown_names: bool
) -> None:
    client = connect(plain.port, trust=Trust(authority.file))
    if has_shown_names:  # it is the second handshake, to learn whom the certificate is for
        plain.tls = authority.context("a.example")
        with pytest.raises(ssl.SSLError, match="ALERT"):
            plain.accept()
        plain.tls = None
    with plain.accept() as speaker:
        assert speaker.socket.recv(1) == b"\x16", "it does not begin"
        client.close(3600.0)  # the deadline is not what ends it
        assert client.next() == LEFT
        assert not client._thread.is_alive()


# --- the conversation ----------------------------------------------------------------------------


@pytest.fixture
def ann(server: ScriptedServer, connect: Connect, authority: Authority) -> Client:
    """A client that is about to connect."""
    return connect(server.port, trust=Trust(authority.file))


def test_what_comes_together_with_the_end_of_the_handshake_is_read(
    plain: ScriptedServer, connect: Connect, authority: Authority
) -> None:
    """It is in TLS's buffer then, and the socket has nothing that could be waited for."""
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the server has the last word
    client = connect(plain.port, trust=Trust(authority.file))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_side=True)
    with plain.accept() as speaker:
        while not _is_done(engine):
            if outgoing.pending:
                speaker.send_bytes(outgoing.read())
            incoming.write(speaker.socket.recv(65536))
        engine.write(f"{message.NICKNAME_PROMPT}\n{WELCOME}\n".encode())
        speaker.send_bytes(outgoing.read())
        assert client.until(Welcomed).name == "Ann"


def _is_done(engine: ssl.SSLObject) -> bool:
    try:
        engine.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def test_a_stream_that_is_cut_off_is_lost_and_no_orderly_end(
    server: ScriptedServer, ann: Client
) -> None:
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        assert isinstance(speaker.socket, TLSSocket)
        speaker.socket._socket.shutdown(socket.SHUT_WR)  # as somebody in the middle can
        end = ann.next()
    assert end == Disconnected(
        "The connection was lost (cut off, so that the last words may be missing)."
    )


def test_an_orderly_end_is_one(server: ScriptedServer, ann: Client) -> None:
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
    assert ann.next() == Disconnected("The server closed the connection.")


def test_what_is_altered_on_the_way_is_not_shown(server: ScriptedServer, ann: Client) -> None:
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        speaker.send("[10:00:01] Bob: whole")
        assert isinstance(speaker.socket, TLSSocket)
        speaker.socket._socket.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        assert ann.received() == message.Public("10:00:01", "Bob", "whole")
        assert ann.next() == Disconnected(
            "The connection was lost (what arrived was altered on the way)."
        )


@pytest.mark.usefixtures("quick")
def test_after_a_cut_it_comes_back_and_nothing_typed_is_lost(
    server: ScriptedServer, connect: Connect, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "CONFIRM_SECONDS", 3600.0)  # it is cut before that is asked
    client = connect(server.port, reconnect=True, trust=Trust(authority.file))
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        client.send("one")
        speaker.expect("one")
        assert isinstance(speaker.socket, TLSSocket)
        speaker.socket._socket.shutdown(socket.SHUT_WR)
        assert "cut off" in client.until(ConnectionLost).reason
    with server.accept() as speaker:
        speaker.let_in()
        speaker.expect("one")


def test_who_closes_says_so_in_tls_and_lets_the_server_finish(
    server: ScriptedServer, ann: Client
) -> None:
    """The last words arrive both ways: neither end is cut off, though the server talks on."""
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        ann.send("last words")
        closing = threading.Thread(target=ann.close, args=(SECONDS,))
        closing.start()
        speaker.expect("last words")
        assert speaker.read_bytes_until_end() == b""  # in order: else it raises CutOff
        for _ in range(50):
            speaker.send("[10:00:01] Bob: " + "x" * 4000)
        assert closing.is_alive(), "it did not wait for the server"
    closing.join(SECONDS)
    while isinstance(event := ann.next(), Received):
        pass
    assert event == LEFT


def test_what_the_server_says_after_a_quit_is_shown(server: ScriptedServer, ann: Client) -> None:
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        ann.send("/quit")
        speaker.expect("/quit")
        speaker.send("[10:00:01] * Bye, Ann.")
    assert ann.next() == Received(message.Notice("10:00:01", "Bye, Ann."))
    assert ann.next() == LEFT


def test_when_the_server_ends_the_client_says_goodbye_as_well(
    server: ScriptedServer, ann: Client
) -> None:
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        speaker.half_close()
        assert speaker.read_bytes_until_end() == b""  # in order: else it raises CutOff


def test_a_slow_server_gets_every_line_once_and_in_order(
    server: ScriptedServer, connect: Connect, authority: Authority
) -> None:
    """TLS may have taken half of what is sent; what is put behind it meanwhile must not disturb."""
    server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client = connect(server.port, reconnect=True, trust=Trust(authority.file))
    sent = 0
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        heard = 0
        while heard < 1500:
            with contextlib.suppress(SendQueueFull):
                while sent < 1500:
                    client.send(f"{sent} {'x' * 3000}")
                    sent += 1
            line = speaker.read_line()
            if line.startswith("/ping "):
                speaker.send(f"[10:00:01] * Pong {line.removeprefix('/ping ')}")
            else:
                assert line == f"{heard} {'x' * 3000}"
                heard += 1
        speaker.send(NOBODY_ELSE)
