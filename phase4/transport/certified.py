"""For which hosts a server's own certificate is, as a client would find it.

The standard library tells that only of a certificate that it has verified. So a client and a server
shake hands in memory, without a socket, and the client believes the very certificate.
"""

import contextlib
import ssl
from pathlib import Path

from phase4.transport.contexts import client_context
from phase4.transport.errors import TLSError

_TURNS = 8
"""Enough for each handshake: one of TLS 1.3 that must ask again takes three."""


def hosts_of(server: ssl.SSLContext, certificate: Path) -> tuple[str, ...]:
    """Names and addresses that a server with this context is certified for, out of its file (PEM).

    Empty where that cannot be told: it has expired, its file has gone, or it names nothing in a way
    that can be read.
    """
    try:
        client = client_context(certificate)
        client.check_hostname = False
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # whoever has signed it
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        asking = client.wrap_bio(to_client, to_server)
        answering = server.wrap_bio(to_server, to_client, server_side=True)
        for _ in range(_TURNS):
            for end in (asking, answering):
                with contextlib.suppress(ssl.SSLWantReadError):
                    end.do_handshake()
        named = (asking.getpeercert() or {}).get("subjectAltName", ())
    # Also where the file has gone, there was no handshake, or a name is not text.
    except (TLSError, ssl.SSLError, ValueError):
        return ()
    return tuple(str(pair[1]) for pair in named if pair[0] in ("DNS", "IP Address"))
