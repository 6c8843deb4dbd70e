"""Which certificates are handed out, and why others are not."""

import contextlib
import io
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from phase4 import certificate
from phase4.handout.__main__ import main
from phase4.handout.given import Given
from phase4.handout.vouching import NotVouched, vouched
from tests.kit.certificates import Authority, certificate_with_names
from tests.kit.harness import run

HOST = ip_address("192.168.1.20")
NOW = datetime.now(UTC)
TOMORROW = NOW + timedelta(days=1)


def pem_for(*names: certificate.Name, until: datetime = TOMORROW) -> str:
    """A self-signed certificate, as the teacher's page makes one."""
    return certificate.make(names, until)[0].decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What is named by --ca."""
    return tmp_path / "chat-cert.pem"


def why(file: Path, host: certificate.Name = HOST) -> str:
    """Why it is not handed out."""
    with pytest.raises(NotVouched) as refusal:
        vouched(file, host)
    return str(refusal.value)


def test_a_certificate_for_the_host_goes_in_as_it_is_and_nothing_beside_it(file: Path) -> None:
    pem = pem_for("localhost", HOST)
    file.write_text(f"what a person wrote\n{pem}and more\n", encoding="latin-1")
    found = vouched(file, HOST)
    assert found.pem == pem
    assert not found.is_authority
    assert found.until == TOMORROW.replace(microsecond=0)


def private_keys() -> Iterator[bytes]:
    """Of every kind, and in every form that holds one as text."""
    encrypted = serialization.BestAvailableEncryption(b"secret")
    for key in (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)):
        for kind in (
            serialization.PrivateFormat.PKCS8,
            serialization.PrivateFormat.TraditionalOpenSSL,
        ):
            for lock in serialization.NoEncryption(), encrypted:
                yield key.private_bytes(serialization.Encoding.PEM, kind, lock)
    yield key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    yield b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA\n"
    yield b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"
    yield b"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\n"


def test_a_file_with_a_key_of_any_kind_is_refused(file: Path) -> None:
    pem = pem_for(HOST).encode()
    kinds = [*private_keys()]
    assert len({each.partition(b"\n")[0] for each in kinds}) == 8
    for key in kinds:
        for data in (key, pem + key, key + pem):
            file.write_bytes(data)
            assert "holds a private key. With it, anybody can be your server" in why(file)


def test_a_key_without_its_name_is_left_out(file: Path) -> None:
    pem, key, _ = certificate.make([HOST], TOMORROW)
    secret = b"".join(key.splitlines()[1:-1])
    file.write_bytes(pem + secret + b"\n" + ssl.PEM_cert_to_DER_cert(pem.decode()))
    assert vouched(file, HOST).pem == pem.decode()


@pytest.mark.parametrize(
    ("names", "host", "is_right"),
    [
        (["chat.example"], "chat.example", True),
        (["chat.example"], "other.example", False),
        (["chat.example"], HOST, False),
        ([ip_address("192.168.1.2")], HOST, False),
        ([ip_address("::1"), HOST], HOST, True),
        (["localhost"], "chat.localhost", False),
    ],
)
def test_it_must_be_for_the_host(
    file: Path, names: list[certificate.Name], host: certificate.Name, is_right: bool
) -> None:
    file.write_text(pem_for(*names))
    if is_right:
        assert vouched(file, host).pem
        return
    said = why(file, host)
    assert f"is not for the host {host}: it is for {', '.join(map(str, names))}." in said
    assert said.endswith(f"python -m phase4.certificate {host}")


def test_a_star_stands_for_one_label(file: Path) -> None:
    file.write_bytes(certificate_with_names(b"*.example").partition(b"-----BEGIN PRIV")[0])
    assert vouched(file, "chat.example").pem
    assert "is not for the host a.chat.example" in why(file, "a.chat.example")
    assert "is not for the host example" in why(file, "example")


def test_what_has_expired_or_is_not_valid_yet_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(pem_for(HOST, until=NOW - timedelta(hours=1)))
    assert "has expired: its last day was 20" in why(file)
    monkeypatch.setattr(certificate, "CLOCKS_DIFFER", timedelta(days=-30))
    file.write_text(pem_for(HOST, until=NOW + timedelta(days=60)))
    assert "is not valid before 20" in why(file)


def test_while_it_is_renewed_both_go_in_and_the_better_one_counts(file: Path) -> None:
    old, new = pem_for(HOST, until=NOW - timedelta(hours=1)), pem_for(HOST)
    file.write_text(old + new)
    assert vouched(file, HOST).pem == old + new


def test_an_authority_vouches_and_what_another_has_signed_does_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert vouched(authority.file, HOST).is_authority
    whole = x509.load_pem_x509_certificates(authority.certificate("chat.example").read_bytes())
    signed = tmp_path / "signed.pem"
    signed.write_bytes(whole[0].public_bytes(serialization.Encoding.PEM))
    assert "Somebody else has signed what is in" in why(signed, "chat.example")


def test_of_a_chain_the_servers_own_certificate_counts_as_well(file: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    def chain(*days: int) -> x509.Certificate:
        data = authority.certificate("chat.example", days=(days[0], days[1])).read_bytes()
        (own,) = x509.load_pem_x509_certificates(data)
        pem = own.public_bytes(serialization.Encoding.PEM)
        file.write_bytes(pem + authority.file.read_bytes())
        return own

    own = chain(-1, 1)
    found = vouched(file, "chat.example")
    assert not found.is_authority
    assert found.until == own.not_valid_after_utc
    assert f"{file} is not for the host 10.9.9.9: it is for chat.example." in why(
        file, ip_address("10.9.9.9")
    )
    chain(-3, -2)
    assert f"{file} has expired" in why(file, "chat.example")


def test_of_a_list_of_authorities_nobody_is_shown_fingerprints_to_compare() -> None:
    few, many = (
        Given("1", "chat.example", 1, has_tls=True, pem=pem_for(HOST) * count, until="2027-01-01")
        for count in (4, 5)
    )
    assert [*few.about("chat.pyz")].count("SHA256") == 4
    assert [*many.about("chat.pyz")][1:] == [
        "With TLS, and a certificate that one of 5 vouches for, until 2027-01-01 (a list of "
        "authorities)."
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n", pem_for(HOST).encode("utf-16")],
    ids=["empty", "half", "UTF-16"],
)
def test_a_file_without_a_certificate_is_called_so(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert why(file) == f"{file} holds no certificate in PEM."


def test_what_only_looks_like_a_certificate_cannot_be_read(file: Path) -> None:
    for inside in ("AAAA", "Å", pem_for(HOST).splitlines()[1]):
        file.write_text(f"-----BEGIN CERTIFICATE-----\n{inside}\n-----END CERTIFICATE-----\n")
        assert why(file) == f"{file} holds a certificate that cannot be read."


def test_the_names_of_a_certificate_move_no_cursor(file: Path) -> None:
    file.write_bytes(certificate_with_names(b"\x1b[2Jx").partition(b"-----BEGIN PRIV")[0])
    assert "it is for \ufffd[2Jx." in why(file)


def test_the_command_says_it_in_one_line_and_writes_nothing(file: Path, tmp_path: Path) -> None:
    file.write_text(pem_for("chat.example"))
    output = tmp_path / "chat.pyz"
    options = ("--ca", str(file), "--output", str(output))
    status, said = run("phase4.handout", "--host", "192.168.1.20", *options)
    assert status == 2
    assert said.startswith(f"phase4.handout: nothing was written. {file} is not for the host ")
    assert len(said.splitlines()) == 1
    assert not output.exists()


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (["0.0.0.0"], "0.0.0.0 is nobody's address"),
        (["chat.example:12345"], "without a port"),
        (["fe80::1%eth0"], "fe80::1%eth0 has a zone, which means something here alone"),
        (["chat.example", "--port", "0"], "nobody can connect to port 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_place_that_others_cannot_reach_is_refused(where: list[str], why: str) -> None:
    with pytest.raises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
        main(["--host", *where])
    assert why in said.getvalue()
