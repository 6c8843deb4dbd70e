"""The servers that have let a person in, the newest first: what is remembered of them. No toolkit.

Each is one host and port, whatever name the person gives it. The list has a bound. What goes when
it is full is the oldest that the person has not named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from phase4.client_gui.target import Target
from phase4.transport.known_hosts import spelled
from shared import message
from shared.address import Address
from shared.defaults import MAX_NAME_CHARACTERS
from shared.server_place import MAX_HOST_CHARACTERS

MAX_SERVERS = 20
"""As many as can be looked through."""

MAX_LABEL_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Server:
    """One server. `name` is the person's own there; `label`, what they call the server."""

    host: str
    port: int
    name: str = ""
    has_tls: bool = False
    label: str = ""

    @property
    def place(self) -> str:
        """`host:port`, as people write it."""
        return str(Address(self.host, self.port))

    @property
    def called(self) -> str:
        """What it is called here: as the person says, or its place."""
        return self.label or self.place

    @property
    def target(self) -> Target:
        """Where to go, and as whom, to be there again."""
        return Target(self.host, self.port, self.name, self.has_tls)

    def is_at(self, host: str, port: int) -> bool:
        """Whether that is this server, however its host is spelled."""
        return (spelled(self.host), self.port) == (spelled(host), port)


Servers = tuple[Server, ...]


def with_visit(servers: Servers, target: Target) -> Servers:
    """The list after `target` has let the person in. Its label stays."""
    before = find(servers, target.host, target.port)
    label = before.label if before else ""
    now = Server(target.host, target.port, target.name, target.has_tls, label)
    return within_bounds((now, *without(servers, now)))


def find(servers: Servers, host: str, port: int) -> Server | None:
    """The one of this host and port, if it is there."""
    return next((each for each in servers if each.is_at(host, port)), None)


def without(servers: Servers, server: Server) -> Servers:
    """The others."""
    return tuple(each for each in servers if not each.is_at(server.host, server.port))


def labelled(servers: Servers, server: Server, label: str) -> Servers:
    """The list in which `server` is called so; empty: by its place again."""
    label = _text(label, None)[:MAX_LABEL_CHARACTERS].rstrip()
    label = "" if label == server.place else label
    return tuple(
        replace(each, label=label) if each.is_at(server.host, server.port) else each
        for each in servers
    )


def within_bounds(servers: Servers) -> Servers:
    """Without those that are too many."""
    kept = [*servers]
    while len(kept) > MAX_SERVERS:
        unnamed = [at for at, each in enumerate(kept) if not each.label and at]
        del kept[unnamed[-1] if unnamed else -1]
    return tuple(kept)


def checked(held: object) -> Servers:
    """What a file holds, as far as it makes sense: at most MAX_SERVERS, and none twice."""
    servers: Servers = ()
    for each in held[:MAX_SERVERS] if isinstance(held, list) else ():
        server = _server(each) if isinstance(each, dict) else None
        if server and not find(servers, server.host, server.port):
            servers += (server,)
    return servers


def _server(held: Mapping[str, object]) -> Server | None:
    host, port = _text(held.get("host"), MAX_HOST_CHARACTERS), held.get("port")
    if not host or not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        return None
    name = _text(held.get("name"), MAX_NAME_CHARACTERS)
    label = _text(held.get("label"), MAX_LABEL_CHARACTERS)
    return Server(host, port, name, held.get("has_tls") is True, label)


def _text(value: object, longest: int | None) -> str:
    if not isinstance(value, str) or (longest is not None and len(value) > longest):
        return ""
    return message.clean(value).strip()
