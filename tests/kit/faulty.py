"""Programs that meet a fault of their own, or other limits than they were written with."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.kit.harness import ROOT, SECONDS, environment, free_port

FAIL = "def fail(*_): raise {error}\n"
"""To put in the place of a function."""


def start_prepared(module: str, prepare: str, *arguments: str) -> subprocess.Popen[str]:
    """`python -m MODULE ARGUMENTS...`, which runs `prepare`, a piece of Python, first."""
    code = f"{prepare}\nimport sys; from {module}.__main__ import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_server(
    tmp_path: Path, prepare: str, *arguments: str
) -> tuple[subprocess.Popen[str], int, int]:
    """A chat server that runs after `prepare`; its ports for people and for figures."""
    port, status_port = free_port(), free_port()
    ports = ("--port", str(port), "--status-port", str(status_port))
    others = ("--quit-key", "off", "--log-dir", str(tmp_path / "logs"))
    process = start_prepared("phase4.server", prepare, *ports, *others, *arguments)
    return process, port, status_port


def takes_a_visit(port: int) -> bool:
    """Whether somebody could connect, and gave a name; the program may be gone a moment later."""
    with _visit(port) as (is_taken, visitor):
        if visitor is not None:
            with contextlib.suppress(OSError):
                visitor.sendall(b"Alice\n")
    return is_taken


def listens(port: int) -> bool:
    """Whether somebody could connect, who said nothing."""
    with _visit(port) as (is_taken, _):
        return is_taken


@contextlib.contextmanager
def _visit(port: int) -> Iterator[tuple[bool, socket.socket | None]]:
    """Whether somebody listens there, and the connection, if it stands still."""
    try:
        visitor = socket.create_connection(("127.0.0.1", port), SECONDS)
    except ConnectionRefusedError:
        yield False, None
    except ConnectionResetError:  # a program that meets its fault at once: before we saw the answer
        yield True, None
    else:
        with visitor:
            yield True, visitor
