"""Whom a web request is meant for, and from which page it comes. Pure, no I/O.

A browser sends what any page tells it to send, to any address. Two headers, which a page cannot
forge, say what it is about:

- `Host`: what the person's address bar names. A page of another site may give its own name our
  address (DNS rebinding). Its requests then look like those of our page, but for this header.
- `Origin`: the page that opened the connection. WebSocket has no same-origin rule, so a page of
  another site may connect in a person's name, and read along; the server has to look
  (RFC 6455, 10.2).
"""

import contextlib
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.address import IPAddress, ip_address

_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_PORTS = {"http": "80", "https": "443"}
_PAGE_OF = {"ws": "http", "wss": "https"}  # some proxies name what the page asks for

Schemes = frozenset[str]
ANY_SCHEME: Schemes = frozenset(_PORTS)
"""Of a page behind a proxy that does not say whether it speaks TLS."""


class Refused(Exception):
    """A request is not answered as it wishes: `status` as HTTP writes it, and a sentence."""

    def __init__(self, status: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Host:
    """A valid `Host` header, as it was sent, and its parts; `port` is empty where it has none."""

    text: str
    name: str
    port: str

    @classmethod
    def of(cls, headers: Sequence[str]) -> "Host":
        """The one such header of a request. Raises Refused."""
        found = _HOST.fullmatch(headers[0]) if len(headers) == 1 else None
        if found is None:
            raise Refused("400 Bad Request", "A request has one Host header, with a name.")
        return cls(headers[0], found[1].strip("[]").lower().removesuffix("."), found[2] or "")


class OwnNames:
    """What this machine is called. It does not change.

    >>> names = OwnNames(["chat.example"])
    >>> [name in names for name in ("192.168.1.20", "localhost", "chat.example", "evil.example")]
    [True, True, True, False]
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        own = socket.gethostname().lower()
        # In a home or an office the same machine is called so as well (RFC 6762).
        self._names = {"localhost", own, f"{own.partition('.')[0]}.local", *map(str.lower, names)}

    def __contains__(self, name: object) -> bool:
        """Whether it is one of them, or an address: nobody can give an address another meaning."""
        return name in self._names or _is_address(str(name))

    def check(self, host: Host) -> None:
        """Raise Refused where a request is meant for another site."""
        if host.name not in self:
            raise Refused(
                "421 Misdirected Request",
                f"This server is not called {host.name}. If it is, start it with --web-name.",
            )


def check_origin(origins: Sequence[str], host: Host, schemes: Schemes) -> None:
    """Raise Refused where another site's page asks. Programs that are no browser send no Origin.

    `schemes` are those that our own page may have come by: what anybody on the way may have written
    (http) is another page than the one that nobody could (RFC 6454, 4).

    >>> plain, encrypted = frozenset({"http"}), frozenset({"https"})
    >>> check_origin(["http://192.168.1.20:8080"], Host.of(["192.168.1.20:8080"]), plain)
    >>> check_origin(["https://chat.example"], Host.of(["chat.example:443"]), encrypted)
    """
    if not origins:
        return
    scheme, _, there = origins[0].partition("://")
    if len(origins) == 1 and scheme in schemes:
        port = f":{_PORTS[scheme]}"
        if there.lower().removesuffix(port) == host.text.lower().removesuffix(port):
            return
    raise Refused("403 Forbidden", "A page of another site may not connect.")


def schemes_of(forwarded: Sequence[str]) -> Schemes:
    """How people come to a trusted proxy, by its X-Forwarded-Proto; none where it does not say.

    Of several proxies each may say something else. No page can write this header, so all count.

    >>> schemes_of(["https"]) == schemes_of(["WSS"]) == {"https"}
    True
    """
    words = [each.strip().lower() for header in forwarded for each in header.split(",")]
    return ANY_SCHEME & {_PAGE_OF.get(word, word) for word in words}


def client_of(forwarded: Sequence[str], is_trusted: Callable[[str], bool]) -> str:
    """For whom a trusted proxy speaks, by its X-Forwarded-For; empty where it does not say.

    Each proxy adds, at the end, who connected to it. So what stands before the first that is not
    trusted, from the end on, may be anybody's invention.

    >>> client_of(["1.2.3.4, 9.9.9.9", "10.0.0.7"], lambda host: host.startswith("10."))
    '9.9.9.9'
    """
    hosts = [each.strip() for header in forwarded for each in header.split(",")]
    client = ""
    for host in reversed(hosts):
        address = _address(host)
        if address is None:
            break
        client = str(address)
        if not is_trusted(client):
            break
    return client


def _address(text: str) -> IPAddress | None:
    """None also where it has a zone: that means nothing here, and may be any text."""
    with contextlib.suppress(ValueError):
        return ip_address(text) if "%" not in text else None
    return None


def _is_address(name: str) -> bool:
    return _address(name) is not None
