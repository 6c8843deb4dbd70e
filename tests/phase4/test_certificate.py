"""python -m phase4.certificate: what it makes convinces whom it should, and nobody else."""

import contextlib
import errno
import ipaddress
import os
import re
import shlex
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from phase4 import certificate
from phase4.certificate import CertificateError
from phase4.transport.contexts import client_context, fingerprint_of_file, server_context
from phase4.transport.tls_socket import TLSSocket
from tests.conftest import Need
from tests.kit.certificates import fingerprint_in
from tests.kit.chat import Chat
from tests.kit.harness import ROOT, SECONDS, Program, environment, run

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights for files")
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"


@dataclass(frozen=True)
class Made:
    """What one run has made."""

    cert: Path
    key: Path
    printed: str

    @property
    def x509(self) -> x509.Certificate:
        """The certificate, read by a library."""
        return x509.load_pem_x509_certificate(self.cert.read_bytes())


Make = Callable[..., Made]


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Make:
    """Run it with the arguments given; it must succeed. `to` begins the files' names."""

    def make(*arguments: str, to: str = "chat") -> Made:
        cert, key = tmp_path / f"{to}-cert.pem", tmp_path / f"{to}-key.pem"
        status = certificate.main([*arguments, "--cert", str(cert), "--key", str(key)])
        printed = capsys.readouterr()
        assert (status, printed.err) == (0, "")
        return Made(cert, key, printed.out)

    return make


@contextlib.contextmanager
def answering(cert: Path, key: Path) -> Iterator[int]:
    """A server with this certificate, that answers one client, whatever it says; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)

        def answer() -> None:
            with contextlib.suppress(OSError), contextlib.closing(listener.accept()[0]) as plain:
                plain.settimeout(SECONDS)
                stream = TLSSocket(plain, server_context(cert, key), server_side=True)
                stream.do_handshake()
                stream.recv(65536)
                stream.sendall(ANSWER)
                stream.shutdown(socket.SHUT_WR)
                stream.recv(65536)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(SECONDS)
        assert not thread.is_alive()


def ask(port: int, host: str, ca: Path) -> bytes:
    """Ask a server, as a client that trusts those in `ca`, and as strictly as any Python does."""
    context = client_context(ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default since Python 3.13
    with socket.create_connection(("127.0.0.1", port), SECONDS) as plain:
        stream = TLSSocket(plain, context, server_hostname=host)
        stream.do_handshake()
        stream.sendall(b"GET /\r\n\r\n")
        return stream.recv(65536)


# --- whom it convinces ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["chat.example", "CHAT.EXAMPLE", "bücher.example", "192.168.1.20", "2001:db8::20"]
)
def test_who_trusts_the_file_is_sure_of_each_of_its_names(make: Make, host: str) -> None:
    made = make("chat.example", "Bücher.Example.", "192.168.1.20", "2001:DB8:0::20%eth0")
    with answering(made.cert, made.key) as port:
        assert ask(port, host, made.cert) == ANSWER


@pytest.mark.parametrize("host", ["mail.example", "a.chat.example", "192.168.1.21", "::20"])
def test_it_is_good_for_no_other_name(make: Make, host: str) -> None:
    made = make("chat.example", "192.168.1.20", "2001:db8::20")
    with (
        answering(made.cert, made.key) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        ask(port, host, made.cert)


def test_without_names_it_is_for_this_machine(make: Make) -> None:
    made = make()
    for host in ("localhost", "127.0.0.1", "::1"):
        with answering(made.cert, made.key) as port:
            assert ask(port, host, made.cert) == ANSWER


def test_another_one_for_the_same_name_convinces_nobody(make: Make) -> None:
    """Anybody can make one: that is what the one in the middle does."""
    right, wrong = make("chat.example"), make("chat.example", to="mallory")
    with answering(wrong.cert, wrong.key) as port, pytest.raises(ssl.SSLCertVerificationError):
        ask(port, "chat.example", right.cert)


def test_old_and_new_in_one_file_are_both_trusted(make: Make, tmp_path: Path) -> None:
    """How one is renewed without a day on which somebody is locked out."""
    old, new = make("chat.example", to="old"), make("chat.example", to="new")
    both = tmp_path / "both.pem"
    both.write_bytes(old.cert.read_bytes() + new.cert.read_bytes())
    for made in (old, new):
        with answering(made.cert, made.key) as port:
            assert ask(port, "chat.example", both) == ANSWER


def test_its_key_can_vouch_for_no_other_certificate(make: Make, tmp_path: Path) -> None:
    """Who puts the file among those trusted for the chat has not trusted it with a bank."""
    made = make("chat.example")
    assert not made.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    signer = serialization.load_pem_private_key(made.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    forged = (
        x509.CertificateBuilder(made.x509.subject, x509.Name([]), key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "forged.pem").write_bytes(
        forged.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = client_context(made.cert)  # as mild as Python 3.11 is
    with (
        answering(tmp_path / "forged.pem", tmp_path / "forged.pem") as port,
        socket.create_connection(("127.0.0.1", port), SECONDS) as plain,
    ):
        stream = TLSSocket(plain, context, server_hostname="bank.example")
        with pytest.raises(ssl.SSLCertVerificationError):
            stream.do_handshake()


def test_openssl_accepts_it_in_its_strict_way(make: Make, need: Need) -> None:
    need("openssl")
    made = make("chat.example")
    with answering(made.cert, made.key) as port:
        done = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet"),
                *("-CAfile", str(made.cert), "-x509_strict", "-verify_return_error"),
                *("-verify_hostname", "chat.example", "-servername", "chat.example"),
            ],
            input=b"GET /\r\n\r\n",
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    assert ANSWER in done.stdout, done.stderr.decode()


def test_curl_accepts_it(make: Make, need: Need) -> None:
    need("curl")
    made = make("chat.example")
    with answering(made.cert, made.key) as port:
        done = subprocess.run(
            [
                *("curl", "-sS", "--cacert", str(made.cert)),
                *("--resolve", f"chat.example:{port}:127.0.0.1", f"https://chat.example:{port}/"),
            ],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**environment(), "no_proxy": "*"},
        )
    assert (done.stdout, done.returncode) == (b"hello\n", 0), done.stderr.decode()


# --- what it says --------------------------------------------------------------------------------


def test_its_names_are_in_it_each_once_and_in_the_form_that_is_compared(make: Make) -> None:
    made = make(
        "Bücher.example", "xn--bcher-kva.example", "192.168.1.20", "2001:DB8:0::20%eth0", "::1"
    )
    names = made.x509.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["xn--bcher-kva.example"]
    assert names.get_values_for_type(x509.IPAddress) == [
        *(ipaddress.ip_address(each) for each in ("192.168.1.20", "2001:db8::20", "::1"))
    ]
    assert "For xn--bcher-kva.example, 192.168.1.20, 2001:db8::20, ::1\n" in made.printed


def test_it_holds_from_yesterday_to_the_day_that_it_says(make: Make) -> None:
    made = make("chat.example", "--days", "30")
    begin, end = made.x509.not_valid_before_utc, made.x509.not_valid_after_utc
    now = datetime.now(UTC)
    a_minute = timedelta(minutes=1)
    assert abs(begin - (now - timedelta(days=1))) < a_minute
    assert abs(end - (now + timedelta(days=30))) < a_minute
    assert f"until {end:%Y-%m-%d} UTC" in made.printed


def test_its_fingerprint_is_the_one_that_openssl_shows(make: Make, need: Need) -> None:
    need("openssl")
    made = make()
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(made.cert), "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout
    said = fingerprint_in(made.printed)
    assert shown.strip().partition("=")[2] == said == fingerprint_of_file(made.cert)


def test_two_runs_share_nothing(make: Make) -> None:
    first, second = make("chat.example", to="a"), make("chat.example", to="b")
    assert first.x509.serial_number != second.x509.serial_number
    assert first.x509.public_key() != second.x509.public_key()


def test_a_name_longer_than_a_common_name_may_be_is_in_it_whole(make: Make) -> None:
    name = ".".join(["chat" * 15] * 4)
    made = make(name)
    with answering(made.cert, made.key) as port:
        assert ask(port, name, made.cert) == ANSWER


# --- the commands that it prints -----------------------------------------------------------------


def commands(printed: str) -> list[list[str]]:
    """The arguments of `python -m` in each line that is set in."""
    found = [shlex.split(line) for line in printed.splitlines() if line.startswith("    ")]
    assert all(words[:2] == ["python", "-m"] for words in found)
    return [words[2:] for words in found]


@on_unix
@pytest.mark.parametrize("client", [1, 2])
def test_the_commands_that_it_prints_bring_a_server_and_a_client_together(
    make: Make, tmp_path: Path, client: int
) -> None:
    printed = commands(make("127.0.0.1", to="my chat").printed)  # a blank must not part it
    assert [words[0] for words in printed] == [
        *("phase4.server", "phase4.client_gui", "phase4.client_terminal")
    ]
    _, *options = printed[client]  # the window has the same options; a pipe is quicker to look at
    if "--tls" in options:
        options += ["--known-hosts", str(tmp_path / "known")]
    with Chat(tmp_path, *printed[0][1:]) as server:
        with Program(
            "phase4.client_terminal", *options, "--port", str(server.port), "--name", "Ann"
        ) as ann:
            ann.type("hello\n")
            ann.end_of_input()
            assert ann.wait() == 0
        assert server.log("messages.txt") == ["Ann: hello"]


@on_unix
def test_the_command_for_one_file_makes_one(make: Make, tmp_path: Path) -> None:
    (*_, handout) = commands(make("192.168.1.20", to="my chat").printed)
    output = tmp_path / "chat.pyz"
    status, said = run(*handout, "--output", str(output))
    assert status == 0, said
    assert output.exists()


@pytest.mark.parametrize(
    ("names", "server_host", "client_host"),
    [
        (["192.168.1.20", "chat.example"], "0.0.0.0", "192.168.1.20"),
        (["localhost", "chat.example"], "0.0.0.0", "chat.example"),
        (["2001:db8::20"], "::", "2001:db8::20"),
        (["localhost", "::1", "127.0.0.1"], None, None),
        (["localhost"], "localhost", "localhost"),
        (["::1", "localhost"], "::1", "::1"),
    ],
)
def test_they_name_what_others_connect_to(
    make: Make, names: list[str], server_host: str | None, client_host: str | None
) -> None:
    def host(words: list[str]) -> str | None:
        return words[words.index("--host") + 1] if "--host" in words else None

    server, *clients = commands(make(*names).printed)
    assert host(server) == server_host
    is_for_others = server_host in ("0.0.0.0", "::")
    assert [host(words) for words in clients] == [client_host] * (3 if is_for_others else 2)


# --- the files -----------------------------------------------------------------------------------


@on_unix
def test_the_key_is_its_owners_from_the_moment_it_is_there(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: dict[str, int] = {}
    really_open = os.open

    def open_and_look(path: Path, *arguments: int) -> int:
        descriptor = really_open(path, *arguments)
        modes[Path(path).name] = stat.S_IMODE(os.fstat(descriptor).st_mode)
        return descriptor

    monkeypatch.setattr(os, "open", open_and_look)
    umask = os.umask(0)
    try:
        made = make()
    finally:
        os.umask(umask)
    assert modes["chat-key.pem"] == 0o600
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.cert.stat().st_mode) == 0o644


@pytest.mark.parametrize("which", ["cert", "key"])
@pytest.mark.parametrize("what", ["file", "folder", "dangling link", "endless link"])
def test_what_is_there_already_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str, what: str
) -> None:
    there = tmp_path / f"{which}.pem"
    if what == "file":
        there.write_text("precious")
    elif what == "folder":
        there.mkdir()
    else:
        there.symlink_to(tmp_path / "elsewhere" if what == "dangling link" else there)
    paths = ("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"))
    assert certificate.main(["chat.example", *paths]) == 2
    assert f"{there} is there already." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [there]
    if what == "file":
        assert there.read_text() == "precious"


@pytest.mark.parametrize("nth", [1, 2])
def test_a_disk_that_gets_full_leaves_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    calls: list[int] = []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CertificateError, match=r"pem cannot be written: No space left on device\."):
        certificate.write_both(tmp_path / "a.pem", b"a", tmp_path / "b.pem", b"b")
    assert len(calls) == nth
    assert not list(tmp_path.iterdir())


@on_unix
def test_a_file_that_may_not_grow_leaves_neither(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 1 && exec '{sys.executable}' -B -m phase4.certificate localhost"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "phase4.certificate: chat-cert.pem cannot be written: File too large. "
        "Nothing is left of it.\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "none" / "key.pem"
    assert certificate.main(["--cert", str(cert), "--key", str(key)]) == 2
    said = f"phase4.certificate: {key} cannot be made: No such file or directory.\n"
    assert capsys.readouterr().err == said
    assert not cert.exists()


@on_unix
def test_a_folder_that_cannot_be_written_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """No other folder would do: root may write everywhere."""
    assert certificate.main(["--cert", "/dev/fd/cert.pem", "--key", "/dev/fd/key.pem"]) == 2
    assert re.fullmatch(
        r"phase4\.certificate: /dev/fd/cert\.pem cannot be made: [\w ]+\.\n",
        capsys.readouterr().err,
    )


def test_certificate_and_key_are_never_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "the same").symlink_to(tmp_path / "folder")
    one, same = tmp_path / "folder" / "one.pem", tmp_path / "the same" / "one.pem"
    assert certificate.main(["--cert", str(one), "--key", str(same)]) == 2
    assert "not in one file" in capsys.readouterr().err
    assert not one.exists()


# --- what it does not make -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "a..b", "a b", "-a.example", "a-.example", "x" * 64, "a." * 127 + "aa"),
        *("chat.example:12345", "https://chat.example", "*.example", "192.168.1.300", "192.168.1"),
        *("0.0.0.0", "::", "224.0.0.1", "ff02::1", "chat\n.example", "chat\0"),
    ],
)
def test_a_bad_name_is_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        certificate.main(["--", "chat.example", name])
    assert end.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r"python -m phase4\.certificate: error: argument NAME: .+", last)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("days", ["0", "-1", "3651", "99999999999", "a year", "1.5"])
def test_a_bad_number_of_days_is_a_sentence(
    days: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        certificate.main([f"--days={days}"])
    assert end.value.code == 2
    assert "error: argument --days: " in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_a_certificate_for_ten_years_can_be_made(make: Make) -> None:
    assert make("--days", "3650").x509.not_valid_after_utc > datetime(2036, 1, 1, tzinfo=UTC)


def test_without_its_library_it_says_what_to_install(tmp_path: Path) -> None:
    script = tmp_path / "without_library.py"
    script.write_text(
        "import runpy, sys\n"
        "sys.modules['cryptography'] = None  # as if it were not there\n"
        "runpy.run_module('phase4.certificate', run_name='__main__', alter_sys=True)\n"
    )
    status, output = run("without_library", cwd=tmp_path)
    assert status == 2
    assert output.startswith(
        "phase4.certificate: A certificate is made by the library cryptography, which is not "
        "installed: "
    )
    assert output.endswith("python -m pip install cryptography")
    assert "\n" not in output
    assert not list(tmp_path.glob("*.pem"))
