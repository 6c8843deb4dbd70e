"""Open a listening socket. Taught by hand in phase1/server.py.

Phase 1 writes socket, setsockopt, bind, listen. What this adds is what the first year of use
teaches: a clear sentence when the port is taken, names with several addresses, IPv6, and Windows.
"""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any, Self

from shared.address import Address
from shared.defaults import (
    BACKLOG,
    KEEPALIVE_IDLE_SECONDS,
    KEEPALIVE_INTERVAL_SECONDS,
    KEEPALIVE_PROBES,
)

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
"""What bind() and socket() say of an address that this machine lacks: another machine's, one of
IPv6 where there is none, a link-local one without its network (ip(7), ipv6(7))."""

_NEWCOMER_FAILED = tuple(
    # accept() may report what befell the newcomer, not the listener: Linux its network's errors
    # (accept(2), "Error handling"; EPERM is a firewall's), others that it is gone already
    # (ENOTCONN). Not every system knows each of these.
    getattr(errno, name)
    for name in (
        *("ENETDOWN", "EPROTO", "ENOPROTOOPT", "EHOSTDOWN", "ENONET", "EHOSTUNREACH"),
        *("EOPNOTSUPP", "ENETUNREACH", "ETIMEDOUT", "EPERM", "ENOTCONN"),
    )
    if hasattr(errno, name)
)

_PORT_TRIES = 50
"""Ports that the system may propose, until one is free at each of several addresses."""


class ListenError(Exception):
    """A port cannot be listened on; the text is a sentence for the person who started us.

    `option` is the option to change ("--port"), or nothing where none is to blame. `sentence` is
    the text for a person who fills in a form instead: it names no option.
    """

    def __init__(
        self,
        sentence: str,
        host: str = "",
        port: int = 0,
        *,
        option: str = "",
        is_option_named: bool = False,
    ) -> None:
        super().__init__(f"{sentence[:-1]} with {option}." if is_option_named else sentence)
        self.sentence = sentence
        self.host = host
        self.port = port
        self.option = option


class Listener:
    """One port at every address of a host: a listening socket for each, used like a single one.

    On most machines the name localhost has two addresses, 127.0.0.1 and ::1, and clients differ in
    which they try. Any thread may close it; one thread accepts. `str()` gives its addresses.
    """

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        """Takes the sockets over. To wait for a client, wait until one of them is readable."""
        self.sockets = tuple(sockets)
        self._turn = 0  # the accepting thread's: which socket gave a connection last
        for each in self.sockets:
            each.setblocking(False)  # a client may be gone between select() and accept()

    def __enter__(self) -> Self:
        """Give the listener itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __str__(self) -> str:
        """`127.0.0.1:12345`, and with several addresses `127.0.0.1:12345 and [::1]:12345`."""
        return " and ".join(map(str, self.addresses))

    @property
    def addresses(self) -> list[Address]:
        """That of each socket, in the order in which a client would try them."""
        return [Address.of(each.getsockname()) for each in self.sockets]

    @property
    def port(self) -> int:
        """The port, which is the same at all addresses."""
        return self.addresses[0].port

    def getsockname(self) -> Any:
        """The first address, as a socket gives it."""
        return self.sockets[0].getsockname()

    def accept(self) -> tuple[socket.socket, Any]:
        """A connection to any of the addresses, and its peer's address. Never waits.

        The addresses take turns, so a crowd at one keeps nobody out at another. Raises
        BlockingIOError where there is no connection, ConnectionError where it has gone already, on
        whatever system, and OSError where the listener itself can accept none.
        """
        for _ in self.sockets:
            self._turn = (self._turn + 1) % len(self.sockets)
            with contextlib.suppress(BlockingIOError):
                return _accept(self.sockets[self._turn])
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def close(self) -> None:
        """Close all sockets; again does no harm."""
        for each in self.sockets:
            each.close()


def _accept(listener: socket.socket) -> tuple[socket.socket, Any]:
    """As accept(), with one kind of error for a newcomer that has gone while it queued."""
    try:
        connection, address = listener.accept()
    except OSError as error:
        if error.errno not in _NEWCOMER_FAILED:
            raise
        raise ConnectionAbortedError(errno.ECONNABORTED, str(error)) from error
    if not address:  # macOS: it gives a connection all the same, without an address
        connection.close()
        raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
    connection.setblocking(True)  # some systems hand on the listener's own setting
    return connection, address


def open_listener(
    host: str, port: int, *, port_flag: str = "--port", host_flag: str = "--host"
) -> Listener:
    """Listen on `port` at every address that `host` has on this machine.

    0 lets the system choose a port that is free at all of them. An address of the name that this
    machine lacks is left out, as long as it has another. Raises ListenError where the name is
    unknown or has no address here, the port taken or not permitted. `port_flag` and
    `host_flag` are the options that the person can change. Any thread.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        sentence = f"There is no address {host!r} on this machine: {error}."
        raise ListenError(sentence, host, port, option=host_flag) from error
    # Each once: a name may stand in /etc/hosts twice.
    places = list(dict.fromkeys((family, address) for family, *_, address in found))
    tries_left = _PORT_TRIES if port == 0 else 1
    while True:
        try:
            return Listener(_sockets_at(places, port))
        except OSError as error:
            tries_left -= 1
            if not (tries_left and _is_in_use(error)):
                raise _listen_error(error, host, port, port_flag, host_flag) from error


def _sockets_at(places: Sequence[tuple[int, Any]], port: int) -> list[socket.socket]:
    """A listening socket at each place that is here; raises OSError, and then none stays open."""
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    with contextlib.ExitStack() as on_failure:
        for family, address in places:
            try:
                listener = _listen_at(family, address, port, is_only=len(places) == 1)
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error
                continue
            sockets.append(on_failure.enter_context(listener))
            port = listener.getsockname()[1]  # the same for the others
        if missing and not sockets:
            raise missing
        on_failure.pop_all()
    return sockets


def _listen_at(family: int, address: Any, port: int, *, is_only: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_reuse(listener)
        if family == socket.AF_INET6:
            # "::" alone is for IPv4 as well; beside an address of IPv4 it must leave that its port.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not is_only)
        listener.bind((address[0], port, *address[2:]))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _set_reuse(listener: socket.socket) -> None:
    """Let a server start again at once, and never beside another one on the same port."""
    if sys.platform == "win32":
        # There SO_REUSEADDR would let a second server take the port from the first.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # Connections of the last run stay in TIME_WAIT for a minute (RFC 9293, 3.6.1), and bind()
        # would fail for as long. SO_REUSEPORT is another thing: with it, two servers may share a
        # port, and each would get half of the people. (macOS and the BSDs still let one listen at
        # 0.0.0.0 beside another at 127.0.0.1, and clients of 127.0.0.1 get that one.)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _is_in_use(error: OSError) -> bool:
    """Whether another program has the port. Windows says EACCES of one that is held exclusively."""
    is_held = error.errno == errno.EACCES and sys.platform == "win32"
    return error.errno == errno.EADDRINUSE or is_held


def _listen_error(
    error: OSError, host: str, port: int, port_flag: str, host_flag: str
) -> ListenError:
    if _is_in_use(error):
        sentence = (
            f"Port {port} on {host} is in use: another program listens there. "
            "Stop it, or choose another port."
        )
        return ListenError(sentence, host, port, option=port_flag, is_option_named=True)
    if error.errno == errno.EACCES:
        sentence = f"Port {port} is not permitted; choose one over 1023."
        return ListenError(sentence, host, port, option=port_flag, is_option_named=True)
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        sentence = f"{host} is not an address of this machine."
        return ListenError(sentence, host, port, option=host_flag)
    why = error.strerror or error
    return ListenError(f"Cannot listen on {host} port {port}: {why}.", host, port)


def tune_connection(connection: socket.socket) -> None:
    """Set what a chat wants of an accepted or connected socket.

    TCP_NODELAY: send a short line at once, instead of holding it back until the last one was
    acknowledged (Nagle's algorithm, RFC 896). SO_KEEPALIVE: ask a silent peer whether it is still
    there (RFC 9293, 3.8.4), after the times in `defaults`. What the system refuses is left as it
    is: the connection works all the same. Any thread.
    """
    _set_option(connection, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _set_option(connection, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
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
            _set_option(connection, socket.IPPROTO_TCP, getattr(socket, option), value)


def _set_option(connection: socket.socket, level: int, option: int, value: int) -> None:
    # A system may lack one that its headers name, and macOS refuses all once the peer has gone.
    with contextlib.suppress(OSError):
        connection.setsockopt(level, option, value)
