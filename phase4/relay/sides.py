"""The two sides of the relay: what comes first on a connection, before anything is carried.

New here: a real proxy has a say on each side.

A client is received as the server receives it (phase4/transport/reception.py): whose connection it
is, then TLS, where it ends here. To the server, in the same order: a PROXY header of our own, for
the client; then TLS, with a server that is the right one (phase4/transport/trust.py).

Both sides wait for a peer, so they do it in the client's own thread, each within a time of its own.
"""

import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from phase4.transport.errors import Distrusted, TLSError
from phase4.transport.proxy_protocol import TrustedProxies, header
from phase4.transport.reception import TurnedAway, identify
from shared.address import Address
from shared.listener import tune_connection
from shared.stream import Stream

if TYPE_CHECKING:  # with OpenSSL, which a relay without TLS does not load
    import ssl

    from phase4.transport.trust import Verifier
    from phase4.transport.trusting import Trust

CONNECT_SECONDS = 5.0
"""A server that is there answers in a fraction of a second."""


class ClientSide:
    """Takes clients in. Any thread; it does not change, but for a renewed certificate."""

    def __init__(
        self, tls: "ssl.SSLContext | None" = None, trusted: TrustedProxies | None = None
    ) -> None:
        """With `tls`, TLS ends here; without it, what a client sends passes as it is, TLS too."""
        self._tls = tls
        # Of the certificate that `use` was given.
        self.fingerprint = ""
        self._trusted = trusted or TrustedProxies()

    def use(self, tls: "ssl.SSLContext", fingerprint: str) -> None:
        """From now on show this certificate to clients. Any thread."""
        self._tls = tls
        self.fingerprint = fingerprint

    def identify(self, connection: socket.socket, peer: Address) -> Address:
        """Whose connection it is; see `reception.identify`. Raises TurnedAway."""
        return identify(connection, peer, self._trusted)

    def secure(self, connection: socket.socket) -> Stream:
        """What to receive from and send to: the connection, or TLS over it. Raises TurnedAway."""
        tls = self._tls
        if tls is None:
            return connection
        from phase4.transport.handshake import over_tls, shake_hands

        stream = over_tls(connection, tls)
        shake_hands(stream)
        stream.settimeout(None)  # the time was for the handshake; from here on, silence is fine
        return stream


class ServerSide:
    """Makes the connection to the server for each client. Any thread."""

    def __init__(
        self,
        address: Address,
        trust: "Trust | None" = None,
        *,
        send_proxy: bool = False,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        """With `trust`, over TLS. `send_proxy`: tell the server whose connection it is."""
        self.address = address
        self._verifier = _verifier(address, trust) if trust is not None else None
        self._send_proxy = send_proxy
        self._report = report

    def open(self, client: Address, here: Address) -> Stream:
        """A connection for this client, which is connected to our address `here`.

        Raises TurnedAway.
        """
        there = (self.address.host, self.address.port)
        try:
            connection = socket.create_connection(there, CONNECT_SECONDS)
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

    def _introduce(self, connection: socket.socket, client: Address, here: Address) -> Stream:
        """The header, then TLS: the other way round, a proxy without the key could not read it."""
        try:
            tune_connection(connection)
            if self._send_proxy:
                connection.sendall(header(client, here))
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
            for line in verdict.remarks:
                self._report(line)
        return stream


def _verifier(address: Address, trust: "Trust") -> "Verifier":
    from phase4.transport.trust import Verifier

    return Verifier(address.host, address.port, trust)


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
