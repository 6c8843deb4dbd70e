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

from shared.defaults import HOST
from tests.benchmarks.generator import Failure
from tests.harness import ROOT, SECONDS, environment, free_port

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
class Contender:
    """A server: how to start it, and how it is spoken to (a key of DIALECTS)."""

    name: str
    what: str
    dialect: str
    command: Callable[[int, Path, int], list[str]]  # of port, an empty folder, people


def _phase3(port: int, folder: Path, people: int) -> list[str]:
    return [sys.executable, "-m", "phase3.server", "--port", str(port)]


def _phase4(port: int, folder: Path, people: int) -> list[str]:
    options = ["--quit-key", "off", "--quiet", "--flood-rate", "0", "--status-port", "0"]
    options += ["--max-clients", str(people), "--log-dir", str(folder)]
    return [sys.executable, "-m", "phase4.server", "--port", str(port), *options]


def _asyncio(port: int, folder: Path, people: int) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.asyncio_server", "--port", str(port)]


def _ngircd(port: int, folder: Path, people: int) -> list[str]:
    config = folder / "ngircd.conf"
    config.write_text(_NGIRCD.format(host=HOST, port=port), encoding="ascii")
    return [ngircd_program() or "ngircd", "-n", "-f", str(config)]


CONTENDERS = {
    each.name: each
    for each in (
        Contender("phase3", "a sendall() for each line and recipient", "nameless", _phase3),
        Contender("phase4", "one writing thread, one send() for a batch", "named", _phase4),
        Contender("asyncio", "a write() for each line and recipient", "named", _asyncio),
        Contender("ngircd", "an IRC server in C", "irc", _ngircd),
    )
}


def ngircd_program() -> str | None:
    """Where it is, if it is: it is often not in the PATH of an ordinary user."""
    return shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def running(contender: Contender, people: int) -> Iterator[tuple[int, int]]:
    """Start a server; gives its process id and port. It is ended on leaving. Raises Failure."""
    with tempfile.TemporaryDirectory() as name, (Path(name) / "errors").open("w+b") as errors:
        port = free_port()
        process = subprocess.Popen(
            contender.command(port, Path(name), people),
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            _wait_for(process, port, errors.name)
            yield process.pid, port
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
    said = Path(errors).read_text(encoding="utf-8", errors="replace").split("\n")
    why = next((line for line in reversed(said) if line), "no connection is accepted")
    raise Failure(f"it does not start: {why}")
