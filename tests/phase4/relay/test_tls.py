"""The relay and TLS: ended in it on either side or on both, or passing through it as it is.

What is promised in each of these ways is in test_carrying.py; here is what only TLS brings.
"""

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.relay.relay import Relay
from phase4.relay.sides import ClientSide
from phase4.transport import reception
from phase4.transport.contexts import (
    client_context,
    fingerprint,
    fingerprint_of_file,
    server_context,
)
from phase4.transport.tls_socket import TLSSocket
from shared.address import Address
from tests.conftest import Need
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.chat import PROMPT, TIME, Chat
from tests.kit.harness import SECONDS, Server, run
from tests.kit.records import RecordWriter
from tests.kit.relayed import (
    FROM_EITHER,
    Certified,
    PlacedRelay,
    receive,
    receive_all,
    send_until_blocked,
)

Start = Callable[..., PlacedRelay]


def test_an_end_waits_until_a_slow_reader_has_room_for_it(certified: Certified) -> None:
    """The goodbye has some bytes of its own; without them, the end would look like a cut."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as connection,
        listener.accept()[0] as accepted,
    ):
        reader, writer = certified.wrap_client(connection), certified.wrap_server(accepted)
        shaking = threading.Thread(target=writer.do_handshake)
        shaking.start()
        reader.do_handshake()
        shaking.join(SECONDS)
        taken = fill(writer)
        ending = threading.Thread(target=writer.shutdown, args=(socket.SHUT_WR,))
        ending.start()
        ending.join(0.1)  # where it does not wait, it is over now
        heard = receive_all(reader)
        ending.join(SECONDS)
    assert len(heard) >= taken


def fill(writer: TLSSocket) -> int:
    """Send zeros until the system takes not one more byte; how many at least it has taken.

    A socket that counts as not writable may still take something small, as a goodbye is.
    """
    taken = refused = 0
    pause = threading.Event()
    writer.setblocking(False)
    while refused < 20:  # the system moves what it has from here to there, and may have room again
        try:
            taken += writer.send(bytes(1000))
            refused = 0
        except BlockingIOError:
            refused += 1
            pause.wait(0.005)
    writer.settimeout(SECONDS)
    return taken


def test_stopping_waits_for_no_handshake(start_relay: Start) -> None:
    relay = start_relay("both")
    relay.client()  # says nothing
    half = relay.client()
    half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a handshake
    client = relay.certified.wrap_client(relay.client())
    client.do_handshake()
    relay.sockets.append(relay.upstream.accept()[0])  # a server that does not answer
    relay.signal(signal.SIGTERM)
    assert relay.wait(4.0) == 0


# --- who is on the other side --------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"Alice\n", b"GET / HTTP/1.1\r\n\r\n", b"\r\n"])
def test_a_client_without_tls_is_told_so(both: PlacedRelay, said: bytes) -> None:
    client = both.client()
    client.sendall(said)
    answer = receive_all(client).decode()
    assert answer == "! This port speaks TLS only; connect with --tls. Goodbye.\n"


def test_a_client_that_waits_to_be_asked_is_told_as_well(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 0.1)
    assert told_by_relay(certified, b"") == (
        b"! This port speaks TLS only; connect with --tls. Goodbye.\n",
        "192.0.2.7:56324 was turned away: it does not speak TLS",
    )


def test_a_handshake_that_stalls_is_ended_in_silence(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has begun to speak TLS would take a sentence for a fault of the relay's."""
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 0.1)
    assert told_by_relay(certified, b"\x16\x03\x01\x02\x00\x01") == (
        b"",
        "192.0.2.7:56324 was turned away: its TLS handshake took too long",
    )


def told_by_relay(certified: Certified, said: bytes) -> tuple[bytes, str]:
    """What a client that says this reads, and what the relay reports; in this process."""
    reports: list[str] = []
    clients = ClientSide(server_context(certified.file))
    relay = Relay(Address("127.0.0.1", 1), reports.append, clients=clients)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as client,
        listener.accept()[0] as ours,
    ):
        client.sendall(said)
        serving = threading.Thread(target=relay.serve, args=(ours, "192.0.2.7:56324"))
        serving.start()
        heard = receive_all(client)
        client.close()
        serving.join(SECONDS)
        (report,) = reports
        return heard, report


def test_silence_after_the_handshake_is_fine(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 1.0)  # for the handshake, and only that
    side = ClientSide(server_context(certified.file))
    heard: list[bytes] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as connection,
        listener.accept()[0] as ours,
    ):
        serving = threading.Thread(target=lambda: heard.append(side.secure(ours).recv(100)))
        serving.start()
        client = certified.wrap_client(connection)
        client.do_handshake()
        serving.join(1.2)  # longer than a handshake may take
        assert serving.is_alive()
        client.sendall(b"at last")
        serving.join(SECONDS)
    assert heard == [b"at last"]


def test_handshakes_that_stall_hold_up_nobody(both: PlacedRelay) -> None:
    for _ in range(20):
        both.client()
        both.client().sendall(b"\x16\x03\x01\x02\x00\x01")
    client, server = both.streams()
    client.sendall(b"hello")
    assert receive(server, 5) == b"hello"


def test_only_versions_of_tls_that_hold_are_spoken(both: PlacedRelay) -> None:
    old = client_context(both.certified.ca)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with both.client() as connection, pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        old.wrap_socket(connection, server_hostname="127.0.0.1")
    both.expect("was turned away: no agreement on TLS")


def test_who_alters_a_byte_ends_the_connection(both: PlacedRelay) -> None:
    client, server = both.streams()
    client.sendall(b"as it was said")
    assert receive(server, 14) == b"as it was said"
    both.raw[0].sendall(b"\x17\x03\x03\x00\x40" + bytes(64))  # a record, but made without the key
    with pytest.raises(ConnectionResetError):
        receive_all(server)
    both.expect(r"was cut off \(what arrived was altered on the way\): 14 bytes to the server, 0 ")


def test_a_client_that_is_cut_off_frees_a_server_that_is_held_up_by_it(both: PlacedRelay) -> None:
    """It does not read; only the goodbye is missing, so that TCP alone would wait for ever."""
    _, server = both.streams()
    assert send_until_blocked(server, bytes(64 << 20)) < 64 << 20
    both.raw[0].shutdown(socket.SHUT_WR)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        server.sendall(bytes(64 << 20))
    both.expect(r"was cut off \(cut off, so that the last words may be missing\)")


def test_a_client_that_only_asks_for_new_keys_frees_a_server_that_is_held_up_by_it(
    start_relay: Start, certified: Certified, tmp_path: Path
) -> None:
    relay = start_relay("client")
    client = RecordWriter(relay.client(), certified.ca, tmp_path / "keys")
    server, _ = relay.upstream.accept()
    with server:
        assert send_until_blocked(server, bytes(64 << 20)) < 64 << 20
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                client.socket.sendall(client.key_update())
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            server.sendall(bytes(64 << 20))
    relay.expect(r"was cut off \(sends, and says nothing\)")


# --- whether the server is the right one ---------------------------------------------------------


@contextlib.contextmanager
def serving(listener: socket.socket, certificate: Path) -> Iterator[list[bytes]]:
    """A server with this certificate, for one connection; what it was told, at the end."""
    told: list[bytes] = []

    def serve() -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(SECONDS)
            stream = TLSSocket(accepted, server_context(certificate), server_side=True)
            with contextlib.suppress(OSError):
                stream.do_handshake()
                stream.sendall(b"welcome\n")
                told.append(stream.recv(100))

    thread = threading.Thread(target=serve)
    thread.start()
    yield told
    thread.join(SECONDS)
    assert not thread.is_alive()


DISTRUSTED = (
    b"! The relay cannot tell whether the server is the right one, and sent it nothing. "
    b"Ask the operator of the relay.\n"
)


def test_the_first_certificate_is_remembered_and_any_other_refused(
    start_relay: Start, certified: Certified, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    other = certified.authority.certificate()
    relay = start_relay("plain", "--upstream-tls", "--known-hosts", str(known))
    for _ in range(2):
        with serving(relay.upstream, certified.file):
            client = relay.client()
            assert receive(client, 8) == b"welcome\n"
            client.close()
    with serving(relay.upstream, other) as told:
        client = relay.client()
        client.sendall(b"a secret")
        assert receive_all(client) == DISTRUSTED
    assert b"".join(told) == b""
    port = relay.upstream.getsockname()[1]
    relay.expect(rf"turned away: 127\.0\.0\.1 port {port} shows another certificate than before")
    output = "\n".join(relay.output)
    first, changed = (
        output.index(words) for words in ("This is the first time", "shows another certificate")
    )
    assert output.count("This is the first time") == 1
    assert fingerprint_in(output[first:changed]) == fingerprint_of_file(certified.file)
    relay.expect(groups_of(fingerprint_of_file(other))[-1])
    with serving(relay.upstream, certified.file):  # and it goes on
        assert receive(relay.client(), 8) == b"welcome\n"
        relay.close_sockets()
    assert fingerprint_of_file(certified.file) in known.read_text()
    assert fingerprint_of_file(other) not in known.read_text()


def test_with_an_authority_only_who_it_vouches_for_is_trusted(
    start_relay: Start, certified: Certified, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path).certificate()
    elsewhere = certified.authority.certificate("chat.example")
    relay = start_relay("server")
    for certificate, why in (
        (stranger, "Nobody in .* vouches"),
        (elsewhere, "is for another host"),
    ):
        with serving(relay.upstream, certificate) as told:
            assert receive_all(relay.client()) == DISTRUSTED
        assert told == []
        relay.expect(f"was turned away: .*{why}")


def test_a_server_without_tls_is_said_to_be_one(start_relay: Start) -> None:
    relay = start_relay("server")
    client = relay.client()
    with relay.upstream.accept()[0] as server:
        server.sendall(b"* Enter your nickname:\n")
        assert receive_all(client) == (
            b"! The relay cannot talk to the server over TLS. Ask the operator of the relay.\n"
        )
    relay.expect("was turned away: .* does not speak TLS, and nothing was sent to it")


# --- real peers ----------------------------------------------------------------------------------


def test_openssl_chats_through_both_sides(
    need: Need, start: Callable[..., Chat], certified: Certified
) -> None:
    need("openssl")
    chat = start("--tls-cert", str(certified.file))
    with (
        Server(
            "phase4.relay",
            *("--upstream", f"{chat.host}:{chat.port}", "--ca", str(certified.ca)),
            *("--tls-cert", str(certified.file)),
        ) as relay,
        subprocess.Popen(
            [
                *("openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error"),
                *("-CAfile", str(certified.ca), "-connect", f"{relay.host}:{relay.port}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as client,
    ):
        assert client.stdin is not None
        assert client.stdout is not None
        assert re.fullmatch(PROMPT + "\n", client.stdout.readline().decode())
        client.stdin.write(b"Bob\n/who\n/quit\n")
        client.stdin.flush()
        said = client.stdout.read().decode().splitlines()
        assert re.fullmatch(rf"{TIME} \* Welcome, Bob! 1 online\. .*", said[0])
        assert re.fullmatch(rf"{TIME} \* 1 online: Bob", said[1])
        assert client.wait(SECONDS) == 0
        relay.expect(r"connected \(TLSv1\.3 with the client, TLSv1\.3 with the server\)$")
        relay.expect(r" closed: 15 bytes to the server, \d+ bytes back$")


# --- what one in the middle sees, and can do ------------------------------------------------------


@pytest.fixture(scope="module")
def lasting_altering(certified: Certified) -> Iterator[PlacedRelay]:
    """A relay that ends TLS, and makes use of it."""
    altering = ("--trace", "--replace", "six", "nine", "--replace", "°", "")
    with PlacedRelay(certified, "both", *altering) as relay, relay.upstream:
        yield relay


@pytest.fixture
def altering(lasting_altering: PlacedRelay) -> Iterator[PlacedRelay]:
    """The same; the connections of the check are closed with it."""
    yield lasting_altering
    lasting_altering.close_sockets()


def test_the_trace_shows_plain_text_where_tls_ends(altering: PlacedRelay) -> None:
    client, _ = altering.streams()
    client.sendall(b"a secret\n")
    altering.expect(r"client → server      9 bytes  a secret\\n$")
    client.shutdown(socket.SHUT_WR)
    altering.expect(r"client → server          FIN$")


@FROM_EITHER
def test_what_is_not_encrypted_in_the_relay_can_be_altered_there(
    altering: PlacedRelay, sender: int
) -> None:
    pair = altering.streams()
    pair[sender].sendall("at six, sixty six, 30°C\n".encode())
    altered = b"at nine, ninety nine, 30C\n"
    assert receive(pair[1 - sender], len(altered)) == altered
    altering.expect(r"25 bytes  at six, sixty six, 30°C\\n$")
    altering.expect(r"altered to  at nine, ninety nine, 30C\\n$")
    for each in pair:
        each.shutdown(socket.SHUT_WR)
    altering.expect(rf" {len(altered)} bytes {('to the server', 'back')[sender]}")


def test_nothing_is_held_back_for_the_rest_of_a_word(altering: PlacedRelay) -> None:
    client, server = altering.streams()
    client.sendall(b"si")
    assert receive(server, 2) == b"si"
    client.sendall(b"x six")
    assert receive(server, 6) == b"x nine"


def test_the_trace_shows_that_a_stream_was_cut_off(altering: PlacedRelay) -> None:
    altering.streams()
    shown = len(altering.output)
    altering.raw[0].shutdown(socket.SHUT_WR)
    altering.expect(r"client → server      cut off$")
    altering.expect(r"was cut off \(")
    number = altering.output[-2].split()[1]
    assert not [line for line in altering.output[shown:] if f"{number} " in line and "FIN" in line]


def test_where_tls_passes_through_there_is_nothing_to_see_or_alter(start_relay: Start) -> None:
    relay = start_relay("through", "--trace", "--replace", "secret", "public")
    client, server = relay.streams()
    client.sendall(b"a secret\n" * 100)
    assert receive(server, 900) == b"a secret\n" * 100
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    relay.expect(" closed: ")
    traced = [line for line in relay.output if "→" in line]
    assert any("client → server" in line for line in traced)
    assert not any("secret" in line or "altered" in line for line in traced)


def test_the_relay_says_at_once_that_it_alters(start_relay: Start) -> None:
    relay = start_relay("client", "--quiet", "--replace", "six", "nine", "--replace", "a\n", "")
    relay.expect(r"^Fingerprint SHA256$")
    relay.expect(r"^ALTERING what people say, both ways: 'six' becomes 'nine'$")
    relay.expect(r"^ALTERING what people say, both ways: 'a\\n' becomes ''$")


def test_when_it_is_full_nobody_is_told_in_the_clear_where_tls_is_spoken(
    start_relay: Start,
) -> None:
    """A client would take such words for a peer without TLS."""
    relay = start_relay("client", "--max-clients", "1")
    relay.streams()
    assert receive_all(relay.client()) == b""


# --- the command line ----------------------------------------------------------------------------


def test_bytes_that_are_no_text_can_be_replaced_as_well(start_relay: Start) -> None:
    relay = start_relay("client", "--replace", os.fsdecode(b"\xff"), "!")
    client, server = relay.streams()
    client.sendall(b"a\xffb")
    assert receive(server, 3) == b"a!b"


def test_it_shows_the_fingerprint_that_clients_see(
    start_relay: Start, certified: Certified
) -> None:
    relay = start_relay("client")
    assert relay.output[0].startswith(f"Listening on 127.0.0.1:{relay.port} with TLS, forwarding ")
    client, _ = relay.streams()
    assert isinstance(client, TLSSocket)
    relay.expect(groups_of(fingerprint(client.peer_certificate))[-1])
    assert fingerprint_in("\n".join(relay.output)) == fingerprint(client.peer_certificate)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--tls-cert", "FILE"), "phase4.relay: FILE cannot be read: No such file or directory."),
        (("--tls-cert", "OTHER"), "phase4.relay: OTHER holds no certificate in PEM."),
        (("--upstream-tls", "--ca", "FILE"), "phase4.relay: FILE cannot be read: No such file"),
        (("--tls-key", "FILE"), "--tls-key needs --tls-cert"),
        (("--replace", "", "x"), "--replace: OLD must not be empty"),
        (("--trusted-proxy", "10.1.2.3/8"), "write 10.0.0.0/8"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_one_sentence(
    tmp_path: Path, certified: Certified, arguments: tuple[str, ...], why: str
) -> None:
    missing = str(tmp_path / "missing.pem")
    other = tmp_path / "other.pem"  # good for OpenSSL, but its fingerprint is not found
    other.write_text(certified.file.read_text().replace(" CERTIFICATE-", " X509 CERTIFICATE-"))
    given = [{"FILE": missing, "OTHER": str(other)}.get(each, each) for each in arguments]
    status, output = run("phase4.relay", "--port", "0", *given)
    assert status == 2
    assert why.replace("FILE", missing).replace("OTHER", str(other)) in output.splitlines()[-1]
    assert "Traceback" not in output
