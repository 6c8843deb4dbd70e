"""The two sides of the relay: what comes first on a connection, before anything is carried.

New here: a real proxy has a say on each side.

From a client: from a trusted proxy comes a PROXY header (proxy_protocol.py), which tells whom that
proxy speaks for; then TLS, where it ends here. To the server, in the same order: a header of our
own, for the client; then TLS, with a server that is the right one (client/trust.py).

Both sides wait for a peer, so they do it in the client's own thread, each within a time of its own.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from phase4 import proxy_protocol
from phase4.client.trust import Distrusted, Trust, Verifier, in_words
from phase4.proxy_protocol import ProxyError, TrustedProxies
from phase4.tls import HANDSHAKE_SECONDS, PlaintextPeer, TLSError, TLSSocket
from shared.arguments import host_and_port
from shared.listener import tune_connection
from shared.stream import Stream

CONNECT_SECONDS = 5.0
"""A server that is there answers in a fraction of one."""

_HEADER_SECONDS = 5.0  # a proxy sends it at once
_TLS_ONLY = "! This relay speaks TLS only; connect with --tls. Goodbye."


class TurnedAway(Exception):
    """A client is not served. The text is the reason, for the relay's report."""

    def __init__(self, reason: str, last_words: str = "") -> None:
        """With a line for the client, where there is a way to tell it."""
        super().__init__(reason)
        self.last_words = last_words


class ClientSide:
    """Takes clients in. Any thread; it does not change."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, trusted: TrustedProxies | None = None
    ) -> None:
        """With `tls`, TLS ends here; without, what a client sends passes as it is, TLS too."""
        self._tls = tls
        self._trusted = trusted or TrustedProxies()

    def address(self, connection: socket.socket, address: str) -> str:
        """Who the client is: who is connected, or whom a trusted proxy there speaks for.

        Raises TurnedAway, and proxy_protocol.NoHeader for a health check.
        """
        if address not in self._trusted:
            return address
        try:
            return proxy_protocol.receive(connection, _HEADER_SECONDS) or address
        except proxy_protocol.NoHeader:
            raise
        except ProxyError as error:
            raise TurnedAway(f"it is a trusted proxy, but: {error}", f"! {error}") from error

    def secure(self, connection: socket.socket) -> Stream:
        """What to receive from and to send to: the connection, or TLS over it.

        Raises TurnedAway where there is no agreement on TLS.
        """
        if self._tls is None:
            return connection
        stream = TLSSocket(connection, self._tls, server_side=True)
        stream.settimeout(HANDSHAKE_SECONDS)
        try:
            stream.do_handshake()
        except (PlaintextPeer, TimeoutError) as error:
            # A chat client without TLS says nothing: it waits for the server to ask for a name.
            is_plain = isinstance(error, PlaintextPeer) or not stream.has_heard
            reason = "it speaks no TLS" if is_plain else "its TLS handshake took too long"
            raise TurnedAway(reason, _TLS_ONLY if is_plain else "") from error
        except OSError as error:
            raise TurnedAway(f"no agreement on TLS ({in_words(error)})") from error
        stream.settimeout(None)  # the time was for the handshake; from here on, silence is fine
        return stream


class ServerSide:
    """Makes the connection to the server for each client. Any thread."""

    def __init__(
        self,
        address: tuple[str, int],
        trust: Trust | None = None,
        *,
        send_proxy: bool = False,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        """With `trust`, over TLS. `send_proxy`: tell the server who the client is."""
        self.address = address
        self._verifier = Verifier(*address, trust) if trust is not None else None
        self._send_proxy = send_proxy
        self._report = report

    def open(self, client: str, here: tuple[Any, ...]) -> Stream:
        """A connection for this client, who is connected to our address `here`.

        Raises TurnedAway.
        """
        try:
            connection = socket.create_connection(self.address, CONNECT_SECONDS)
        except UnicodeError as error:
            raise _unreachable("no host can have such a name") from error
        except OSError as error:
            raise _unreachable(error.strerror or str(error)) from error
        with contextlib.ExitStack() as on_failure:
            on_failure.enter_context(contextlib.closing(connection))
            stream = self._introduce(connection, client, here)
            stream.settimeout(None)  # the time was for connecting
            on_failure.pop_all()
        return stream

    def _introduce(self, connection: socket.socket, client: str, here: tuple[Any, ...]) -> Stream:
        """The header, then TLS: the other way round only who has the key could read the header."""
        try:
            tune_connection(connection)
            if self._send_proxy:
                connection.sendall(proxy_protocol.header(host_and_port(client), here))
            return self._secure(connection) if self._verifier else connection
        except Distrusted as error:
            raise TurnedAway(str(error), _DISTRUSTED) from error
        except TLSError as error:
            raise TurnedAway(str(error), _NO_TLS) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise TurnedAway(
                f"the server is lost ({why})", f"! The server is lost ({why})."
            ) from error

    def _secure(self, connection: socket.socket) -> Stream:
        assert self._verifier is not None
        stream, verdict = self._verifier.secure(connection)
        if verdict.is_first:
            self._report(verdict.remark)
        return stream


def _unreachable(why: str) -> TurnedAway:
    return TurnedAway(
        f"the server cannot be reached ({why})", f"! The server cannot be reached ({why})."
    )


# The whole of it is for the operator: it names files of this machine.
_DISTRUSTED = (
    "! The relay cannot tell whether the server is the right one, and sent it nothing. "
    "Ask the operator of the relay."
)
_NO_TLS = "! The relay cannot talk to the server over TLS. Ask the operator of the relay."
