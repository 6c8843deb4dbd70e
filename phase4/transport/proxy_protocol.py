r"""The PROXY protocol, version 1: how a proxy tells the server which client it speaks for.

New here: to a server behind a proxy, everybody comes from the proxy's address. So the proxy sends
one line before all else, and after it the client's bytes as they are:

    PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\n
          |    |         |        |     the port that the client connected to
          |    |         |        the client's own port
          |    |         the address that the client connected to
          |    the client's own address
          TCP4, TCP6, or UNKNOWN: then the rest says nothing, and the connection's own address holds

It is section 2.1 of HAProxy's specification (haproxy.org, proxy-protocol.txt); nginx, Traefik and
the load balancers of the large clouds speak it too. Nothing proves such a line: anybody who can
connect can write one. So it counts only from addresses that the operator has named
(TrustedProxies); from all others it is a line like others, and no person's. A proxy that is
named must write the header itself. One that only passes bytes on (our relay without --send-proxy)
passes on a header that a client made up as well.
"""

import argparse
import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterable

from shared.address import Address, IPAddress, Network, ip_address, ip_network, unmapped
from shared.deadline import Deadline

MAX_HEADER_BYTES = 107
"""The longest line there can be, its CRLF included (the specification, 2.1)."""

_BEGIN = b"PROXY "
BEGIN_OF_V2 = b"\r\n\r\n\x00\r\nQUIT\n"

# One space between two fields, no more; a number has no leading zero, or could be taken for octal.
_TCP = rb"PROXY (TCP[46]) ([^ ]+) ([^ ]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n"
_UNKNOWN = rb"PROXY UNKNOWN(?: [^\n]*)?\r\n"


class ProxyError(Exception):
    """There is no header that can be used; the text is a sentence that says why."""


class NoHeader(ProxyError):
    """The peer ended before it had said anything, as the health checks of load balancers do."""


# --- the line itself ----------------------------------------------------------------------------


def header(client: Address, server: Address) -> bytes:
    r"""The line for a connection of `client` to `server`.

    >>> header(Address("192.0.2.7", 56324), Address("10.0.0.1", 12345))
    b'PROXY TCP4 192.0.2.7 10.0.0.1 56324 12345\r\n'
    """
    try:
        source, target = _ip(client), _ip(server)
    except ValueError:
        return b"PROXY UNKNOWN\r\n"
    ports = f"{client.port} {server.port}"
    if source.version == target.version == 4:
        return f"PROXY TCP4 {source} {target} {ports}\r\n".encode()
    # Of both kinds: behind another proxy, a client of IPv4 may come over a connection of IPv6.
    return f"PROXY TCP6 {_as_ipv6(source)} {_as_ipv6(target)} {ports}\r\n".encode()


def parse(line: bytes) -> Address | None:
    r"""The client's address; None: the connection's own one holds.

    Raises ProxyError for all that is not exactly one header of version 1, with its CRLF.

    >>> parse(b"PROXY TCP6 2001:DB8::7 ::1 56324 12345\r\n")
    Address(host='2001:db8::7', port=56324)
    >>> parse(b"PROXY UNKNOWN\r\n") is None
    True
    """
    if len(line) > MAX_HEADER_BYTES:
        raise ProxyError(_WHY_TOO_LONG)
    if line.startswith(BEGIN_OF_V2):
        raise ProxyError(_WHY_NOT_V2)
    if re.fullmatch(_UNKNOWN, line):  # what else it says must be ignored (2.1)
        return None
    found = re.fullmatch(_TCP, line)
    if not found:
        raise ProxyError(_WHY_NOT_V1)
    family, source, target, *ports = (field.decode("latin-1") for field in found.groups())
    if max(map(int, ports)) > 65535:
        raise ProxyError("The PROXY header has a port over 65535.")
    address, _ = _field(family, source), _field(family, target)
    return Address(str(address), int(ports[0]))


_WHY_TOO_LONG = f"The PROXY header is longer than {MAX_HEADER_BYTES} bytes."
_WHY_NOT_V1 = "This is not a PROXY header of version 1."
_WHY_NOT_V2 = "This is a PROXY header of version 2 (binary); only version 1 is understood."


def _field(family: str, text: str) -> IPAddress:
    """An address of the header. Raises ProxyError where it is none of that family."""
    kind = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
    with contextlib.suppress(ValueError):
        if "%" not in text:  # a zone means something only on the machine that wrote it
            return unmapped(kind(text))
    raise ProxyError(f"The PROXY header has something that is not a {family} address.")


def _ip(address: Address) -> IPAddress:
    """Without its zone, which only this machine knows. Raises ValueError for a name."""
    return ip_address(address.host.partition("%")[0])


def _as_ipv6(address: IPAddress) -> str:
    if address.version == 6:
        return str(address)
    return f"::ffff:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"  # no dots: the header's form


# --- reading it -----------------------------------------------------------------------------------


def receive(connection: socket.socket, seconds: float) -> Address | None:
    """Read the header that comes first on a connection; what `parse` says of it.

    Takes not one byte more: what follows may be the first message of TLS, which is another's to
    read. So it asks for a byte at a time. That is 107 calls at most, once for a connection; to look
    ahead (MSG_PEEK) would need a second look for each piece that TCP has cut, and return at once,
    again and again, while the rest of the line is on its way.

    Raises ProxyError where it is not all there after `seconds`, where the peer ends (NoHeader, if
    before its first byte) or says something else: then at its first wrong byte, so that nobody
    waits for the end of a line that does not come.
    """
    before = connection.gettimeout()
    deadline = Deadline(seconds)
    line = b""
    try:
        while not line.endswith(b"\n") or BEGIN_OF_V2.startswith(line):
            line += _receive_byte(connection, line, deadline)
            _expect_begin(line)
    finally:
        connection.settimeout(before)
    return parse(line)


def _receive_byte(connection: socket.socket, line: bytes, deadline: Deadline) -> bytes:
    try:
        connection.settimeout(deadline.timeout())
        byte = connection.recv(1)
    except TimeoutError:
        raise ProxyError("No PROXY header came in time.") from None
    except OSError:
        byte = b""  # a reset
    if not byte:
        error = ProxyError if line else NoHeader
        raise error("The connection ended before its PROXY header did.")
    return byte


def _expect_begin(line: bytes) -> None:
    """Raises ProxyError where `line` is not, and will not be, the beginning of a header."""
    if line.startswith(BEGIN_OF_V2):
        raise ProxyError(_WHY_NOT_V2)
    if not (line.startswith(_BEGIN) or _BEGIN.startswith(line) or BEGIN_OF_V2.startswith(line)):
        raise ProxyError(_WHY_NOT_V1)
    if len(line) >= MAX_HEADER_BYTES and not line.endswith(b"\n"):
        raise ProxyError(_WHY_TOO_LONG)


# --- whom to believe ------------------------------------------------------------------------------


def proxy_network(text: str) -> Network:
    """An address, or a network such as 10.0.0.0/8. For argparse's `type`."""
    try:
        return ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class TrustedProxies:
    """The addresses whose headers are believed; at first none. It does not change.

    >>> Address("10.1.2.3", 4567) in TrustedProxies([proxy_network("10.0.0.0/8")])
    True
    """

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._networks)

    def __contains__(self, address: Address) -> bool:
        """Whether this host, at whatever port, is one of them."""
        try:
            ip = _ip(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)
