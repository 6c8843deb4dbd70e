"""Under which addresses others may reach this machine, and what each of them is good for.

A machine has an address in each network that it is in, and programs make networks of their own: for
containers, for virtual machines, for a VPN. The system does not tell which is which. So it goes by
two things: the way that a packet to the rest of the world would take, and what the network card is
called. The list of cards comes from the library ifaddr; the standard library has none.
"""

import contextlib
import enum
import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.address import IPAddress


class Use(enum.Enum):
    """Whom an address is good for; those that help most people come first."""

    MAIN = "the way to everywhere else: most likely this one"
    MAIN_IPV6 = "the same, for those who have IPv6; it may be another one tomorrow"
    OTHER = "another network: for those who are in it"
    VPN = "a VPN: for those who are in it"
    NO_ROUTER = "nobody has given this one: for two machines with a cable between them"
    INSIDE = "for what runs inside this machine"


@dataclass(frozen=True, slots=True)
class Way:
    """An address of this machine, and the network card that has it."""

    address: IPAddress
    card: str
    use: Use


EVERY_NETWORK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that stand for all addresses of this machine, and the address to connect to from here."""

MAX_INSIDE = 3
"""Networks inside this machine that are named: somebody who develops with containers has many."""

_VPN = (
    r"(?i)(u?tun|tap|wg|ppp|ipsec|gpd|cscotun)[-\d]|zt\w{8}$|nordlynx|proton|tailscale"
    r"|.*\b(vpn|wireguard|openvpn|tailscale|zerotier|anyconnect|fortinet)"
)
_INSIDE = (
    r"(?i)docker|br-[0-9a-f]{12}$|veth(?!ernet)|virbr|vnet|lxc|lxd|cni|flannel|podman|vboxnet|vmnet"
    r"|bridge1\d\d$|virtualbox|vmware|vethernet \((wsl|default switch)"
)
"""What programs call the networks that they make: Docker, libvirt, LXD, Kubernetes, VirtualBox,
VMware, and Hyper-V on Windows; bridge100 is macOS's for virtual machines."""

_NOBODYS = {4: "192.0.2.1", 6: "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849): the way there is the way to everywhere else."""


def own_ways(*, with_ipv6: bool = True) -> list[Way]:
    """The addresses of this machine that another one could connect to, the best first.

    Not those that reach nobody else: 127.0.0.1, and the link-local ones of IPv6, which mean
    something only together with a network card of whoever connects. Of a card's other ones of IPv6
    only the first: most are for a day, and lead to the same place (RFC 8981).
    """
    mains = [_main_address(version) for version in (4, 6)]
    cards = _cards() or [("", each) for each in mains if each is not None]
    ways = [
        Way(address, card, _use(address, card, is_main=address in mains))
        for card, address in cards
        if address.version == 4 or (with_ipv6 and not address.is_link_local)
        if not address.is_loopback
    ]
    order = list(Use)
    ways.sort(key=lambda way: order.index(way.use))
    return list(_one_of_ipv6_each(ways))


def ways_to(host: str) -> list[Way]:
    """The addresses under which other machines reach a server that listens on all; else none."""
    return own_ways(with_ipv6=host != "0.0.0.0") if host in EVERY_NETWORK else []


def reachable_hosts(host: str) -> list[str]:
    """Where a server is that listens on `host`: first where other machines reach it, if they do.

    >>> reachable_hosts("192.168.1.20")
    ['192.168.1.20']
    """
    ways = [way for way in ways_to(host) if way.use is not Use.INSIDE]
    return [*(str(way.address) for way in ways), EVERY_NETWORK.get(host, host)]


def told_to_others(host: str, one: str, several: str) -> Iterator[str]:
    """How other machines reach a server that listens on `host`, in lines; none if it is not all.

    `one` is the sentence for a single address, in place of its {}. `several` stands above a list
    that says of each what it is good for.
    """
    ways = ways_to(host)
    inside = [way for way in ways if way.use is Use.INSIDE]
    others = [way for way in ways if way.use is not Use.INSIDE]
    if len(others) == 1:
        yield one.format(others[0].address)
    elif others:
        yield several
        width = max(len(str(way.address)) for way in others)
        yield from (f"  {way.address!s:<{width}}  {way.card}: {way.use.value}" for way in others)
    elif host in EVERY_NETWORK:
        yield "This machine is in no network now, so no other machine can connect."
    if inside:
        known = ", ".join(f"{way.address} ({way.card})" for way in inside[:MAX_INSIDE])
        more = ", ..." if len(inside) > MAX_INSIDE else ""
        yield f"Not {known}{more}: {Use.INSIDE.value}."


def _one_of_ipv6_each(ways: Iterable[Way]) -> Iterator[Way]:
    seen: set[str] = set()
    for way in ways:
        if way.address.version == 4:
            yield way
        elif way.card not in seen:
            seen.add(way.card)
            yield way


def _use(address: IPAddress, card: str, *, is_main: bool) -> Use:
    if re.match(_VPN, card):  # also where everything goes through it: that leads away from a class
        return Use.VPN
    if is_main:  # also with a strange name: a virtual switch of Windows may hold the real card
        return Use.MAIN if address.version == 4 else Use.MAIN_IPV6
    if re.match(_INSIDE, card):
        return Use.INSIDE
    return Use.NO_ROUTER if address.is_link_local else Use.OTHER


def _cards() -> list[tuple[str, IPAddress]]:
    """Each address with its card's name, in the system's order; nothing where it does not tell."""
    try:
        import ifaddr  # by what asks for it only: it takes a quarter of a server's start
    except ImportError:
        return []
    with contextlib.suppress(OSError):
        return [
            # On Windows each address has the name that people know, as in "vEthernet (WSL)".
            (
                each.nice_name,
                ipaddress.ip_address(each.ip if isinstance(each.ip, str) else each.ip[0]),
            )
            for card in ifaddr.get_adapters()
            for each in card.ips
        ]
    return []


def _main_address(version: int) -> IPAddress | None:
    """The address from which this machine would speak to the rest of the world, if there is one.

    Nothing is sent: to connect a UDP socket only looks up the way.
    """
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((_NOBODYS[version], 9))
        return ipaddress.ip_address(probe.getsockname()[0])
    return None
