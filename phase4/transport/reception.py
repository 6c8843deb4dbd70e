"""How a newcomer is received: whose connection it is, and TLS; or why it comes no further.

New here: between accept() and the first word a server waits for its peer twice, so both steps stand
in the connection's own thread, and each has an end. First `identify`: a trusted proxy sends a PROXY
header (proxy_protocol.py), which tells whom it speaks for. Then `shake_hands`, where the port is
for TLS. The server and the relay receive people in the same way.

Many who come break off: clients without TLS, clients that do not trust our certificate, the health
checks of load balancers. What each of them is told, and what the operator is told, is decided here.
"""

import socket
import ssl

from phase4.transport import proxy_protocol
from phase4.transport.proxy_protocol import NoHeader, ProxyError, TrustedProxies
from phase4.transport.tls_socket import PlaintextPeer, TLSSocket, alert_of
from phase4.transport.trust import in_words
from shared.address import Address
from shared.framing import encode_line

RECEPTION_SECONDS = 5.0
"""For a PROXY header, and again for a handshake. A proxy sends its header at once, and a handshake
takes three messages: over a slow network a second. A client of ours gives up after as long."""

TLS_ONLY = "! This port speaks TLS only; connect with --tls. Goodbye."

_DISTRUSTS_US = (  # a client's alerts (RFC 8446, 6.2)
    *("unknown_ca", "bad_certificate", "certificate_unknown", "certificate_expired"),
    *("certificate_revoked", "unsupported_certificate"),
)


class TurnedAway(Exception):
    """A newcomer is not served. `reason` is for the operator; empty for a health check.

    `last_line` is for the peer, without TLS; empty where it could not be read, or nobody is there.
    """

    def __init__(self, reason: str = "", last_words: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_line = encode_line(last_words) if last_words else b""


def identify(connection: socket.socket, peer: Address, trusted: TrustedProxies) -> Address:
    """Whose connection it is: the peer's, or that of the client whom a trusted proxy speaks for.

    Raises TurnedAway. Only what belongs to the header is taken from the connection.
    """
    if peer not in trusted:
        return peer
    try:
        return proxy_protocol.receive(connection, RECEPTION_SECONDS) or peer
    except NoHeader as error:
        raise TurnedAway from error  # it comes many times a minute
    except ProxyError as error:
        raise TurnedAway(f"it is a trusted proxy, but: {error}", f"! {error}") from error


def shake_hands(stream: TLSSocket) -> None:
    """Agree on keys with a client, within RECEPTION_SECONDS. Raises TurnedAway.

    The stream keeps the time as its time-out. Where it fails, the last line is for its socket.
    """
    stream.settimeout(RECEPTION_SECONDS)
    try:
        stream.do_handshake()
    except PlaintextPeer as error:
        raise TurnedAway("it does not speak TLS", TLS_ONLY) from error
    except TimeoutError as error:
        if stream.has_heard:
            raise TurnedAway("its TLS handshake took too long") from error
        # A chat client without TLS says nothing: it waits for the server to ask for a name.
        raise TurnedAway("it does not speak TLS", TLS_ONLY) from error
    except ssl.SSLError as error:
        is_distrust = alert_of(error) in _DISTRUSTS_US
        why = "it does not trust our certificate" if is_distrust else _no_agreement(error)
        raise TurnedAway(why) from error
    except OSError as error:
        raise TurnedAway(_no_agreement(error) if stream.has_heard else "") from error


def _no_agreement(error: OSError) -> str:
    return f"no agreement on TLS: {in_words(error)}"
