"""How each port receives a newcomer: as lines, as lines over TLS, or as a web request.

Each gives a Receive: it turns an accepted connection into what a session serves, in the
connection's own thread.
"""

import importlib.util
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phase4.doors.door import Door
from phase4.server.qr_code import NoCode, in_svg
from phase4.transport.newcomers import Newcomer
from phase4.transport.proxy_protocol import TrustedProxies
from phase4.transport.reception import identify
from shared.address import Address
from shared.libraries import how_to_get
from shared.listener import ListenError

if TYPE_CHECKING:  # OpenSSL, which a server without TLS does not load
    import ssl

WEB_PORT = "--web-port"

Certificate = Callable[[], "ssl.SSLContext | None"]
"""Gives the certificate in force; None without TLS."""


@dataclass(frozen=True, slots=True)
class Received:
    """A newcomer: whose connection it is, and what it speaks."""

    address: Address
    tls: "ssl.SSLContext | None" = None
    """For the handshake that is still to come; None: it speaks plain lines, or through `door`."""
    door: Door | None = None
    is_confidential: bool = False
    """Whether nobody on the way can read what it says."""


Receive = Callable[[socket.socket, Address], Received | None]
"""Called as receive(connection, peer). None: the newcomer was answered, and does not want to chat.

Raises TurnedAway, and OSError where the connection is lost.
"""


@dataclass(frozen=True, slots=True)
class Port:
    """How one port receives people."""

    receive: Receive
    full: bytes
    """For a client that finds no place; empty where it could not read that, as over TLS."""
    newcomers: Callable[[], Iterable[Newcomer]] = tuple
    """Those who are received at this moment, and are not in the room yet."""


def lines(trusted: TrustedProxies, certificate: Certificate, full: bytes = b"") -> Port:
    """A port for clients that speak the room's own protocol."""

    def receive(connection: socket.socket, peer: Address) -> Received:
        tls = certificate()
        is_confidential = _is_confidential(peer, tls, trusted)
        return Received(identify(connection, peer, trusted), tls, is_confidential=is_confidential)

    return Port(receive, full)


def web(
    trusted: TrustedProxies, certificate: Certificate, names: list[str], url: str, full: bytes
) -> Port:
    """A port for browsers, which know this machine by `names`; others best go to `url`.

    Raises ListenError where the library for it is not installed.
    """
    if importlib.util.find_spec("websockets") is None:
        raise ListenError(
            f"{WEB_PORT} needs the library websockets, which is not installed: "
            f"{how_to_get('websockets')}"
        )
    from phase4.doors.answers import Page  # its library is an extra
    from phase4.doors.request import Host, OwnNames
    from phase4.doors.web import WebDoor

    def draw(host: Host) -> bytes | None:
        try:
            return in_svg(url)
        except NoCode:
            return None

    door = WebDoor(OwnNames(names), Page(), trusted=trusted, qr_code=draw)

    def receive(connection: socket.socket, peer: Address) -> Received | None:
        tls = certificate()
        opened = door.open(connection, peer, tls)
        if opened is None:
            return None
        is_confidential = _is_confidential(peer, tls, trusted)
        if opened.is_readable:
            is_confidential = opened.address.is_loopback
        return Received(opened.address, door=opened.stream, is_confidential=is_confidential)

    return Port(receive, full, door.newcomers)


def _is_confidential(peer: Address, tls: "ssl.SSLContext | None", trusted: TrustedProxies) -> bool:
    # What a trusted proxy speaks to its clients is the operator's care.
    return tls is not None or peer.is_loopback or peer in trusted
