"""The certificates that go into a file for everybody: they are public, good, and for the server.

A file may hold more than it should: a key beside its certificate, as HAProxy wants it. So a file
with anything called a private key is refused, and of any other only the certificates are taken, and
written anew.
"""

import contextlib
import ipaddress
import re
import ssl
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from phase4.certificate import Name
from phase4.transport.contexts import client_context
from phase4.transport.trusting import HeldCertificates
from shared.libraries import how_to_get
from shared.message import clean

if TYPE_CHECKING:  # the library is asked for where it is used: it may not be installed
    from cryptography import x509

MAX_FILE_BYTES = 4_000_000
"""A system's list of all authorities has a quarter of a million."""

NO_LIBRARY = (
    "To look at a certificate needs the library cryptography, which is not installed: "
    f"{how_to_get('cryptography')}"
)

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(rb"PRIVATE[- ]+(KEY|LINES)", re.IGNORECASE)  # PEM's, SSH's, PGP's and PuTTY's
_UNREADABLE = "{path} holds a certificate that cannot be read."
_NO_ROOT = (
    "Somebody else has signed what is in {path}. Name the file of that authority "
    "(Debian has all that everybody knows in /etc/ssl/certs/ca-certificates.crt)."
)


class NotVouched(Exception):
    """These certificates are not to be handed out; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Certificates that will do: `until` is the last day, by UTC, on which they will."""

    pem: str
    until: datetime
    is_authority: bool
    """It names no host: so nobody can see here for which one the server's own certificate is."""


def vouched(path: Path, host: Name) -> Vouched:
    """The certificates in this file (PEM), which vouch for `host`. Raises NotVouched."""
    pem = _certificates_in(path)
    with warnings.catch_warnings():  # some old authorities break a rule, and the library tells so
        warnings.simplefilter("ignore")
        try:
            return _judged(path, host, pem)
        except ValueError as error:  # the library reads some parts only when they are asked for
            raise NotVouched(_UNREADABLE.format(path=path)) from error


def _judged(path: Path, host: Name, pem: str) -> Vouched:
    certificates = _read(path, pem)
    # A client ends its search at these alone.
    roots = [each for each in certificates if each.issuer == each.subject]
    if not roots:
        raise NotVouched(_NO_ROOT.format(path=path))
    right = [each for each in roots if _names(each, host)] or [*filter(_is_ca, roots)]
    if not right:
        raise NotVouched(_why_not_for(path, host, roots))
    until, good = _good_now(path, right)
    # A chain may begin with the server's own certificate, and that ends first.
    own = [each for each in certificates if each not in roots and any(_names_in(each))]
    if not own or any(_names(each, host) for each in good):
        return Vouched(pem, until, is_authority=not any(_names(each, host) for each in good))
    if not (right := [each for each in own if _names(each, host)]):
        raise NotVouched(_why_not_for(path, host, own))
    return Vouched(pem, min(until, _good_now(path, right)[0]), is_authority=False)


def _good_now(
    path: Path, certificates: "Sequence[x509.Certificate]"
) -> "tuple[datetime, list[x509.Certificate]]":
    """Those that are valid today, and the last day of the last of them. Raises NotVouched."""
    now = datetime.now(UTC)
    good = [
        each
        for each in certificates
        if each.not_valid_before_utc <= now <= each.not_valid_after_utc
    ]
    if not good:
        raise NotVouched(_why_not_now(path, certificates, now))
    return max(each.not_valid_after_utc for each in good), good


def _certificates_in(path: Path) -> str:
    """The certificates of a file, and nothing else of it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotVouched(f"{path} cannot be read: {error.strerror}.") from error
    if _KEY.search(data):
        raise NotVouched(
            f"{path} holds a private key. With it, anybody can be your server: give it to nobody. "
            "Name a file that holds the certificate alone."
        )
    blocks = _CERTIFICATE.findall(data)
    if not blocks or len(data) > MAX_FILE_BYTES:
        raise NotVouched(f"{path} holds no certificate in PEM.")
    try:
        found = [ssl.PEM_cert_to_DER_cert(block.decode("ascii")) for block in blocks]
    except ValueError as error:
        raise NotVouched(_UNREADABLE.format(path=path)) from error
    return "".join(map(ssl.DER_cert_to_PEM_cert, found))


def _read(path: Path, pem: str) -> "list[x509.Certificate]":
    try:
        from cryptography import x509
    except ImportError as error:
        raise NotVouched(NO_LIBRARY) from error
    read = []
    for block in _CERTIFICATE.findall(pem.encode()):
        with contextlib.suppress(ValueError):  # or it refuses to read one
            read.append(x509.load_pem_x509_certificate(block))
    try:
        client_context(HeldCertificates(str(path), pem))
    except ssl.SSLError:
        read = []
    if not read:
        raise NotVouched(_UNREADABLE.format(path=path))
    return read


def _names_in(certificate: "x509.Certificate") -> Iterator[Name]:
    """Hosts and addresses for which it is. None where it is so odd that no client takes it."""
    from cryptography import x509

    odd = (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (*odd, ValueError):
        return
    yield from extension.value.get_values_for_type(x509.DNSName)
    for each in extension.value.get_values_for_type(x509.IPAddress):
        if isinstance(each, ipaddress.IPv4Address | ipaddress.IPv6Address):
            yield each


def _names(certificate: "x509.Certificate", host: Name) -> bool:
    wanted = [host]
    if isinstance(host, str):
        wanted.append(f"*.{host.partition('.')[2]}")  # RFC 6125, 6.4.3: for its first label alone
    return any(
        (each.lower().removesuffix(".") if isinstance(each, str) else each) in wanted
        for each in _names_in(certificate)
    )


def _is_ca(certificate: "x509.Certificate") -> bool:
    """Whether it vouches for others. One that names hosts is a server's own."""
    from cryptography import x509

    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return basic.value.ca and not any(_names_in(certificate))


def _why_not_for(path: Path, host: Name, certificates: "Sequence[x509.Certificate]") -> str:
    named = [clean(str(name)) for each in certificates for name in _names_in(each)]
    whose = (
        f"it is for {', '.join(named[:5])}{', ...' * (len(named) > 5)}"
        if named
        else "it names none"
    )
    return (
        f"{path} is not for the host {host}: {whose}. Clients would refuse the server. "
        f"Move it and its key away, and make one that is: python -m phase4.certificate {host}"
    )


def _why_not_now(path: Path, right: "Sequence[x509.Certificate]", now: datetime) -> str:
    first = min(each.not_valid_before_utc for each in right)
    if first > now:
        return f"{path} is not valid before {first:%Y-%m-%d} UTC. Is this machine's clock right?"
    last = max(each.not_valid_after_utc for each in right if each.not_valid_before_utc <= now)
    return f"{path} has expired: its last day was {last:%Y-%m-%d} UTC. Make a new one."
