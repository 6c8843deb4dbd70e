"""Certificates for the checks of TLS, made by trustme: nothing of ours vouches for itself."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from phase4.transport.contexts import server_context

HOSTS = ("127.0.0.1", "::1", "localhost", "both.example")


_GROUP = r"(?:[0-9A-F]{2}:){7}[0-9A-F]{2}"


def groups_of(fingerprint: str) -> list[str]:
    """The lines in which people compare it: eight bytes each."""
    groups = re.findall(_GROUP, fingerprint)
    assert ":".join(groups) == fingerprint
    assert len(groups) == 4
    return groups


def fingerprint_in(text: str) -> str:
    """The only fingerprint that a program shows in `text`, where it can be compared."""
    groups = re.findall(rf"^(?:.* )?({_GROUP})$", text, re.MULTILINE)
    assert len(groups) == 4, text
    return ":".join(groups)


class Authority:
    """Somebody who vouches for servers, in files of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ca = trustme.CA()
        self._count = 0
        self.file = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def certificate(self, *hosts: str, days: tuple[int, int] = (-1, 1)) -> Path:
        """A new certificate with its key, in one file: for these hosts, from day to day."""
        first, last = (datetime.now(UTC) + timedelta(days=day) for day in days)
        made = self._ca.issue_cert(*(hosts or HOSTS), not_before=first, not_after=last)
        self._count += 1
        path = self._directory / f"server{self._count}.pem"
        made.private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def context(self, *hosts: str, days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """A server's context, with a certificate as `certificate` makes it."""
        return server_context(self.certificate(*hosts, days=days))


def certificate_with_names(*names: bytes, is_weak: bool = False) -> bytes:
    """A self-signed certificate and its key (PEM), for hosts whose names may be any bytes.

    Each of them, and all together, must be shorter than 128 bytes. A weak one has a key of RSA with
    1,024 bits.
    """
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        rsa.generate_private_key(65537, 1024)
        if is_weak
        else ec.generate_private_key(ec.SECP256R1())
    )
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "no text")])
    fields = b"".join(b"\x82" + bytes([len(name)]) + name for name in names)  # dNSName, in DER
    alternatives = x509.UnrecognizedExtension(
        x509.SubjectAlternativeName.oid, b"\x30" + bytes([len(fields)]) + fields
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return made.public_bytes(pem) + secret
