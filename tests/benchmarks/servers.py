"""The servers that are compared, each started as its user would start it."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from shared.defaults import HOST
from tests.benchmarks.generator import Failure
from tests.kit.harness import ROOT, SECONDS, environment, free_port, look_in_sbin

if TYPE_CHECKING:
    from tests.kit.engines import RedisProcess

_NGIRCD = """\
[Global]
    Name = irc.benchmark.test
    Info = benchmark
    AdminInfo1 = benchmark
    AdminEMail = benchmark@benchmark.test
    Listen = {host}
    Ports = {port}
    MotdPhrase = benchmark
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxPenaltyTime = 0
    PingTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
"""


@dataclass(frozen=True)
class Place:
    """Where a server is to run, and for how many."""

    port: int
    status_port: int
    folder: Path  # empty, and gone afterwards
    people: int


@dataclass(frozen=True)
class Contender:
    """A server: how to start it, and how it is spoken to (a key of DIALECTS)."""

    name: str
    what: str
    dialect: str
    command: Callable[[Place], list[str]]
    is_watched: bool = False  # a hundred monitors ask its status port all the time (watchers.py)
    is_encrypted: bool = False  # it is spoken to by TLS
    is_framed: bool = False  # the people have a page
    hub_servers: int = 0  # so many of them share the room by a Redis; 0: it is one by itself

    @property
    def is_variant(self) -> bool:
        """Whether it is one of the others in special conditions; measured where it is asked for."""
        specials = (self.is_watched, self.is_encrypted, self.is_framed, self.hub_servers)
        return any(specials)


def _phase3(place: Place) -> list[str]:
    return [sys.executable, "-m", "phase3.server", "--port", str(place.port)]


def _phase4(place: Place) -> list[str]:
    options = ["--quit-key", "off", "--quiet", "--flood-rate", "0"]
    options += ["--port", str(place.port), "--status-port", str(place.status_port)]
    options += ["--max-clients", str(place.people), "--log-dir", str(place.folder)]
    return [sys.executable, "-m", "phase4.server", *options]


def _phase4_tls(place: Place) -> list[str]:
    import trustme  # only here: the other servers are measured without it

    certificate = place.folder / "certificate.pem"
    trustme.CA().issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return [*_phase4(place), "--tls-cert", str(certificate)]


def _asyncio(place: Place) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.asyncio_server", "--port", str(place.port)]


def _ngircd(place: Place) -> list[str]:
    config = place.folder / "ngircd.conf"
    config.write_text(_NGIRCD.format(host=HOST, port=place.port), encoding="ascii")
    return [ngircd_program() or "ngircd", "-n", "-f", str(config)]


CONTENDERS = {
    each.name: each
    for each in (
        Contender("phase3", "a sendall() for each line and recipient", "nameless", _phase3),
        Contender("phase4", "one writing thread, one send() for a batch", "named", _phase4),
        Contender("asyncio", "a write() for each line and recipient", "named", _asyncio),
        Contender("ngircd", "an IRC server in C", "irc", _ngircd),
        Contender("watched", "phase4, and a hundred monitors", "named", _phase4, is_watched=True),
        Contender("tls", "phase4, over TLS", "named", _phase4_tls, is_encrypted=True),
        Contender("web", "phase4, to people with a page", "named", _phase4, is_framed=True),
        Contender("hub1", "one phase4, over a Redis", "named", _phase4, hub_servers=1),
        Contender("hub2", "two of one room", "named", _phase4, hub_servers=2),
        Contender("hub4", "four of one room", "named", _phase4, hub_servers=4),
    )
}


def ngircd_program() -> str | None:
    """Where it is, if it is: it is often not in the PATH of an ordinary user."""
    look_in_sbin()
    return shutil.which("ngircd")


@dataclass(frozen=True)
class Running:
    """The servers of one room, at work."""

    ports: list[int]
    pids: list[int]
    engine_pids: list[int]


@contextlib.contextmanager
def running(contender: Contender, people: int) -> Iterator[Running]:
    """Start a server, or those of one room. They are ended on leaving. Raises Failure."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        errors = stack.enter_context((folder / "errors").open("w+b"))
        engine = stack.enter_context(_engine()) if contender.hub_servers else None
        hub = ["--hub", engine.url] if engine else []
        ports, pids = [], []
        for number in range(contender.hub_servers or 1):
            place = Place(free_port(), free_port(), folder / str(number), people)
            place.folder.mkdir()
            web = ["--web-port", str(free_port())] if contender.is_framed else []
            command = [*contender.command(place), *hub, *web]
            server = stack.enter_context(_process(command, errors))
            _wait_for(server, place.port, errors.name)
            ports.append(int(web[-1]) if web else place.port)
            pids.append(server.pid)
        watchers = None
        if contender.is_watched:
            command = [sys.executable, "-m", "tests.benchmarks.watchers", str(place.status_port)]
            watchers = stack.enter_context(_process(command, errors))
        yield Running(ports, pids, engine.pids if engine else [])
        if watchers is not None and watchers.poll() is not None:
            raise Failure(_last_words(errors.name) or "the monitors have ended")


def _engine() -> "RedisProcess":
    from tests.kit.engines import RedisProcess  # libraries that only this needs

    return RedisProcess("--appendfsync", "everysec")


@contextlib.contextmanager
def _process(command: list[str], errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, errors: str) -> None:
    """Return when the server accepts a connection."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), SECONDS).close()
            return
        time.sleep(0.01)  # a pause between two attempts
    raise Failure(f"it does not start: {_last_words(errors) or 'no connection is accepted'}")


def _last_words(errors: str) -> str:
    """The last line that was said to standard error."""
    said = Path(errors).read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(said) if line), "")
