"""Make a certificate for a chat server: self-signed, for a class or an office.

    python -m phase4.certificate                              # for this machine
    python -m phase4.certificate chat.example 192.168.1.20    # for a name and an address

A certificate binds a public key to names. A server that has the secret key can prove it, and so
that it is the one that the certificate names (TLS's handshake is that proof). Who vouches for the
binding? On the web an authority, which both sides trust. A class has none, so the certificate is
signed with its own key, and vouches for nothing: people compare its fingerprint once, or get the
file from a hand that they trust (`--ca`).

New here: nothing of the mathematics. The library cryptography (an extra: pip install '.[tls]')
makes the key and signs; what is ours is what a certificate must say to be accepted everywhere, and
how a secret gets into a file.
"""

import argparse
import contextlib
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from phase4.transport.contexts import fingerprint
from phase4.transport.fingerprints import in_groups
from shared.address import IPAddress
from shared.arguments import file_path, positive_number, typed
from shared.console import accept_any_text, exit_with
from shared.defaults import HOST
from shared.files import is_of_others
from shared.libraries import how_to_get
from shared.networks import Use, own_ways

if TYPE_CHECKING:  # the library is asked for where it is used: it may not be installed
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

DAYS = 365
"""A certificate that is renewed once a year is renewed by somebody who still knows how."""

MAX_DAYS = 3650
"""Ten years. Nobody can take a self-signed certificate back: it is good until its last day."""

CLOCKS_DIFFER = timedelta(days=1)
"""It holds from yesterday on: a client's clock may be slow, or an hour or twelve of summer time and
time zone off. Otherwise a certificate that was made just now would be refused as not yet valid."""

MAX_COMMON_NAME = 64
"""Characters (RFC 5280, appendix A: ub-common-name). Only people read it: what counts is below."""

MAX_NAME_CHARACTERS = 253
"""Of a host's name (RFC 1035, 2.3.4: 255 bytes on the wire, of which two are not characters)."""

NO_LIBRARY = (
    "A certificate is made by the library cryptography, which is not installed: "
    f"{how_to_get('cryptography')}"
)

Name = str | IPAddress
"""What people connect to. A str is a host's name in ASCII, in small letters."""

_USES = (  # of a key (RFC 5280, 4.2.1.3); a handshake is signed, and nothing else
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows has that

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


class CertificateError(Exception):
    """No certificate was made; the text is a sentence for the person who started us."""


# --- for whom ------------------------------------------------------------------------------------


def name_or_address(text: str) -> Name:
    """What a client is told to connect to. For argparse's `type`.

    >>> name_or_address("Bücher.example"), name_or_address("::1")
    ('xn--bcher-kva.example', IPv6Address('::1'))
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])  # %eth0 means the client's own card
    except ValueError:
        return _host_name(text)
    if address.is_unspecified or address.is_multicast:
        raise argparse.ArgumentTypeError(f"{text} is nobody's address; give the server's own")
    return address


def _host_name(text: str) -> str:
    try:
        # By the codec that Python's ssl and socket use for the name that they are given (IDNA of
        # 2003), so that both mean the same host.
        name = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    labels = name.split(".")
    is_number = labels[-1].isdecimal()  # then it was meant as an address
    if len(name) > MAX_NAME_CHARACTERS or is_number or not all(map(_LABEL.fullmatch, labels)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a host's name nor an address; give it as chat.example or "
            "192.168.1.20, without a port"
        )
    return name


def own_names() -> list[Name]:
    """Names and addresses under which this machine can be reached, as far as it knows.

    Its addresses come before its name, which others cannot look up as a rule. Those of IPv6 are
    left out: they would often be good for a day only (RFC 8981).
    """
    names: list[Name] = ["localhost", *map(ipaddress.ip_address, ("127.0.0.1", "::1"))]
    names += [way.address for way in own_ways(with_ipv6=False) if way.use is not Use.INSIDE]
    with contextlib.suppress(argparse.ArgumentTypeError):  # a machine may have any name
        names.append(name_or_address(socket.gethostname()))
    return list(dict.fromkeys(names))


def main_name(names: Sequence[Name]) -> Name | None:
    """What others would connect to: the first that is not this machine's own name for itself."""
    return next((name for name in names if not is_loopback(name)), None)


def is_loopback(name: Name) -> bool:
    """Whether it is a machine's own name for itself."""
    return name == "localhost" if isinstance(name, str) else name.is_loopback


# --- what it says --------------------------------------------------------------------------------


def make(names: Sequence[Name], until: datetime) -> tuple[bytes, bytes, bytes]:
    """A certificate for `names`: as PEM, its key as PEM, and the certificate as DER.

    Raises CertificateError where the library cryptography is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise CertificateError(NO_LIBRARY) from error
    key = ec.generate_private_key(ec.SECP256R1())  # every TLS library knows this curve
    common_name = str(main_name(names) or names[0])[:MAX_COMMON_NAME]
    itself = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(itself)
        .issuer_name(itself)  # self-signed
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - CLOCKS_DIFFER)
        .not_valid_after(until)
    )
    for extension, is_critical in _extensions(names, key.public_key()):
        builder = builder.add_extension(extension, critical=is_critical)
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return (
        certificate.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(serialization.Encoding.DER),
    )


def _extensions(
    names: Sequence[Name], public_key: "ec.EllipticCurvePublicKey"
) -> Iterator[tuple["x509.ExtensionType", bool]]:
    """What the certificate says, each with whether it is critical (RFC 5280, 4.2).

    All that OpenSSL's strict verification wants, which Python has by default since 3.13.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    # Not a CA: a client that is told to trust it trusts it for these names and no others.
    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield x509.KeyUsage(**{use: use == "digital_signature" for use in _USES}), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
    yield x509.SubjectKeyIdentifier.from_public_key(public_key), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), False
    yield (
        x509.SubjectAlternativeName(
            [
                x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
                for name in names
            ]
        ),
        False,
    )


# --- two files, or none --------------------------------------------------------------------------


def write_both(cert: Path, certificate: bytes, key: Path, secret: bytes) -> None:
    """Write a certificate for everybody, and its key for the owner alone: both or neither.

    A file that is there is left alone. Raises CertificateError.
    """
    if os.path.realpath(cert) == os.path.realpath(key):  # Path.resolve() raises at endless links
        raise CertificateError("The certificate is for all and the key is secret: not in one file.")
    with contextlib.ExitStack() as undo:
        # Both are made before either is written, each by the one call that looks and takes.
        public = _new_file(cert, 0o644, undo)
        private = _new_file(key, 0o600, undo)
        _fill(public, cert, certificate)
        _fill(private, key, secret)
        undo.pop_all()


def _new_file(path: Path, mode: int, undo: contextlib.ExitStack) -> BinaryIO:
    """An empty file that was not there; `undo` takes it away. Raises CertificateError."""
    try:
        # With its rights from the start. After a chmod() it would be too late: a program that has
        # opened a file may read what is written into it later.
        descriptor = os.open(path, _NEW_FILE, mode)
    except FileExistsError as error:
        raise CertificateError(
            f"{path} is there already. Nothing was written: move it away, or say --cert and --key."
        ) from error
    except OSError as error:
        remedy = " Say --cert and --key for another place." if is_of_others(error) else ""
        raise CertificateError(f"{path} cannot be made: {error.strerror}.{remedy}") from error
    file = open(descriptor, "wb")  # noqa: SIM115 - `undo` closes it
    undo.callback(path.unlink, missing_ok=True)
    undo.callback(_give_up, file)  # first: Windows removes no file that is open
    return file


def _fill(file: BinaryIO, path: Path, data: bytes) -> None:
    """Write it all, onto the disk, and close. Raises CertificateError."""
    try:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a full disk may show only here
        file.close()
    except OSError as error:
        raise CertificateError(
            f"{path} cannot be written: {error.strerror}. Nothing is left of it."
        ) from error


def _give_up(file: BinaryIO) -> None:
    with contextlib.suppress(OSError):  # close() tries once more to write what it could not
        file.close()


# --- the command line ----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Make both files and say what to do with them; the exit status."""
    accept_any_text()
    options = _parser().parse_args(arguments)
    names = list(dict.fromkeys(options.names)) or own_names()
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=options.days)
    try:
        certificate, key, der = make(names, until)
        write_both(options.cert, certificate, options.key, key)
    except CertificateError as error:
        print(f"phase4.certificate: {error}", file=sys.stderr)
        return 2
    print(f"{options.cert}: the certificate, for everybody; it holds until {until:%Y-%m-%d} UTC.")
    print(f"{options.key}: its key. With it, anybody can be your server: give it to nobody.")
    print(f"For {', '.join(map(str, names))}")
    print("Fingerprint SHA256", *in_groups(fingerprint(der)), sep="\n  ")
    print("\n".join(_what_next(names, options.cert, options.key)))
    return 0


def _what_next(names: Sequence[Name], cert: Path, key: Path) -> Iterator[str]:
    """The commands that use it."""
    name = main_name(names)
    there = _host_option(names)
    everywhere = there if name is None else ["--host", _all_networks(name)]
    yield ""
    yield "The server:"
    yield _command("phase4.server", *everywhere, "--tls-cert", str(cert), "--tls-key", str(key))
    yield "A client; the person compares the fingerprint, once:"
    yield _command("phase4.client_gui", *there, "--tls")
    yield f"Or a client that has got {cert.name} from you, and need not compare:"
    yield _command("phase4.client_terminal", *there, "--ca", str(cert))
    if name is not None:
        yield f"Or one file for everybody, with the client and {cert.name} in it:"
        yield _command("phase4.handout", *there, "--ca", str(cert))


def _host_option(names: Sequence[Name]) -> list[str]:
    """Where people connect to; nothing where it is where programs connect to by themselves."""
    name = main_name(names)
    if name is None and ipaddress.ip_address(HOST) in names:
        return []
    return ["--host", str(name or names[0])]


def _all_networks(name: Name) -> str:
    return "::" if isinstance(name, ipaddress.IPv6Address) else "0.0.0.0"


def _command(module: str, *arguments: str) -> str:
    return f"    {typed(['python', '-m', module, *arguments])}"


def _days(text: str) -> int:
    days = positive_number(text)
    if days > MAX_DAYS:
        raise argparse.ArgumentTypeError(
            f"{text} days are too many: at most {MAX_DAYS}, as nobody can take a certificate back"
        )
    return days


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.certificate", description="Make a certificate for a chat server."
    )
    parser.add_argument(
        "names",
        nargs="*",
        type=name_or_address,
        metavar="NAME",
        help="a name or an address that clients will connect to (default: this machine's)",
    )
    parser.add_argument(
        "--days", type=_days, default=DAYS, help="how long it holds (default %(default)s)"
    )
    parser.add_argument(
        "--cert",
        type=file_path,
        default=Path("chat-cert.pem"),
        metavar="FILE",
        help="where the certificate goes (default %(default)s)",
    )
    parser.add_argument(
        "--key",
        type=file_path,
        default=Path("chat-key.pem"),
        metavar="FILE",
        help="where its key goes (default %(default)s)",
    )
    return parser


if __name__ == "__main__":
    exit_with(main)
