"""How a newcomer is received: whose connection it is, and TLS; or why it comes no further.

New here: between accept() and the first word a server waits for its peer twice, so both steps stand
in the connection's own thread, and each has an end. First `identify`: a trusted proxy sends a PROXY
header (proxy_protocol.py), which tells whom it speaks for. Then `shake_hands` (handshake.py), where
the port is for TLS. The server and the relay receive people in the same way.

Many who come break off: clients without TLS, clients that do not trust our certificate, the health
checks of load balancers. What each of them is told, and what the operator is told, is decided here.
"""

import socket

from phase4.transport import proxy_protocol
from phase4.transport.proxy_protocol import NoHeader, ProxyError, TrustedProxies
from shared.address import Address
from shared.framing import encode_line

RECEPTION_SECONDS = 5.0
"""For a PROXY header, and again for a handshake. A proxy sends its header at once, and a handshake
takes three messages: over a slow network a second. A client of ours gives up after as long."""


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
