"""What the lessons claim about addresses, datagrams, threads and TLS, as test_claims.py for TCP.

The name of a check is the claim.
"""

import contextlib
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.house.test_claims import on_linux
from tests.kit.harness import SECONDS, run
from tests.kit.two_addresses import resolve_localhost
from tests.shared.test_listener import has_ipv6

# --- addresses -----------------------------------------------------------------------------------


def test_a_server_at_one_address_is_not_at_the_other() -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = ("::1", listener.getsockname()[1])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, SECONDS)


def test_create_connection_tries_one_address_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # so that it is put back
    resolve_localhost(["::1", "127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(("localhost", address[1]), SECONDS) as client:
            assert client.getpeername() == address


@on_linux
def test_0_0_0_0_is_every_address_of_ipv4() -> None:
    """On Linux 127.0.0.2 is one of them."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        for host in ("127.0.0.1", "127.0.0.2"):
            socket.create_connection((host, listener.getsockname()[1]), SECONDS).close()


def test_a_datagram_to_nobody_is_sent_all_the_same() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            address = gone.getsockname()
        assert client.sendto(b"is anybody there?", address) == 17


# --- threads -------------------------------------------------------------------------------------

ENDS_BEFORE_ITS_THREAD = """
import threading, sys
went_on = threading.Event()
def run():
    went_on.wait(DAEMON and 60)
    print("the thread has ended")
threading.Thread(target=run, daemon=DAEMON).start()
print("the main thread has ended")
"""


@pytest.mark.parametrize("is_daemon", [False, True])
def test_a_program_waits_for_its_threads_but_for_daemons(is_daemon: bool) -> None:
    program = ENDS_BEFORE_ITS_THREAD.replace("DAEMON", str(is_daemon))
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    assert ("the thread has ended" in done.stdout) == (not is_daemon)


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture
def certificate(need: Need, tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key, for the host chat.example."""
    need(modules=["cryptography"])
    files = tmp_path / "chat-cert.pem", tmp_path / "chat-key.pem"
    given = ("--cert", str(files[0]), "--key", str(files[1]))
    assert run("phase4.certificate", "chat.example", *given)[0] == 0
    return files


def passed_in_tls(certificate: tuple[Path, Path], *lines: bytes) -> tuple[list[bytes], list[bytes]]:
    """What passes of a handshake, and of each line that the client then says.

    By OpenSSL alone, through buffers: what comes out of one end is put into the other.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.num_tickets = 0
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(to_server, server_out := ssl.MemoryBIO(), server_side=True)
    client = trusting.wrap_bio(
        to_client, client_out := ssl.MemoryBIO(), server_hostname="chat.example"
    )
    handshake = []
    for _ in range(10):
        for end, out, sink in ((client, client_out, to_server), (server, server_out, to_client)):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            if piece := out.read():
                handshake.append(piece)
                sink.write(piece)
    said = []
    for line in lines:
        client.write(line)
        said.append(client_out.read())
        to_server.write(said[-1])
        assert server.read() == line
    return handshake, said


def test_tls_adds_22_bytes_to_a_line_and_does_not_hide_its_length(
    certificate: tuple[Path, Path],
) -> None:
    lines = [b"x" * length for length in (1, 24, 1000)]
    _, said = passed_in_tls(certificate, *lines)
    assert [len(piece) for piece in said] == [length + 22 for length in (1, 24, 1000)]


def test_the_same_line_never_passes_as_the_same_bytes(certificate: tuple[Path, Path]) -> None:
    _, said = passed_in_tls(certificate, *[b"meet me at noon\n"] * 100)
    assert len({piece[5:] for piece in said}) == 100


def test_the_hosts_name_passes_in_the_clear_and_the_certificate_does_not(
    certificate: tuple[Path, Path],
) -> None:
    """The client asks for it in its first message (RFC 6066, 3); TLS 1.3 encrypts what follows."""
    handshake, _ = passed_in_tls(certificate)
    assert b"chat.example" in handshake[0]
    assert not [piece for piece in handshake[1:] if b"chat.example" in piece]
