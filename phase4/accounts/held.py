"""Names and networks that are held for a time: banned, or muted. No I/O.

Who is meant is found in two ways. A name holds its other spellings and whatever looks like it, or
one letter would be the way around. An address is a network of one: IPv4 in the form of IPv6
(`::ffff:192.0.2.7`) is IPv4, and the zone of a link-local address is left out, as it says by which
network card of this machine somebody came, and not who they are.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from phase4.accounts.nicknames import fold, look, normalise
from shared.address import Network, ip_address, ip_network

_HOUSEHOLD_BITS = 64

Target = str | Network
"""A name, or a network; an address is a network of one."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A ban or a mute. `until` None: it has no end."""

    target: Target
    until: float | None
    by: str

    def is_over(self, now: float) -> bool:
        """Whether its time has come."""
        return self.until is not None and self.until <= now


class HeldNames:
    """Names that are held, and the look-alikes of each."""

    def __init__(self) -> None:
        self._holds: dict[str, Hold] = {}  # by fold(name)
        self._looks: dict[str, list[str]] = {}  # look(name): keys above

    def __len__(self) -> int:
        """How many there are, those that have come to their end among them."""
        return len(self._holds)

    def __iter__(self) -> Iterator[Hold]:
        """All of them, the oldest first."""
        return iter(self._holds.values())

    def __contains__(self, name: Target) -> bool:
        """Whether this very name is held, in whatever spelling."""
        return fold(str(name)) in self._holds

    def find(self, name: str, now: float) -> Hold | None:
        """What holds this name, or a name that looks like it; of several what lasts longest."""
        if not self._holds:  # nearly always, and much quicker to find out
            return None
        return _longest((self._holds[key] for key in self._keys(name)), now)

    def put(self, hold: Hold) -> None:
        """Hold a name; what held this very name before is replaced."""
        name = str(hold.target)
        self._holds.pop(fold(name), None)  # so that it comes last
        self._holds[fold(name)] = hold
        self._index()

    def lift(self, name: Target) -> bool:
        """Hold this name no more, and no look-alike of it; whether anything did."""
        keys = self._keys(str(name))
        for key in keys:
            del self._holds[key]
        self._index()
        return bool(keys)

    def drop_over(self, now: float) -> None:
        """Forget those that have come to their end."""
        over = [key for key, hold in self._holds.items() if hold.is_over(now)]
        for key in over:
            del self._holds[key]
        if over:
            self._index()

    def _keys(self, name: str) -> set[str]:
        same = {fold(name)} & self._holds.keys()
        return same.union(self._looks.get(look(name), ()))

    def _index(self) -> None:
        self._looks = {}
        for key, hold in self._holds.items():
            self._looks.setdefault(look(str(hold.target)), []).append(key)


class HeldNetworks:
    """Networks that are held."""

    def __init__(self) -> None:
        self._holds: dict[Target, Hold] = {}
        # The lengths of their prefixes, with the version: few, so a host is quickly looked for.
        self._lengths: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        """How many there are, those that have come to their end among them."""
        return len(self._holds)

    def __iter__(self) -> Iterator[Hold]:
        """All of them, the oldest first."""
        return iter(self._holds.values())

    def __contains__(self, network: Target) -> bool:
        """Whether this very network is held."""
        return network in self._holds

    def find(self, host: str, now: float) -> Hold | None:
        """What holds this address; of several networks what lasts longest."""
        if not self._holds:
            return None
        return _longest(self._around(host), now)

    def put(self, hold: Hold) -> None:
        """Hold a network; what held this very one before is replaced."""
        self._holds.pop(hold.target, None)
        self._holds[hold.target] = hold
        self._index()

    def lift(self, network: Target) -> bool:
        """Hold this very network no more; whether it was held."""
        was_held = self._holds.pop(network, None) is not None
        self._index()
        return was_held

    def drop_over(self, now: float) -> None:
        """Forget those that have come to their end."""
        self._holds = {key: hold for key, hold in self._holds.items() if not hold.is_over(now)}
        self._index()

    def _around(self, host: str) -> Iterator[Hold]:
        address = address_of(host)
        if address is None:
            return
        for version, length in self._lengths:
            if version == address.version:
                around = ipaddress.ip_network((int(address), length), strict=False)
                if around.version != version:  # of a small number it makes IPv4
                    around = ipaddress.IPv6Network((int(address), length), strict=False)
                if hold := self._holds.get(around):
                    yield hold

    def _index(self) -> None:
        self._lengths = {
            (each.version, each.prefixlen) for each in self._holds if not isinstance(each, str)
        }


def _longest(holds: Iterable[Hold], now: float) -> Hold | None:
    return max((each for each in holds if not each.is_over(now)), key=_lasts, default=None)


def _lasts(hold: Hold) -> float:
    return float("inf") if hold.until is None else hold.until


# --- what people write -------------------------------------------------------------------------


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address of a connection, without its zone; None for what is not an IP address.

    >>> address_of("fe80::1%eth0"), address_of("::ffff:192.0.2.7")
    (IPv6Address('fe80::1'), IPv4Address('192.0.2.7'))
    """
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def target_of(text: str) -> Target:
    """What an operator means: a name, an address or a network.

    Raises ValueError, whose text is a sentence, and BadNickname, which is one.

    >>> target_of("Bob"), target_of("[fe80::1%eth0]"), target_of("10.0.0.0/8")
    ('Bob', IPv6Network('fe80::1/128'), IPv4Network('10.0.0.0/8'))
    """
    if text[:1].isalpha() and ":" not in text and "/" not in text:
        return normalise(text)  # no address begins with a letter and has no colon
    bare, slash, length = text.partition("/")
    bare = bare.removeprefix("[").removesuffix("]").partition("%")[0]
    return ip_network(f"{bare}{slash}{length}")


def network_of(host: str) -> Network | None:
    """What to keep out where this address is to be kept out; None for what is not an address.

    Of IPv6 it is what a household has, 64 bits: a machine takes a new address there each day.

    >>> network_of("192.0.2.7"), network_of("2001:db8::7")
    (IPv4Network('192.0.2.7/32'), IPv6Network('2001:db8::/64'))
    """
    address = address_of(host)
    if address is None:
        return None
    is_one = address.version == 4 or address.is_loopback or address.is_link_local
    length = address.max_prefixlen if is_one else _HOUSEHOLD_BITS
    return ipaddress.ip_network(f"{address}/{length}", strict=False)


def shown(target: Target) -> str:
    """A target as people write it: a network of one without its length.

    >>> shown(target_of("192.0.2.7")), shown(target_of("2001:db8::/64"))
    ('192.0.2.7', '2001:db8::/64')
    """
    if isinstance(target, str):
        return target
    is_one = target.prefixlen == target.max_prefixlen
    return str(target.network_address) if is_one else str(target)
