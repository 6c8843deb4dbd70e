r"""Whether the server at the other end is the right one: decided before a word is said.

New here: encryption alone protects nobody from a person in the middle, who can encrypt as well. We
must know *which* server answers, and there are two ways to know it:

- `--ca FILE`: somebody vouches for the certificate, and it is for the host that was asked for.
- Otherwise trust on first use, as ssh does it: the first certificate is remembered
  (known_hosts.py), and any other is refused. The first time is unprotected, and the person is told.

A client does it step by step, without waiting (phase4/client/securing.py). A thread may wait:

    verifier = Verifier(host, port, trust)     # one for all connections to this server
    stream, verdict = verifier.secure(connection)     # raises TLSError with a sentence

`add_trust_arguments` and `trust_of` are the command line of it.
"""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phase4.transport import known_hosts
from phase4.transport.contexts import client_context, fingerprint
from phase4.transport.errors import CutOff, Distrusted, PlaintextPeer, TLSError, in_words
from phase4.transport.fingerprints import in_groups
from phase4.transport.tls_socket import HANDSHAKE_SECONDS, TLSSocket, alert_of
from phase4.transport.trusting import Trust
from shared.safe_text import clean
from shared.settings_folder import settings_folder

FILE = "known_hosts"

_MAX_SHOWN_NAMES, _MAX_SHOWN_NAME = 5, 80
"""Of a certificate that is for other hosts: how many of them are shown, and how much of each."""

# OpenSSL's codes (X509_V_ERR_...), which stay; alerts (RFC 8446, 6.2); and where this end finds it,
# OpenSSL's reasons, the same from 3.0 to 3.6.
_WRONG_HOST = (62, 64)  # HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH
_NOBODY_VOUCHES = (2, 18, 19, 20, 21)  # no issuer, self-signed, a chain that ends nowhere
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION")
_TOO_OLD_ALERT = "protocol_version"
_NO_CIPHER_ALERTS = ("handshake_failure", "insufficient_security")
_ALTERED_ALERTS = (  # the peer could not read what came to it; we had sent what can be read
    *("bad_record_mac", "decryption_failed", "decrypt_error", "record_overflow", "decode_error"),
    *("unexpected_message", "protocol_version", "illegal_parameter"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The server is the right one, as far as can be told."""

    version: str
    """TLS's, as `TLSv1.3`."""
    fingerprint: str
    is_first: bool
    """Nobody vouches for it, and it was not known: this time is unprotected."""
    remarks: tuple[str, ...] = ()
    """For the person, where it is the first time: what that means, and where it is remembered.

    The fingerprint has lines of its own: it is hard enough to compare."""


class WrongHost(Distrusted):
    """The certificate is good, but for another host than `place`."""

    def __init__(self, place: str, names: Sequence[str] = ()) -> None:
        """`names` are the hosts that it is for, as far as they are known."""
        self.place = place
        shown = [clean(_short(name))[:_MAX_SHOWN_NAME] for name in names[:_MAX_SHOWN_NAMES]]
        others = ", ..." if len(names) > len(shown) else ""
        which = f": it is for {', '.join(shown)}{others}" if shown else ""
        super().__init__(
            f"The certificate of {place} is for another host{which}. Nothing was sent. "
            "Ask the operator where to connect now."
        )


def default_known_hosts() -> Path:
    """Beside the window's settings. Raises TLSError where this person has no home directory."""
    folder = settings_folder()
    if folder is None:
        raise TLSError(
            "To remember servers without a home directory, say in which file: --known-hosts FILE "
            "(or vouch for the server: --ca FILE)."
        )
    return folder / FILE


class Verifier:
    """Decides for one server, on every connection to it. Any thread, several at once.

    A fingerprint seen once counts as long as the Verifier lives, even where no file can keep it.
    """

    def __init__(self, host: str, port: int, trust: Trust) -> None:
        self._host = host
        self._port = port
        self._trust = trust
        # Held while the known-hosts file is read and written, so that one connection at a time is
        # the first.
        self._lock = threading.Lock()
        # The fingerprint of the server that was let in last; empty before the first. Under _lock.
        self._seen = ""

    def secure(
        self, connection: socket.socket, seconds: float = HANDSHAKE_SECONDS
    ) -> tuple[TLSSocket, Verdict]:
        """TLS over a connection that has just been made, and the verdict, within `seconds`.

        The stream keeps `seconds` as its time-out. Takes `connection` over, and closes it where
        there is no TLS. Raises TLSError with a sentence.
        """
        with contextlib.ExitStack() as on_failure:
            on_failure.enter_context(contextlib.closing(connection))
            connection.settimeout(seconds)
            stream = self.wrap(connection)
            try:
                stream.do_handshake()
            except OSError as error:
                raise self.why(error) from error
            verdict = self.verify(stream)
            on_failure.pop_all()
        return stream, verdict

    def wrap(self, connection: socket.socket, *, any_host: bool = False) -> TLSSocket:
        """TLS over a connection, before its handshake. Raises TLSError.

        `any_host`: only to learn which hosts its certificate is for. Then nothing may be said.
        """
        context = client_context(self._trust.ca)
        if any_host:
            context.check_hostname = False
        try:
            return TLSSocket(connection, context, server_hostname=_name_to_verify(self._host))
        except ValueError as error:  # of a form that no certificate can be for
            raise Distrusted(f"No certificate can be for a host named {self._host!r}.") from error

    def verify(self, stream: TLSSocket) -> Verdict:
        """After the handshake, and before anything is said. Raises Distrusted, TLSError."""
        shown = fingerprint(stream.peer_certificate)
        if self._trust.ca is not None:  # the handshake has verified it
            return Verdict(stream.version, shown, is_first=False)
        with self._lock:
            remarks = self._recognise(shown)
            self._seen = shown
        is_first = bool(remarks)
        return Verdict(stream.version, shown, is_first, remarks)

    def _recognise(self, shown: str) -> tuple[str, ...]:
        """Under _lock: the remarks where it is the first time. Raises TLSError, Distrusted."""
        path = self._trust.known_hosts or default_known_hosts()
        known = known_hosts.fingerprints(path, self._host, self._port)
        known = known or ({self._seen} if self._seen else set())  # where no file could keep it
        remarks: tuple[str, ...] = ()
        if not known:
            known, kept = self._meet(path, shown)
            remarks = (
                f"This is the first time that {self._place} shows its certificate here, and "
                "nobody vouches for it. Ask the operator whether this is its fingerprint (SHA256):",
                *in_groups(shown),
                kept,
            )
        if shown not in known:
            raise Distrusted(self._why_changed(path, shown))
        return remarks

    def _meet(self, path: Path, shown: str) -> tuple[set[str], str]:
        """The first time: what is known afterwards, and whether that will be remembered."""
        entry = known_hosts.Entry(known_hosts.spelled(self._host), self._port, shown)
        try:
            known = known_hosts.remember(path, entry)
        except OSError as error:
            return {shown}, (
                f"It could not be remembered in {path} ({error.strerror or error}), so the next "
                "time is as unprotected as this one."
            )
        return known, f"It is remembered in {path}, and any other will be refused."

    # --- sentences ---

    def why_lost(self, error: OSError) -> str:
        """What became of a connection that stood, in a few words."""
        return why_lost(error)

    @property
    def _place(self) -> str:
        return f"{self._host} port {self._port}"

    def _why_changed(self, path: Path, shown: str) -> str:
        sentences = (
            f"{self._place} shows another certificate than before, and nothing was sent to it. "
            "Either somebody is in the middle and pretends to be the server, or its certificate "
            "was renewed. Only if the operator says that the fingerprint at the end of this is now "
            "the right one, remove the entry for "
            f"{known_hosts.spelled(self._host)} {self._port} in {path}. SHA256:"
        )
        return "\n".join((sentences, *in_groups(shown)))

    def why(self, error: OSError) -> TLSError:
        """The error, with a sentence, for a handshake that failed with this one. Any thread."""
        match error:
            case ssl.SSLCertVerificationError(verify_code=code) if code in _WRONG_HOST:
                return WrongHost(self._place)
            case ssl.SSLCertVerificationError():
                return Distrusted(self._why_not_verified(error))
            case ssl.SSLError():
                return TLSError(self._why_no_agreement(error))
            case PlaintextPeer():
                return TLSError(
                    f"{self._place} does not speak TLS, and nothing was sent to it. Is this its "
                    "port for TLS? If the server has none, only without TLS can you talk to it, "
                    "and then anybody on the way can read and alter what is said."
                )
            case TimeoutError():
                return TLSError(
                    f"{self._place} took the connection, but did not agree on TLS in time. Does it "
                    "speak TLS on this port?"
                )
        return TLSError(
            f"{self._place} ended the connection instead of agreeing on TLS. Does it speak TLS on "
            "this port?"
        )

    def _why_not_verified(self, error: ssl.SSLCertVerificationError) -> str:
        its = f"The certificate of {self._place}, or one that vouches for it,"
        match error.verify_code:
            case 10:
                return f"{its} has expired; the operator must renew it. Nothing was sent."
            case 9:
                return f"{its} is not valid yet. Is this machine's clock right? Nothing was sent."
            case code if code in _NOBODY_VOUCHES:
                return (
                    f"Nobody in {self._trust.ca} vouches for the certificate of {self._place}, so "
                    "it may be anybody's. Nothing was sent. Has the operator made a new one? Then "
                    "ask for the file that goes with it."
                )
        return f"{its} is not to be trusted ({error.verify_message}). Nothing was sent."

    def _why_no_agreement(self, error: ssl.SSLError) -> str:
        alert = alert_of(error)
        if error.reason in _TOO_OLD or alert == _TOO_OLD_ALERT:
            return (
                f"{self._place} speaks only old versions of TLS, which are broken; 1.2 is needed."
            )
        if alert in _NO_CIPHER_ALERTS:
            return f"{self._place} and this program have no cipher in common."
        return f"{self._place} and this program could not agree on TLS ({in_words(error)})."


def why_found_by_tls(error: OSError) -> str:
    """What became of a connection, where it is TLS that found it; else empty.

    A TLSSocket that gives its peer up raises ConnectionAbortedError; a plain socket raises that on
    Windows alone.
    """
    is_by_tls = isinstance(error, CutOff | ssl.SSLError | ConnectionAbortedError)
    return why_lost(error) if is_by_tls else ""


def why_lost(error: OSError) -> str:
    """What became of a connection that stood, in a few words.

    Once the keys are agreed on, all that the peer sends can be read. If it cannot, it is not what
    the peer has sent, whatever OpenSSL found wrong with it first: each version calls that
    differently, and only an alert comes from the peer itself.
    """
    alert = alert_of(error)
    match error:
        case CutOff() | ssl.SSLEOFError():
            return "cut off, so that the last words may be missing"
        case ssl.SSLError() if not alert:
            return "what arrived was altered on the way"
        case ssl.SSLError() if alert in _ALTERED_ALERTS:
            return "what we sent was altered on the way"
        case ssl.SSLError():
            return f"by TLS: {in_words(error)}"
    return in_words(error)


def _short(name: str) -> str:
    """An address as it is typed: OpenSSL writes IPv6 without `::`.

    >>> _short("0:0:0:0:0:0:0:1"), _short("chat.example")
    ('::1', 'chat.example')
    """
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(name))
    return name


def _name_to_verify(host: str) -> str:
    """What stands in a certificate: no zone (fe80::1%eth0), no dot at the end."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host.partition("%")[0]))
    return host.removesuffix(".")
