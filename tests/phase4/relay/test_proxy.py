"""The relay and the PROXY protocol: whom it tells whose connection it is, and whom it believes."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.transport.tls_socket import TLSSocket
from tests.kit.certificates import Authority
from tests.kit.harness import SECONDS
from tests.kit.relayed import PlacedRelay, receive, receive_all

Start = Callable[..., PlacedRelay]


def test_the_relay_tells_the_server_who_the_client_is(start_relay: Start) -> None:
    relay = start_relay("plain", "--send-proxy")
    client, server = relay.pair()
    client.sendall(b"hello")
    line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {client.getsockname()[1]} {relay.port}\r\nhello"
    assert receive(server, len(line)) == line.encode()


def test_without_the_option_the_relay_adds_nothing(start_relay: Start) -> None:
    relay = start_relay("plain")
    client, server = relay.pair()
    client.sendall(b"hello")
    client.shutdown(socket.SHUT_WR)
    assert receive_all(server) == b"hello"


def test_the_header_comes_before_tls(start_relay: Start, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    relay = start_relay("plain", "--send-proxy", "--ca", str(authority.file))
    client, server = relay.pair()
    line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {client.getsockname()[1]} {relay.port}\r\n"
    assert receive(server, len(line)) == line.encode()
    stream = TLSSocket(server, authority.context(), server_side=True)
    stream.do_handshake()
    client.sendall(b"hello")
    assert receive(stream, 5) == b"hello"


def test_a_trusted_proxy_tells_the_relay_who_the_client_is(start_relay: Start) -> None:
    relay = start_relay("plain", "--send-proxy", "--trusted-proxy", "127.0.0.0/8")
    client = relay.client()
    client.sendall(b"PROXY TCP6 2001:db8::7 ::1 56324 12345\r\nhello")
    server, _ = relay.upstream.accept()
    relay.sockets.append(server)
    server.settimeout(SECONDS)
    line = b"PROXY TCP6 2001:db8::7 ::ffff:7f00:1 56324 %d\r\nhello" % relay.port
    assert receive(server, len(line)) == line
    relay.expect(r"^\[2001:db8::7\]:56324 connected$")
    client.close()
    server.close()
    relay.expect(r"^\[2001:db8::7\]:56324 closed: 5 bytes to the server")


def test_from_others_the_relay_takes_a_header_for_ordinary_bytes(start_relay: Start) -> None:
    relay = start_relay("plain", "--trusted-proxy", "127.0.0.9")
    client, server = relay.pair()
    line = b"PROXY TCP4 192.0.2.7 127.0.0.1 56324 12345\r\n"
    client.sendall(line)
    assert receive(server, len(line)) == line
    relay.expect(rf"^127.0.0.1:{client.getsockname()[1]} connected$")


def test_unknown_leaves_the_proxys_own_address(start_relay: Start) -> None:
    relay = start_relay("plain", "--trusted-proxy", "127.0.0.1")
    client = relay.client()
    client.sendall(b"PROXY UNKNOWN\r\nhello")
    server, _ = relay.upstream.accept()
    relay.sockets.append(server)
    server.settimeout(SECONDS)
    assert receive(server, 5) == b"hello"
    relay.expect(rf"^127.0.0.1:{client.getsockname()[1]} connected$")


@pytest.mark.parametrize("said", [b"Alice\n", b"\x16\x03\x01", b"PROXY nonsense\r\n"])
def test_a_trusted_proxy_that_says_something_else_is_told_so(
    start_relay: Start, said: bytes
) -> None:
    relay = start_relay("plain", "--trusted-proxy", "127.0.0.1")
    client = relay.client()
    client.sendall(said)
    assert receive_all(client) == b"! This is not a PROXY header of version 1.\n"
    relay.expect(r" was turned away: it is a trusted proxy, but: This is not a PROXY header")


def test_a_health_check_without_a_header_is_not_even_reported(start_relay: Start) -> None:
    relay = start_relay("plain", "--trusted-proxy", "127.0.0.1")
    threads = [threading.Thread(target=lambda: relay.client().close()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    client = relay.client()
    client.sendall(b"PROXY TCP4 192.0.2.7 127.0.0.1 56324 12345\r\n")
    relay.expect(r"^192\.0\.2\.7:56324 connected$")
    assert len(relay.output) == 2
