"""TLS with a newcomer: the second step of a reception (reception.py), where the port is for TLS."""

import socket
import ssl

from phase4.transport import reception
from phase4.transport.errors import PlaintextPeer, in_words
from phase4.transport.reception import TurnedAway
from phase4.transport.tls_socket import TLSSocket, alert_of

TLS_ONLY = "! This port speaks TLS only; connect with --tls. Goodbye."

_DISTRUSTS_US = (  # a client's alerts (RFC 8446, 6.2)
    *("unknown_ca", "bad_certificate", "certificate_unknown", "certificate_expired"),
    *("certificate_revoked", "unsupported_certificate"),
)


def over_tls(connection: socket.socket, context: ssl.SSLContext) -> TLSSocket:
    """TLS with a newcomer on this connection, before its handshake."""
    return TLSSocket(connection, context, server_side=True)


def shake_hands(stream: TLSSocket) -> None:
    """Agree on keys with a client, within RECEPTION_SECONDS. Raises TurnedAway.

    The stream keeps the time as its time-out. Where it fails, the last line is for its socket.
    """
    stream.settimeout(reception.RECEPTION_SECONDS)
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
