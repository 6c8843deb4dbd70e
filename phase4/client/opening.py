"""What a client talks through: a connection (dialing.py), or TLS over it (securing.py)."""

import contextlib
from typing import TYPE_CHECKING

from phase4.client.dialing import Doorbell, dial
from phase4.transport.trusting import Trust
from shared.listener import tune_connection
from shared.stream import Stream

if TYPE_CHECKING:  # with OpenSSL, which a client without TLS does not load
    from phase4.transport.trust import Verdict, Verifier


def verifier_of(host: str, port: int, trust: Trust | None) -> "Verifier | None":
    """Decides whether the server there is the right one; None: without TLS."""
    if trust is None:
        return None
    import phase4.client.securing  # noqa: F401 - now, and not while the server waits
    from phase4.transport.trust import Verifier

    return Verifier(host, port, trust)


def open_stream(
    host: str, port: int, verifier: "Verifier | None", doorbell: Doorbell
) -> "tuple[Stream, Verdict | None]":
    """As `dial`; with a verifier, in TLS with a server that is the right one, and the verdict."""
    connection = dial(host, port, doorbell)
    with contextlib.suppress(OSError):  # it is lost already; reading will tell
        tune_connection(connection)
    if verifier is None:
        return connection, None
    from phase4.client.securing import secure

    return secure(connection, (host, port), verifier, doorbell)
