"""An address, HOST:PORT, as people write it and as the system gives it."""

import argparse
import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Self

_NOT_IN_A_ZONE = frozenset("[]:,")
_ZONE_DIGITS = 10  # more than the number of any network card has

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED_BITS = 96  # before the IPv4 address in one of IPv6


@dataclass(frozen=True, slots=True)
class Address:
    """Where one end of a connection is. `str()` writes it as people do.

    >>> str(Address("127.0.0.1", 12345)), str(Address("::1", 12345))
    ('127.0.0.1:12345', '[::1]:12345')
    """

    host: str
    """A name, or an IP address without brackets. Link-local ones of IPv6 have a zone, which means
    something on this machine only: `fe80::1%eth0`."""
    port: int

    def __str__(self) -> str:
        """HOST:PORT, and [HOST]:PORT for IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, and reached through no network.

        >>> Address("127.0.0.2", 12345).is_loopback, Address("192.168.1.20", 12345).is_loopback
        (True, False)
        """
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @classmethod
    def of(cls, given: Any) -> Self:
        """From what getsockname(), getpeername() and accept() give.

        A socket that serves IPv4 and IPv6 has an IPv4 peer in the form of IPv6; here it is IPv4.
        The zone of a link-local one is a number there. The path of a UNIX socket is a host, and
        its port is 0.

        >>> Address.of(("::ffff:127.0.0.1", 12345, 0, 0))
        Address(host='127.0.0.1', port=12345)
        """
        host, port = given[:2] if isinstance(given, tuple) else (str(given), 0)
        host = host.removeprefix("::ffff:") if "." in host else host
        zone = given[3] if len(given) == 4 else 0
        return cls(f"{host}%{_zone_name(zone)}" if zone and "%" not in host else host, port)

    @classmethod
    def parse(cls, text: str) -> Self:
        """HOST:PORT, and [HOST]:PORT for IPv6. For argparse's `type`.

        >>> Address.parse("[fe80::1%eth0]:12345")
        Address(host='fe80::1%eth0', port=12345)
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host:
            raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, as in 127.0.0.1:12345")
        return cls(host.removeprefix("[").removesuffix("]"), port_number(port))


def _zone_name(zone: int) -> str:
    """What people call a network card: `eth0`; its number where the system knows no name."""
    try:
        return socket.if_indextoname(zone)
    except (AttributeError, OSError):  # removed meanwhile; not every system has names
        return str(zone)


def port_number(text: str) -> int:
    """A TCP port, 0 to 65535; 0 lets the system choose. For argparse's `type`."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid port; a port is a number up to 65535"
        )
    return port


def ip_address(text: str) -> IPAddress:
    """An IP address, in brackets or not. Raises ValueError where it is something else.

    >>> ip_address("[::1]"), ip_address("::ffff:127.0.0.1")
    (IPv6Address('::1'), IPv4Address('127.0.0.1'))
    """
    bare = text.removeprefix("[").removesuffix("]")
    if not _NOT_IN_A_ZONE.isdisjoint(bare.partition("%")[2]):  # the library takes any zone
        raise ValueError(f"{text!r} does not end as an address does")
    return unmapped(ipaddress.ip_address(bare))


def usual_form(text: str) -> str:
    """An IP address as Address.of has it. Raises ValueError where it is something else.

    >>> usual_form("[FE80:0::1%eth0]")
    'fe80::1%eth0'
    """
    address, percent, zone = str(ip_address(text)).partition("%")
    is_number = zone.isdecimal() and len(zone) < _ZONE_DIGITS
    return f"{address}{percent}{_zone_name(int(zone)) if is_number else zone}"


def unmapped(address: IPAddress) -> IPAddress:
    """IPv4 as IPv4, also where a socket for both kinds has it in the form of IPv6."""
    return getattr(address, "ipv4_mapped", None) or address


def ip_network(text: str) -> Network:
    """A network such as 10.0.0.0/8, or an address, which is a network of one.

    IPv4 in the form of IPv6 is IPv4. Raises ValueError, whose text is a sentence without its end.

    >>> ip_network("::ffff:10.0.0.0/104"), ip_network("::1")
    (IPv4Network('10.0.0.0/8'), IPv6Network('::1/128'))
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(_why_no_network(text)) from None
    if network.version == 6 and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped:
            return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _why_no_network(text: str) -> str:
    with contextlib.suppress(ValueError):
        meant = ipaddress.ip_network(text, strict=False)
        return f"{text!r} is an address inside a network; write {meant}, or the address alone"
    return f"{text!r} is neither an address nor a network, as in 127.0.0.1 or 10.0.0.0/8"


def network_of(host: str) -> str:
    """The key of an address: itself, or of IPv6 its /64, which one customer has for themselves.

    >>> network_of("192.0.2.7"), network_of("2001:db8::7"), network_of("fe80::1%eth0")
    ('192.0.2.7', '2001:db8::/64', 'fe80::/64')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
