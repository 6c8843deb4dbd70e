"""Phase 1's server: one client at a time."""

import ast
import errno
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from phase1.server import serve_next_client
from tests.kit.harness import ROOT, Server
from tests.kit.phases_common import ServerPromises, expect_end_after_whatever, fill

MODULE = "phase1.server"


class TestServer(ServerPromises):
    """The promises of every server."""

    module = MODULE


@pytest.fixture
def server() -> Iterator[Server]:
    """A server for one check."""
    with Server(MODULE) as server:
        yield server


def test_the_second_client_is_answered_when_the_first_has_left(server: Server) -> None:
    with server.connect() as alice, server.connect() as bob:
        bob.send("Hello Server!")
        for number in range(100):  # the fence: whatever the server does for Bob, it could do now
            alice.send(f"line {number}")
            alice.expect(f"line {number}")
        assert not bob.has_input()
        alice.close()
        bob.expect("Hello Client!")
    bob.close()
    server.expect(" connected")
    server.expect(" left")  # and on the console, Bob comes after Alice has left
    assert server.output[-2].endswith(" connected")
    server.expect(" connected")


def test_it_stops_while_a_client_does_not_read(server: Server) -> None:
    with server.connect() as peer:
        fill(peer)
        server.signal(signal.SIGTERM)
        expect_end_after_whatever(peer)
        peer.close()
        assert server.wait() == 0


def test_who_waits_in_the_queue_sees_the_end_when_it_stops(server: Server) -> None:
    with server.connect() as alice, server.connect() as bob:
        alice.send("fence")
        alice.expect("fence")
        server.signal(signal.SIGTERM)
        alice.expect_end()
        alice.close()
        bob.expect_end()
        assert server.wait() == 0


class _Gone(socket.socket):
    """A listener whose newcomer has gone while it queued."""

    error: OSError | None = None

    def accept(self) -> tuple[socket.socket, Any]:
        """Say so as some system does; macOS gives a connection without an address."""
        if self.error:
            raise self.error
        return super().accept()[0], None


@pytest.mark.parametrize("error", [None, OSError(errno.ENOTCONN, "gone")], ids=str)
def test_a_client_that_hangs_up_while_it_queues_ends_nothing(error: OSError | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        gone = _Gone(fileno=plain.detach())
    gone.error = error
    with gone, socket.create_connection(gone.getsockname()), warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it is closed, as nobody holds it
        serve_next_client(gone)


def test_an_error_that_lasts_is_told_and_does_not_keep_it_busy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("phase1.server.time.sleep", pauses.append)
    with socket.create_server(("127.0.0.1", 0)) as plain:
        full = _Gone(fileno=plain.detach())
    full.error = OSError(errno.EMFILE, "Too many open files")
    with full, socket.create_connection(full.getsockname()):
        serve_next_client(full)
        serve_next_client(full)
    told = capsys.readouterr().out.splitlines()
    assert told == 2 * ["A client could not be taken: Too many open files"]
    assert len(pauses) == 2
    assert all(pauses)


def test_it_is_written_by_hand() -> None:
    """The lesson hides nothing: the standard library, and numbers from shared/defaults.py."""
    tree = ast.parse((ROOT / "phase1" / "server.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert foreign == {"shared.defaults"}
