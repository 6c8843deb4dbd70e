"""Open a listening socket. Taught by hand in phase1/server.py.

Phase 1 writes socket, setsockopt, bind, listen. What this adds is what the first year of use
teaches: a clear sentence when the port is taken, IPv6, and Windows.
"""

import errno
import socket
import sys

from shared.defaults import (
    BACKLOG,
    KEEPALIVE_IDLE_SECONDS,
    KEEPALIVE_INTERVAL_SECONDS,
    KEEPALIVE_PROBES,
)


class ListenError(Exception):
    """The address cannot be listened on; the text is a sentence for whoever started us."""


def open_listener(host: str, port: int, *, port_flag: str = "--port") -> socket.socket:
    """A TCP socket that listens on `host` and `port`; 0 lets the system choose a free port.

    Raises ListenError where the name is unknown, the port taken or not permitted. `port_flag` is
    the option that the sentence tells the person to change. Any thread.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ListenError(f"There is no address {host!r} on this machine: {error}.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        _set_reuse(listener)
        if family == socket.AF_INET6 and host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 as well
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(_why(error, host, port, port_flag)) from error
    return listener


def _set_reuse(listener: socket.socket) -> None:
    """Let a server start again at once, and never beside another one on the same port."""
    if sys.platform == "win32":
        # There SO_REUSEADDR would let a second server take the port from the first.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # Connections of the last run stay in TIME_WAIT for a minute (RFC 9293, 3.6.1), and bind()
        # would fail for as long. SO_REUSEPORT is another thing: with it, two servers may share a
        # port, and each would get half of the people.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _why(error: OSError, host: str, port: int, port_flag: str) -> str:
    if error.errno in (errno.EADDRINUSE, errno.EACCES) and sys.platform == "win32":
        error.errno = errno.EADDRINUSE  # what Windows answers for a port held exclusively
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use: another program listens there. "
            f"Stop it, or choose another port with {port_flag}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is not permitted; choose one over 1023 with {port_flag}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine."
    return f"Cannot listen on {host} port {port}: {error.strerror or error}."


def tune_connection(connection: socket.socket) -> None:
    """Set what a chat wants of an accepted or connected socket.

    TCP_NODELAY: send a short line at once, instead of holding it back until the last one was
    acknowledged (Nagle's algorithm, RFC 896). SO_KEEPALIVE: ask a silent peer whether it is still
    there (RFC 9293, 3.8.4), after the times in `defaults`. Any thread.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    idle = "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE"
    for option, value in (
        (idle, KEEPALIVE_IDLE_SECONDS),
        ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
        # Keepalive asks only while nothing is under way. For what was sent and not acknowledged,
        # Linux would wait a quarter of an hour; this makes it as long (tcp(7)).
        (
            "TCP_USER_TIMEOUT",
            1000 * (KEEPALIVE_IDLE_SECONDS + KEEPALIVE_PROBES * KEEPALIVE_INTERVAL_SECONDS),
        ),
    ):
        if hasattr(socket, option):  # not every system lets a program choose
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
