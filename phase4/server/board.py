"""What others need to know to connect: what a teacher writes on the board.

It is an address, and with TLS the fingerprint. As text it is what a known-hosts file holds
(phase4/transport/known_hosts.py). So a learner whose phone has read it from a QR code can compare
it beside the laptop, or send it there and believe the server without having compared anything.
"""

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from phase4.transport.fingerprints import in_groups
from shared.address import IPAddress, ip_address
from shared.networks import EVERY_NETWORK, Use, ways_to

NOT_FROM_ELSEWHERE = (
    "There is nothing to write on the board: no other machine can connect. "
    "0.0.0.0 as the host lets the network in."
)


@dataclass(frozen=True, slots=True)
class Board:
    """Where a server is for others, its certificate's fingerprint, and the address of its page.

    Empty without TLS, and without a page.
    """

    host: str
    port: int
    fingerprint: str = ""
    url: str = ""

    @property
    def lines(self) -> list[str]:
        """To be written down: the page, host and port, and the fingerprint as it is compared.

        >>> Board("192.168.1.20", 12345).lines
        ['192.168.1.20 port 12345']
        """
        groups = ["SHA256", *in_groups(self.fingerprint)] if self.fingerprint else []
        page = [self.url] if self.url else []
        return [*page, f"{self.host} port {self.port}", *groups]

    @property
    def text(self) -> str:
        """To be read by a machine: the page, which a phone opens.

        Where there is none, HOST PORT, and SHA256 FINGERPRINT, as a known-hosts file has it. In
        capitals: a QR code holds those in five and a half bits each, and is smaller by a third.

        >>> Board("chat.example", 12345).text
        'CHAT.EXAMPLE 12345'
        >>> Board("chat.example", 12345, url="http://chat.example:8080/").text
        'http://chat.example:8080/'
        """
        if self.url:
            return self.url
        words = ["SHA256", *in_groups(self.fingerprint)] if self.fingerprint else []
        return " ".join([self.host, str(self.port), *words]).upper()


def may_be_for(certified: Sequence[str], host: str) -> bool:
    """Whether a client that is told to connect to `host` may accept a certificate for these.

    Where they are addresses, one must be the host. A name may lead to it, for all that is known
    here, but not this machine's own name for itself.

    >>> may_be_for(["192.168.1.20", "localhost"], "10.7.7.7")
    False
    >>> may_be_for(["chat.example"], "10.7.7.7")
    True
    """
    named = {_plainest(each) for each in certified}
    own = {"localhost", socket.gethostname().casefold()}
    is_address = not isinstance(wanted := _plainest(host), str)
    return (
        wanted in named
        or f"*.{host.partition('.')[2]}" in named
        or (is_address and any(isinstance(each, str) and each not in own for each in named))
    )


def _plainest(host: str) -> IPAddress | str:
    """An address where it is one: OpenSSL and people write those of IPv6 differently."""
    with contextlib.suppress(ValueError):
        return ip_address(host)
    return host.casefold().removesuffix(".")


def board_of(host: str, port: int, fingerprint: str, url: str = "") -> Board | None:
    """For a server that listens on `host`; None where no other machine reaches it."""
    if host in EVERY_NETWORK:
        ways = [way for way in ways_to(host) if way.use is not Use.INSIDE]
        return Board(str(ways[0].address), port, fingerprint, url) if ways else None
    try:
        is_local = ip_address(host).is_loopback
    except ValueError:  # a name
        is_local = host.casefold() == "localhost"
    return None if is_local else Board(host, port, fingerprint, url)
