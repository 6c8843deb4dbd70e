"""TLS over a connection that has been made (dialing.py), with a server that is the right one."""

import contextlib
import socket

from phase4.client.dialing import Doorbell, dial
from phase4.client.events import Ended
from phase4.transport.errors import Distrusted, TLSError
from phase4.transport.tls_socket import HANDSHAKE_SECONDS, TLSSocket
from phase4.transport.trust import Verdict, Verifier, WrongHost
from shared.deadline import Deadline


def secure(
    connection: socket.socket, place: tuple[str, int], verifier: Verifier, doorbell: Doorbell
) -> tuple[TLSSocket, Verdict]:
    """Agree on TLS, and the verdict on the server at this host and port.

    Raises Ended, and what the doorbell raises; then the connection is closed.
    """
    try:
        return _secure(connection, verifier, doorbell)
    except WrongHost as error:
        names = _names_at(*place, verifier, doorbell)
        raise Ended(str(WrongHost(error.place, names)), is_final=True) from error
    except TLSError as error:
        raise Ended(str(error), is_final=isinstance(error, Distrusted)) from error


def _secure(
    connection: socket.socket, verifier: Verifier, doorbell: Doorbell
) -> tuple[TLSSocket, Verdict]:
    """Raises TLSError, and what `on_ring` raises; then the connection is closed."""
    with contextlib.ExitStack() as on_failure:
        on_failure.enter_context(contextlib.closing(connection))
        stream = verifier.wrap(connection)
        try:
            _shake_hands(stream, doorbell)
        except OSError as error:
            raise verifier.why(error) from error
        verdict = verifier.verify(stream)
        on_failure.pop_all()
    return stream, verdict


def _shake_hands(stream: TLSSocket, doorbell: Doorbell) -> None:
    for _ in doorbell.turns(stream, Deadline(HANDSHAKE_SECONDS)):
        with contextlib.suppress(BlockingIOError):
            return stream.do_handshake()


def _names_at(host: str, port: int, verifier: Verifier, doorbell: Doorbell) -> list[str]:
    """The names that the certificate there is for: OpenSSL tells those of an accepted one only.

    So connect once more, and accept any host this time; but say nothing. Empty where that fails.
    """
    try:
        with contextlib.closing(dial(host, port, doorbell)) as connection:
            stream = verifier.wrap(connection, any_host=True)
            _shake_hands(stream, doorbell)
            return stream.peer_names
    except (Ended, OSError, TLSError) as error:
        if isinstance(error, Ended) and error.was_wished:
            raise
        return []
