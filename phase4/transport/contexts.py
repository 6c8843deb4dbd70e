"""TLS contexts: what both ends demand, and the fingerprint of a certificate."""

import hashlib
import ssl
from pathlib import Path

from phase4.transport.errors import TLSError
from phase4.transport.trusting import HeldCertificates


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """For a listener: TLS 1.2 or later, with this certificate (PEM). Raises TLSError.

    Without `key`, the certificate's file must hold the key as well.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _demand(context)
    # The one group that all must know (RFC 8446, 9.1). OpenSSL would let the client choose, and
    # ffdhe8192 costs us 110 ms for a thousand bytes of theirs (the attack is called D(HE)at).
    context.set_ecdh_curve("prime256v1")
    context.num_tickets = 0  # a chat connects once and stays: nothing would resume a session
    key = key or certificate
    for path in (certificate, key):
        try:
            path.open("rb").close()  # load_cert_chain() does not say which of the two it is
        except OSError as error:
            raise TLSError(f"{path} cannot be read: {error.strerror}.", path) from error
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _EncryptedKey as error:
        sentence = f"{key} is encrypted with a password; a server needs it without."
        raise TLSError(sentence, key) from error
    except (ssl.SSLError, ValueError) as error:
        raise _no_chain(certificate, key, error) from error
    return context


def _no_chain(certificate: Path, key: Path, error: Exception) -> TLSError:
    reason = getattr(error, "reason", None)
    # Of another pair, or of another kind: RSA beside ECDSA.
    if reason in ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"):
        return TLSError(f"{key} is not the key that belongs to {certificate}.", key)
    if reason in ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"):
        why = f"{certificate} is too weak for TLS as it is spoken today; make a new one."
    elif key == certificate:
        why = f"{key} does not hold a certificate and its key, in PEM; is the key in another file?"
    else:
        why = f"{certificate} and {key} hold no certificate with its key, in PEM, that can be used."
    return TLSError(why, certificate)


def client_context(ca: Path | HeldCertificates | None = None) -> ssl.SSLContext:
    """For a client: TLS 1.2 or later. Raises TLSError.

    With `ca`, the server's certificate must be signed by one of these (or be one of them), and
    be for the host that was asked for. Without, *any* certificate will do, and the
    caller must look at it before anything is said (phase4/transport/trust.py).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _demand(context)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if isinstance(ca, HeldCertificates):
        context.load_verify_locations(cadata=ca.pem)
        return context
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise TLSError(f"{ca} holds no certificate in PEM.", ca) from error
    except OSError as error:
        raise TLSError(f"{ca} cannot be read: {error.strerror}.", ca) from error
    return context


def _demand(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996: what is older is broken
    # Only TLS 1.2 has it. A client could make the server work, again and again (CVE-2011-1473).
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.options |= ssl.OP_NO_COMPRESSION  # RFC 7457, 2.6: its length tells what is inside


class _EncryptedKey(Exception):
    """A password was asked for."""


def _no_password() -> str:
    """Instead of OpenSSL's own question on the terminal, which nobody may be there to answer."""
    raise _EncryptedKey


def fingerprint(certificate: bytes) -> str:
    """A certificate's (DER) SHA-256 in hexadecimal, as `openssl x509 -fingerprint -sha256` has it.

    >>> fingerprint(b"")[:11]
    'E3:B0:C4:42'
    """
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(certificate).digest())


def fingerprint_of_file(certificate: Path) -> str:
    """The fingerprint of the first certificate in a PEM file. Raises TLSError."""
    try:
        text = certificate.read_text(encoding="latin-1")  # between the blocks may be anything
        start = text.index("-----BEGIN CERTIFICATE-----")
        end = text.index("-----END CERTIFICATE-----", start) + len("-----END CERTIFICATE-----")
        return fingerprint(ssl.PEM_cert_to_DER_cert(text[start:end]))
    except (OSError, ValueError) as error:
        raise TLSError(f"{certificate} holds no certificate in PEM.", certificate) from error
