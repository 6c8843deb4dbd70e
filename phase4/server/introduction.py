"""What a server says when it has started: where everything is, and what to type next."""

import os
from collections.abc import Callable, Iterator

from phase4.server.board import EVERY_NETWORK, ways_to
from phase4.server.chat_server import ChatServer
from phase4.server.nicknames import WHY_ASCII_ONLY
from phase4.transport.contexts import in_groups
from shared.address import Address
from shared.arguments import this_python
from shared.networks import Use

MAX_INSIDE = 3
"""Networks inside this machine that are named: somebody who develops with containers has many."""


def introduce(
    server: ChatServer,
    how_to_stop: str,
    show: Callable[[str], None],
    *,
    is_one_width: bool = True,
) -> None:
    """Say where everything is, and what to type next.

    `is_one_width`: all letters have one width where this is shown, so there can be columns.
    """
    is_local = server.settings.host in ("127.0.0.1", "localhost", "::1")
    reach = " (this machine only; --host 0.0.0.0 lets the network in)" if is_local else ""
    python = this_python()
    is_all_tls = server.tls_address == server.address
    show(f"Listening on {server.address}{' with TLS' if is_all_tls else ''}{reach}")
    if server.tls_address and not is_all_tls:
        show(f"The same with TLS on {server.tls_address}")
    if server.fingerprint:
        show("Fingerprint SHA256")
        for group in in_groups(server.fingerprint):
            show(f"  {group}")
    show(f"Status on {server.status_address}, logs in {server.settings.log_dir}{os.sep}")
    for url in server.metrics_urls:
        show(f"Metrics on {url}")
    if WHY_ASCII_ONLY:
        show(WHY_ASCII_ONLY)
    show("Type next, each in a terminal of its own:")
    where = _where_to_connect(server)
    if server.settings.trusted_proxies:
        show("People behind the trusted proxy connect to the proxy; from its address, nobody else.")
    next_ones = (
        (f"phase4.client_gui {where}", "a window to chat in"),
        (f"phase4.client_terminal {where}", "the same in a terminal"),
        (f"monitor --status {_where_to_look(server)}", "the figures, live"),
    )
    width = max(len(module) for module, _ in next_ones) if is_one_width else 0
    between = "  " if is_one_width else " – "
    for module, what in next_ones:
        show(f"  {python} -m {module:<{width}}{between}{what}")
    for line in from_elsewhere(server.settings.host):
        show(line)
    show(how_to_stop)


def _where_to_connect(server: ChatServer) -> str:
    """The options that lead a client on this machine to the server.

    Both host and port: the window remembers where it was last, and that may be somewhere else.
    """
    host = server.settings.host
    tls = " --tls" if server.tls_address else ""
    return f"--host {EVERY_NETWORK.get(host, host)} --port {server.join_port}{tls}"


def _where_to_look(server: ChatServer) -> str:
    """HOST:PORT of the status, for a monitor on this machine."""
    host = server.settings.status_host
    return str(Address(EVERY_NETWORK.get(host, host), server.status_port))


def from_elsewhere(host: str) -> Iterator[str]:
    """Under which addresses other machines reach a server that listens on `host`, where it is all.

    One is a sentence; of several each has a line, with what it is good for.
    """
    ways = ways_to(host)
    inside = [way for way in ways if way.use is Use.INSIDE]
    others = [way for way in ways if way.use is not Use.INSIDE]
    if len(others) == 1:
        yield f"From another machine, with --host {others[0].address} instead."
    elif others:
        yield "From another machine, with the --host of a network that both are in:"
        width = max(len(str(way.address)) for way in others)
        yield from (f"  {way.address!s:<{width}}  {way.card}: {way.use.value}" for way in others)
    elif host in EVERY_NETWORK:
        yield "This machine is in no network now, so no other machine can connect."
    if inside:
        known = ", ".join(f"{way.address} ({way.card})" for way in inside[:MAX_INSIDE])
        more = ", ..." if len(inside) > MAX_INSIDE else ""
        yield f"Not {known}{more}: {Use.INSIDE.value}."
