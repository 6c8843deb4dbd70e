"""A class over a network that nobody trusts: three machines, of which the one between is Mallory's.

The machines are network namespaces of Linux, connected by two cables (veth). The people's cable
ends at Mallory, who has the server's address there; another one goes from her to the server.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phase4.transport.contexts import fingerprint_of_file
from tests.conftest import Need
from tests.kit.certificates import groups_of
from tests.kit.harness import Program, run
from tests.kit.in_namespace import must, namespace

SERVER = "192.168.1.20"  # as the people know it
SERVERS_OWN = "10.9.9.20"  # as Mallory knows it
HERE = ("--host", SERVER, "--port", "12345")
SECRET = "the key is under the mat"


@dataclass(frozen=True)
class Networks:
    """The names of three machines."""

    server: str
    middle: str
    people: str


@pytest.fixture
def networks(need: Need) -> Iterator[Networks]:
    """Three machines and two cables; they are gone with the check."""
    need("ip", modules=["cryptography"])
    names = Networks(*(f"chat-{os.getpid()}-{each}" for each in ("server", "middle", "people")))
    with contextlib.ExitStack() as stack:
        for name in (names.server, names.middle, names.people):
            stack.enter_context(namespace(name))
        cable(names.people, "192.168.1.30", names.middle, SERVER)
        cable(names.server, SERVERS_OWN, names.middle, "10.9.9.1")
        yield names


def cable(one: str, address: str, middle: str, other_address: str) -> None:
    """Connect a machine with the one in the middle."""
    near, far = "eth0", f"to-{address.rpartition('.')[2]}"
    must("link", "add", near, "netns", one, "type", "veth", "peer", "name", far, "netns", middle)
    for machine, end, mine in ((one, near, address), (middle, far, other_address)):
        must("-n", machine, "address", "add", f"{mine}/24", "dev", end)
        must("-n", machine, "link", "set", end, "up")


@contextlib.contextmanager
def running(machine: str, *arguments: str) -> Iterator[Program]:
    """A server on a machine, that listens."""
    with Program("tests.kit.in_namespace", machine, *arguments) as program:
        program.expect("Listening on")
        yield program


def client(machine: str, name: str, *arguments: str) -> Program:
    """A person there, who connects to what they know as the server."""
    return Program(
        *("tests.kit.in_namespace", machine, "phase4.client_terminal"),
        *(*HERE, "--name", name, *arguments),
    )


@contextlib.contextmanager
def chat(networks: Networks, cert: Path, directory: Path) -> Iterator[None]:
    """The server, as the page for a class starts it."""
    with running(
        *(networks.server, "phase4.server", "--host", "0.0.0.0", "--port", "12345"),
        *("--tls-cert", str(cert), "--tls-key", str(cert.with_name("server-key.pem"))),
        *("--status-port", "0", "--log-dir", str(directory / "logs"), "--quit-key", "off"),
    ):
        yield


def relay(networks: Networks, *arguments: str) -> contextlib.AbstractContextManager[Program]:
    """Mallory at her work."""
    upstream = ("--upstream", f"{SERVERS_OWN}:12345")
    return running(networks.middle, "phase4.relay", *HERE, *upstream, "--trace", *arguments)


def make_certificate(directory: Path, whose: str, *names: str) -> Path:
    """A certificate, as the page says."""
    cert, key = directory / f"{whose}-cert.pem", directory / f"{whose}-key.pem"
    status, printed = run("phase4.certificate", *names, "--cert", str(cert), "--key", str(key))
    assert status == 0, printed
    return cert


@dataclass(frozen=True)
class Class:
    """A server with a certificate, and two ways to trust it."""

    networks: Networks
    cert: Path
    by_first_use: tuple[str, ...]
    by_ca: tuple[str, ...]


@pytest.fixture
def course(networks: Networks, tmp_path: Path) -> Iterator[Class]:
    """As the page says, on the server's machine."""
    cert = make_certificate(tmp_path, "server", SERVER, "127.0.0.1")
    with chat(networks, cert, tmp_path):
        known = str(tmp_path / "known_hosts")
        yield Class(networks, cert, ("--tls", "--known-hosts", known), ("--ca", str(cert)))


def say_a_secret(course: Class, middle: Program) -> None:
    """Ann comes for the first time, Bea has the certificate; Bea tells Ann where the key is."""
    with (
        client(course.networks.people, "Ann", *course.by_first_use) as ann,
        client(course.networks.people, "Bea", *course.by_ca) as bea,
    ):
        for group in groups_of(fingerprint_of_file(course.cert)):
            ann.expect(rf" \* {group}$")
        bea.expect("Welcome, Bea!")
        bea.type(f"@Ann: {SECRET}\n")
        ann.expect(f"Bea -> Ann.*: {SECRET}$")
        for person in (ann, bea):
            person.end_of_input()
            assert person.wait() == 0
            middle.expect(" (closed|was cut off)")


def test_a_class_talks_through_mallorys_network_and_she_learns_nothing(course: Class) -> None:
    with relay(course.networks, "--replace", "mat", "rug") as middle:
        say_a_secret(course, middle)
    seen = "\n".join(middle.output)
    assert " bytes " in seen
    assert not [word for word in ("Ann", "Bea", "the key", "nickname") if word in seen]


def test_when_mallory_shows_a_certificate_of_her_own_nobody_says_a_word(
    course: Class, tmp_path: Path
) -> None:
    known = f"{SERVER} 12345 SHA256 {fingerprint_of_file(course.cert)}\n"
    (tmp_path / "known_hosts").write_text(known, encoding="utf-8")
    cert = make_certificate(tmp_path, "mallory", SERVER)
    key = str(cert.with_name("mallory-key.pem"))
    pretends = ("--tls-cert", str(cert), "--tls-key", key)
    to_server = ("--upstream-tls", "--known-hosts", str(tmp_path / "mallorys_known_hosts"))
    with relay(course.networks, *pretends, *to_server) as middle:
        for trust in (course.by_first_use, course.by_ca):
            with client(course.networks.people, "Ann", *trust) as ann:
                ann.expect("shows another certificate|vouches for the certificate")
                assert ann.wait() != 0
            middle.expect(" (closed|was cut off|was turned away)")
    said = [line for line in middle.output if "client → server" in line and " bytes " in line]
    assert not said
