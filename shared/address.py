"""An address, HOST:PORT, as people write it and as the system gives it."""

import argparse
import ipaddress
from dataclasses import dataclass
from typing import Any, Self

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


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

    @classmethod
    def of(cls, given: Any) -> Self:
        """From what getsockname(), getpeername() and accept() give.

        A socket that serves IPv4 and IPv6 has an IPv4 peer in the form of IPv6; here it is IPv4.
        The path of a UNIX socket is a host, and its port is 0.

        >>> Address.of(("::ffff:127.0.0.1", 12345, 0, 0))
        Address(host='127.0.0.1', port=12345)
        """
        host, port = given[:2] if isinstance(given, tuple) else (str(given), 0)
        return cls(host.removeprefix("::ffff:") if "." in host else host, port)

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


def port_number(text: str) -> int:
    """A TCP port, 0 to 65535; 0 lets the system choose. For argparse's `type`."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; a port is a number up to 65535")
    return port


def ip_address(text: str) -> IPAddress:
    """An IP address, in brackets or not. Raises ValueError where it is something else.

    >>> ip_address("[::1]"), ip_address("::ffff:127.0.0.1")
    (IPv6Address('::1'), IPv4Address('127.0.0.1'))
    """
    return unmapped(ipaddress.ip_address(text.removeprefix("[").removesuffix("]")))


def unmapped(address: IPAddress) -> IPAddress:
    """IPv4 as IPv4, also where a socket for both kinds has it in the form of IPv6."""
    return getattr(address, "ipv4_mapped", None) or address
