"""The PROXY protocol: the line, how it is read, and from whom it is believed."""

import argparse
import contextlib
import ipaddress
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.transport.proxy_protocol import (
    MAX_HEADER_BYTES,
    NoHeader,
    ProxyError,
    TrustedProxies,
    header,
    parse,
    proxy_network,
    receive,
)
from shared.address import Address
from tests.kit.harness import SECONDS

PORTS = st.integers(0, 65535)
IPV4 = st.tuples(st.ip_addresses(v=4).map(str), PORTS)
# What getpeername() gives: IPv6, or IPv4 in the form of IPv6, as a listener for both kinds has it.
IPV6 = st.tuples(st.ip_addresses(v=6).map(str), PORTS, st.just(0), st.just(0)).filter(
    lambda address: not address[0].startswith("::")  # forms that the standard library writes apart
)
MAPPED = IPV4.map(lambda address: (f"::ffff:{address[0]}", address[1], 0, 0))
LINE = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\n"
V2 = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12)


# --- the line ----------------------------------------------------------------------------------


@given(st.one_of(IPV4, IPV6, MAPPED), st.one_of(IPV4, IPV6, MAPPED))
def test_what_is_written_is_what_is_read(
    client: tuple[object, ...], server: tuple[object, ...]
) -> None:
    line = header(Address.of(client), Address.of(server))
    assert parse(line) == Address.of(client)
    assert len(line) <= MAX_HEADER_BYTES


@given(st.one_of(IPV4, IPV6, MAPPED), st.one_of(IPV4, IPV6, MAPPED))
def test_a_header_has_the_form_of_the_specification(
    client: tuple[object, ...], server: tuple[object, ...]
) -> None:
    line = header(Address.of(client), Address.of(server)).decode("ascii")
    number = r"(0|[1-9]\d*)"
    ipv4, ipv6 = rf"{number}(\.{number}){{3}}", r"[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}"
    assert re.fullmatch(
        rf"PROXY (TCP4 {ipv4} {ipv4}|TCP6 {ipv6} {ipv6}) {number} {number}\r\n", line
    )


@pytest.mark.parametrize(
    ("client", "server", "line"),
    [
        (("192.0.2.7", 1), ("10.0.0.1", 2), "TCP4 192.0.2.7 10.0.0.1 1 2"),
        (("::ffff:192.0.2.7", 1, 0, 0), ("10.0.0.1", 2), "TCP4 192.0.2.7 10.0.0.1 1 2"),
        (("2001:db8::7", 1, 0, 0), ("::1", 2, 0, 0), "TCP6 2001:db8::7 ::1 1 2"),
        (("fe80::7%eth0", 1, 0, 2), ("fe80::1", 2, 0, 2), "TCP6 fe80::7 fe80::1 1 2"),
        (("192.0.2.7", 1), ("::1", 2, 0, 0), "TCP6 ::ffff:c000:207 ::1 1 2"),
        (("/run/chat", 0), ("10.0.0.1", 2), "UNKNOWN"),
        (("proxy.example", 1), ("10.0.0.1", 2), "UNKNOWN"),
    ],
)
def test_what_each_pair_of_addresses_is_written_as(
    client: tuple[object, ...], server: tuple[object, ...], line: str
) -> None:
    assert header(Address.of(client), Address.of(server)) == f"PROXY {line}\r\n".encode()


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b"TCP4 0.0.0.0 255.255.255.255 0 65535", "0.0.0.0:0"),
        (b"TCP6 2001:DB8:0:0:0:0:0:7 ::1 56324 12345", "[2001:db8::7]:56324"),
        (b"TCP6 ::ffff:192.0.2.7 ::ffff:10.0.0.1 56324 12345", "192.0.2.7:56324"),
        (b"UNKNOWN", None),
        (b"UNKNOWN " + b"f" * 79 + b" 65535 65535", None),
        (b"UNKNOWN \x00\xff  whatever it is", None),
    ],
)
def test_what_a_line_says(line: bytes, address: str | None) -> None:
    said = parse(b"PROXY " + line + b"\r\n")
    assert (said and str(said)) == address


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"PROXY\r\n",
        b"PROXY \r\n",
        b"Alice\r\n",
        LINE.removesuffix(b"\r\n"),
        LINE.removesuffix(b"\r\n") + b"\n",
        LINE + b"x",
        LINE + LINE,
        b" " + LINE,
        LINE.lower(),
        b"PROXY TCP4 192.0.2.7 10.0.0.1 56324\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345 1\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345 \r\n",
        b"PROXY TCP4  192.0.2.7 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4\t192.0.2.7 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 056324 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 00 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 65536 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 99999\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.1 +1 12345\r\n",
        b"PROXY TCP4 192.0.2.07 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4 192.0.2.7 10.0.0.256 56324 12345\r\n",
        b"PROXY TCP4 192.0.2 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4 192.0.2.7/32 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4 \xd9\xa1.0.2.7 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP4 ::1 ::1 56324 12345\r\n",
        b"PROXY TCP6 192.0.2.7 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP6 ::1 10.0.0.1 56324 12345\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 56324 12345\r\n",
        b"PROXY TCP6 1::2::3 ::1 56324 12345\r\n",
        b"PROXY UDP4 192.0.2.7 10.0.0.1 56324 12345\r\n",
        b"PROXY UNKNOWNS\r\n",
        b"PROXY UNKNOWN\r\nAlice\r\n",
        b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",  # 108 bytes
        V2,
    ],
)
def test_all_else_is_refused(line: bytes) -> None:
    with pytest.raises(ProxyError):
        parse(line)


@given(st.binary(max_size=120) | st.binary(max_size=110).map(lambda end: b"PROXY TCP4 " + end))
def test_no_bytes_at_all_raise_anything_but_the_one_error(line: bytes) -> None:
    with contextlib.suppress(ProxyError):
        parse(line)


@given(st.integers(0, len(LINE) - 1), st.integers(0, 255))
def test_a_line_with_one_byte_changed_is_refused_or_another_address(at: int, byte: int) -> None:
    changed = LINE[:at] + bytes([byte]) + LINE[at + 1 :]
    try:
        address = parse(changed)
    except ProxyError:
        return
    assert address is not None
    assert f"PROXY TCP4 {address.host} ".encode() in changed
    assert f" {address.port} ".encode() in changed


# --- reading it ----------------------------------------------------------------------------------


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The proxy's end of a connection, and ours."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), SECONDS) as proxy,
        listener.accept()[0] as ours,
    ):
        proxy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ours.settimeout(SECONDS)
        yield proxy, ours


Pair = tuple[socket.socket, socket.socket]


def test_it_takes_the_header_and_not_a_byte_more(pair: Pair) -> None:
    proxy, ours = pair
    proxy.sendall(LINE + b"\x16\x03\x01 the rest")
    assert receive(ours, SECONDS) == Address("192.0.2.7", 56324)
    assert ours.recv(100) == b"\x16\x03\x01 the rest"


def test_the_longest_line_there_can_be_is_read(pair: Pair) -> None:
    proxy, ours = pair
    line = b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n"
    assert len(line) == MAX_HEADER_BYTES
    proxy.sendall(line + b"x")
    assert receive(ours, SECONDS) is None
    assert ours.recv(100) == b"x"


def test_it_is_read_from_pieces_of_any_size(pair: Pair) -> None:
    proxy, ours = pair
    pause = threading.Event()

    def send() -> None:
        for at in range(len(LINE)):
            proxy.sendall(LINE[at : at + 1])
            pause.wait(0.001)

    thread = threading.Thread(target=send)
    thread.start()
    assert receive(ours, SECONDS) == Address("192.0.2.7", 56324)
    thread.join(SECONDS)


@pytest.mark.parametrize("seconds", [None, 12.5])
def test_the_time_out_of_the_connection_is_as_before(pair: Pair, seconds: float | None) -> None:
    proxy, ours = pair
    ours.settimeout(seconds)
    proxy.sendall(LINE)
    receive(ours, SECONDS)
    assert ours.gettimeout() == seconds
    proxy.sendall(b"no header")
    with pytest.raises(ProxyError):
        receive(ours, SECONDS)
    assert ours.gettimeout() == seconds


def test_one_deadline_holds_for_all_of_it(pair: Pair) -> None:
    """Who sends a byte now and then does not begin the time anew."""
    proxy, ours = pair
    is_over = threading.Event()

    def drip() -> None:
        for byte in b"PROXY UNKNOWN " + b"x" * 50:
            if is_over.wait(0.05):
                return
            proxy.sendall(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    with pytest.raises(ProxyError, match="in time"):
        receive(ours, 0.2)
    assert time.monotonic() - began < 2.5  # all that drips would take 3.2
    is_over.set()
    thread.join(SECONDS)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"A", "not a PROXY header of version 1"),
        (b"\x16\x03\x01", "not a PROXY header of version 1"),  # TLS
        (b"PROXYTCP", "not a PROXY header of version 1"),
        (b"PROXY UNKNOWN " + b"x" * 93, "longer than 107 bytes"),
        (b"\r\nA", "not a PROXY header of version 1"),
        (V2[:12], "version 2"),
        (V2, "version 2"),
        (b"PROXY TCP4 nonsense\r\n", "not a PROXY header of version 1"),
        (b"PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", "not a TCP4 address"),
    ],
)
def test_what_is_no_header_is_known_at_once(pair: Pair, said: bytes, why: str) -> None:
    proxy, ours = pair
    proxy.sendall(said)  # and nothing more: to wait for a line would take the whole time
    with pytest.raises(ProxyError, match=why):
        receive(ours, SECONDS)


@pytest.mark.parametrize(("said", "error"), [(b"", NoHeader), (b"PROXY TC", ProxyError)])
@pytest.mark.parametrize("is_reset", [False, True], ids=["FIN", "RST"])
def test_who_ends_before_the_header_did_is_told_apart_from_who_was_silent(
    pair: Pair, said: bytes, error: type[ProxyError], is_reset: bool
) -> None:
    proxy, ours = pair
    proxy.sendall(said)
    if is_reset:
        if said:
            ours.recv(1, socket.MSG_PEEK)
        proxy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    proxy.close()
    with pytest.raises(ProxyError) as caught:
        receive(ours, SECONDS)
    # A reset may overtake what was said before it.
    assert caught.type is error or (is_reset and caught.type is NoHeader)


# --- whom to believe ------------------------------------------------------------------------------


def test_nobody_is_trusted_unless_named() -> None:
    nobody = TrustedProxies()
    assert not nobody
    assert not any(Address(host, 1) in nobody for host in ("127.0.0.1", "::1", "0.0.0.0"))


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1"),
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
        ("2001:db8::/32", "2001:db8::7", "2001:db9::7"),
        ("fe80::/10", "fe80::1%eth0", "fec0::1%eth0"),
        ("::1", "::1", "::2"),
        ("::/0", "::1", "127.0.0.1"),
        ("0.0.0.0/0", "127.0.0.1", "nonsense"),
        ("0.0.0.0/0", "127.0.0.1", ""),
    ],
)
def test_who_is_inside_a_network_is_trusted(network: str, inside: str, outside: str) -> None:
    trusted = TrustedProxies([proxy_network("192.0.2.1"), proxy_network(network)])
    assert trusted
    assert Address(inside, 4567) in trusted
    assert Address(outside, 4567) not in trusted


@given(st.one_of(IPV4, IPV6, MAPPED))
def test_every_address_is_its_own_network(address: tuple[object, ...]) -> None:
    host = str(address[0])
    trusted = TrustedProxies([proxy_network(host)])
    assert Address.of(address) in trusted
    other = str(ipaddress.ip_address(int(ipaddress.ip_address(host)) ^ 1))
    assert Address(other, 1) not in trusted or ipaddress.ip_address(host).version != 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("proxy.example", "is neither an address nor a network"),
        ("127.0.0.1:80", "is neither an address nor a network"),
        ("10.0.0.0/33", "is neither an address nor a network"),
        ("010.0.0.1", "is neither an address nor a network"),
        ("", "is neither an address nor a network"),
        ("10.1.2.3/8", "write 10.0.0.0/8"),
        ("2001:db8::7/32", "write 2001:db8::/32"),
    ],
)
def test_what_is_no_network_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(why)) as caught:
        proxy_network(text)
    assert repr(text) in str(caught.value)
