"""How newcomers are received: what each that breaks off is told, and what the operator is told.

The header of a trusted proxy has checks of its own (test_proxy_protocol.py), and so have the
handshakes of server and relay: here is what both of them decide alike.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from phase4.transport import reception
from phase4.transport.handshake import TLS_ONLY, shake_hands
from phase4.transport.proxy_protocol import TrustedProxies, proxy_network
from phase4.transport.reception import TurnedAway, identify
from phase4.transport.tls_socket import TLSSocket
from shared.address import Address
from shared.framing import encode_line
from tests.kit.certificates import Authority
from tests.kit.harness import SECONDS
from tests.kit.relayed import reset

TOLD = encode_line(TLS_ONLY)
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
PROXY = Address("192.0.2.1", 4567)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The newcomer's end of a connection, and ours."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as newcomer,
        listener.accept()[0] as ours,
    ):
        yield newcomer, ours


def is_silent(newcomer: socket.socket) -> None:
    """As a chat client without TLS, which waits to be asked for a name."""


def begins_and_stalls(newcomer: socket.socket) -> None:
    newcomer.sendall(HALF_A_HELLO)


def begins_and_goes(newcomer: socket.socket) -> None:
    newcomer.sendall(HALF_A_HELLO)
    newcomer.shutdown(socket.SHUT_WR)


def talks(newcomer: socket.socket) -> None:
    newcomer.sendall(b"Alice\n")


def looks_in(newcomer: socket.socket) -> None:
    newcomer.close()


def looks_in_and_resets(newcomer: socket.socket) -> None:
    reset(newcomer)


def distrusts_us(newcomer: socket.socket) -> None:
    stranger = ssl.create_default_context()
    with contextlib.suppress(ssl.SSLError):
        stranger.wrap_socket(newcomer, server_hostname="127.0.0.1")


@pytest.mark.parametrize(
    ("behaves", "reason", "told"),
    [
        (talks, "it does not speak TLS", TOLD),
        (is_silent, "it does not speak TLS", TOLD),
        (begins_and_stalls, "its TLS handshake took too long", b""),
        (begins_and_goes, "no agreement on TLS: cut off without a goodbye", b""),
        (distrusts_us, "it does not trust our certificate", b""),
        (looks_in, "", b""),
        (looks_in_and_resets, "", b""),
    ],
)
def test_why_there_is_no_tls_is_said_to_whom_it_helps(
    pair: Pair,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    behaves: Callable[[socket.socket], None],
    reason: str,
    told: bytes,
) -> None:
    newcomer, ours = pair
    waits = behaves in (is_silent, begins_and_stalls)
    monkeypatch.setattr(reception, "RECEPTION_SECONDS", 0.1 if waits else SECONDS)
    stream = TLSSocket(ours, authority.context(), server_side=True)
    thread = threading.Thread(target=behaves, args=(newcomer,))
    thread.start()
    with pytest.raises(TurnedAway) as caught:
        shake_hands(stream)
    thread.join(SECONDS)
    assert (caught.value.reason, caught.value.last_line) == (reason, told)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", ""),
        (b"PROXY TC", "The connection ended before its PROXY header did."),
        (b"Alice\n", "This is not a PROXY header of version 1."),
    ],
)
def test_a_trusted_proxy_is_told_what_is_wrong_and_a_health_check_nothing(
    pair: Pair, said: bytes, reason: str
) -> None:
    newcomer, ours = pair
    newcomer.sendall(said)
    newcomer.shutdown(socket.SHUT_WR)
    with pytest.raises(TurnedAway) as caught:
        identify(ours, PROXY, TrustedProxies([proxy_network(PROXY.host)]))
    assert caught.value.reason == (reason and f"it is a trusted proxy, but: {reason}")
    assert caught.value.last_line == (encode_line(f"! {reason}") if reason else b"")


def test_a_trusted_proxy_says_whose_connection_it_is_and_what_follows_is_left(pair: Pair) -> None:
    newcomer, ours = pair
    newcomer.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\nhello")
    trusted = TrustedProxies([proxy_network(PROXY.host)])
    assert identify(ours, PROXY, trusted) == Address("192.0.2.7", 56324)
    assert ours.recv(100) == b"hello"


def test_all_others_speak_for_themselves_whatever_they_say(pair: Pair) -> None:
    newcomer, ours = pair
    said = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\n"
    newcomer.sendall(said)
    assert identify(ours, PROXY, TrustedProxies()) == PROXY
    assert ours.recv(100) == said
