"""What a server says when it has started: where everything is, and what to type next."""

import os
from collections.abc import Callable, Iterator

from phase4.accounts.nicknames import WHY_ASCII_ONLY
from phase4.server.board import board_of, may_be_for
from phase4.server.chat_server import ChatServer
from phase4.transport.fingerprints import in_groups
from shared.address import Address
from shared.arguments import this_python
from shared.networks import EVERY_NETWORK, told_to_others

MAX_SHOWN_HOSTS = 5
"""Of those that a certificate is for: one of a large site has a hundred."""

FROM_ONE = "From another machine, with --host {} instead."
FROM_SEVERAL = "From another machine, with the --host of a network that both are in:"


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
    is_all_tls = server.tls_address == server.address
    show(f"Listening on {server.address}{' with TLS' if is_all_tls else ''}{reach}")
    if server.tls_address and not is_all_tls:
        show(f"The same with TLS on {server.tls_address}")
    for line in _fingerprint(server):
        show(line)
    show(f"Status on {server.status_address}, logs in {server.settings.log_dir}{os.sep}")
    for url in server.web_urls:
        show(f"Chat in a browser: {url}")
    if server.shares:
        show(f"Sharing the room {server.shares}")
    for url in server.metrics_urls:
        show(f"Metrics on {url}")
    if WHY_ASCII_ONLY:
        show(WHY_ASCII_ONLY)
    for line in (*_operators(server), *_decided(server)):
        show(line)
    show("Type next, each in a terminal of its own:")
    if server.settings.trusted_proxies:
        show("People behind the trusted proxy connect to the proxy; from its address, nobody else.")
    for line in _next_ones(server, is_one_width=is_one_width):
        show(line)
    for line in told_to_others(server.settings.host, FROM_ONE, FROM_SEVERAL):
        show(line)
    if remark := _not_certified(server):
        show(remark)
    show(how_to_stop)


def _operators(server: ChatServer) -> Iterator[str]:
    """What to know of those who may give orders in the room."""
    accounts = server.room.logins.accounts
    for name in server.settings.operators:
        if accounts is None:
            yield f"--operator {name}: nobody can log in here, so {name} is not an operator."
        elif accounts.called(name) is None:
            where = "--hub URL" if server.shares else str(server.settings.log_dir)
            yield (
                f"WARNING: {name} is not registered, and whoever registers this name is an "
                f"operator: {this_python()} -m phase4.accounts add {where} {name}"
            )


def _decided(server: ChatServer) -> Iterator[str]:
    """What operators have decided before, and still holds."""
    view = server.room.hand.view()
    if not view.is_open:
        yield "The room is closed to writing, as it was before; /open opens it."
    if view.topic:
        yield f"The topic is: {view.topic}"
    if view.bans or view.mutes:
        yield f"Banned: {len(view.bans)}, muted: {len(view.mutes)}; /bans lists them."


def _next_ones(server: ChatServer, *, is_one_width: bool) -> Iterator[str]:
    """The commands to type next, and what each is."""
    where = _where_to_connect(server)
    next_ones = (
        (f"phase4.client_gui {where}", "a window to chat in"),
        (f"phase4.client_terminal {where}", "the same in a terminal"),
        (f"monitor --status {_where_to_look(server)}", "the figures, live"),
    )
    width = max(len(module) for module, _ in next_ones) if is_one_width else 0
    between = "  " if is_one_width else " – "
    for module, what in next_ones:
        yield f"  {this_python()} -m {module:<{width}}{between}{what}"


def _fingerprint(server: ChatServer) -> list[str]:
    """As people compare it; nothing without TLS."""
    if not server.fingerprint:
        return []
    return ["Fingerprint SHA256", *(f"  {group}" for group in in_groups(server.fingerprint))]


def _not_certified(server: ChatServer) -> str:
    """What to know where the certificate is not for the address that others are told to take."""
    hosts = server.certified_hosts
    if not hosts:
        return ""
    board = board_of(server.settings.host, server.join_port, server.fingerprint)
    if board is None or may_be_for(hosts, board.host):
        return ""
    return (
        f"The certificate is for {', '.join(hosts[:MAX_SHOWN_HOSTS])}, and not for {board.host}: "
        "clients that have got it (--ca, or one file for everybody) refuse to connect there."
    )


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
