"""What a server says when it has started: where everything is, and what to type next."""

import os
import socket
from collections.abc import Callable

from phase4.server.chat_server import ChatServer
from phase4.server.nicknames import WHY_ASCII_ONLY
from phase4.transport.contexts import in_groups
from shared.address import Address
from shared.arguments import this_python

EVERY_NETWORK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that stand for all addresses of this machine, and the address to connect to from here."""


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
    if server.settings.host in EVERY_NETWORK:
        show(f"From another machine, with --host {_network_address()} instead.")
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


def _network_address() -> str:
    """An address by which other machines may know this one; a placeholder where there is none.

    Nothing is sent: to connect a UDP socket only looks up the way. 192.0.2.1 belongs to nobody
    (RFC 5737), so the way there is the way to the rest of the network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "ADDRESS-OF-THIS-MACHINE"
        address: str = probe.getsockname()[0]
        return address
