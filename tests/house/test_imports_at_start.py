"""What a program costs before it does anything: what it must not load, as it has no use for it yet.

Most of a short program's time is its start, and most of that is imports. Their time depends on the
machine; which they are does not.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, SECONDS, environment

OF_NO_USE = {
    *("asyncio", "concurrent", "email", "http", "logging", "urllib.request", "xml"),
    *("ctypes", "decimal", "difflib", "tempfile", "tkinter", "unittest", "uuid"),
}
"""A tenth of a second, all together."""

OPENSSL = {"ssl", "hashlib", "phase4.transport.tls_socket", "phase4.transport.trust"}
"""For those who ask for TLS."""

TABLES_OF_NAMES = {"confusable_homoglyphs", "precis_i18n", "names"}
"""For the first name that has other letters than A to Z, or is to be drawn."""

OF_A_SCREEN = OPENSSL | {"curses", "sqlite3", "wcwidth"}

EXTRAS = {
    *("argon2", "cryptography", "ifaddr", "keyboard", "prometheus_client", "prompt_toolkit"),
    *("psycopg", "redis", "segno", "websockets"),
}

_AT_ANY_PORT = ("--port", "0")
_AS_A_SERVICE = ("--status-port", "0", "--quit-key", "off")
_NO_SERVER = ("--port", "1")  # nobody may listen there but the system


@pytest.mark.parametrize(
    ("command", "not_loaded"),
    [
        (("phase4.server", *_AS_A_SERVICE, *_AT_ANY_PORT), OPENSSL | TABLES_OF_NAMES),
        (("phase4.relay", *_AT_ANY_PORT), OPENSSL | {"sqlite3"}),
        (("phase4.client_terminal", "--name", "Ann", *_NO_SERVER), OPENSSL | {"sqlite3"}),
        (("phase4.echo_bot", *_NO_SERVER), OPENSSL | {"sqlite3"}),
        (
            ("monitor", "--once", "--status", "127.0.0.1:1"),
            OF_A_SCREEN,
        ),
        (("phase4.archive", "check", "."), OPENSSL - {"hashlib"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_plain_start_loads_nothing_that_it_has_no_use_for(
    tmp_path: Path, command: tuple[str, ...], not_loaded: set[str]
) -> None:
    loaded = _loaded_by(tmp_path, *command)
    assert command[0] in loaded
    unwanted = OF_NO_USE | EXTRAS | not_loaded
    assert sorted(each for each in loaded if _is_in(each, unwanted)) == []


def _is_in(module: str, packages: set[str]) -> bool:
    """Whether it is one of these, or in one of them."""
    words = module.split(".")
    return any(".".join(words[: end + 1]) in packages for end in range(len(words)))


def _loaded_by(directory: Path, *command: str) -> set[str]:
    """All modules that the program has loaded when it listens, or at its end."""
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", *command],
        cwd=directory,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        if any(line.startswith("Listening on ") for line in process.stdout):
            process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
    lines = told.splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    return loaded | {command[0]}
