"""The promises that phases 1 to 3 have in common, asked of each by its own folder.

`tests/phase1/test_server.py` and its like derive a class from `ServerPromises`. What everybody's
server promises on the wire is asked in test_wire.py (see tests/grading); here is what ours promise
beside it: to start, to stop, and what they print. `ClientPromises` is the same for clients.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.kit.harness import ROOT, SECONDS, Peer, Program, Server, environment, free_port

if TYPE_CHECKING:
    from tests.kit.terminal import Terminal  # at its use: Windows has none, and runs all the rest

STOP_SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
MAX_FLOOD_BYTES = 64_000_000  # no system keeps as much for a connection


@dataclass
class Talk:
    """One speaks, and one hears what was said: the same one where the server is an echo."""

    speaker: Peer
    hearer: Peer


def fill(peer: Peer) -> None:
    """Say lines, and read nothing, until the server takes no more."""
    line = b"x" * 4000 + b"\n"
    peer.socket.setblocking(False)
    unsent = b""
    sent = 0
    while select.select([], [peer.socket], [], 0.3)[1] and sent < MAX_FLOOD_BYTES:
        unsent = unsent or line * 10
        with contextlib.suppress(BlockingIOError):
            count = peer.socket.send(unsent)
            unsent = unsent[count:]
            sent += count
    peer.socket.setblocking(True)


def expect_end_after_whatever(peer: Peer) -> None:
    """The stream must end, with whatever is still to be read; with a reset, at worst."""
    with contextlib.suppress(ConnectionError):
        peer.read_bytes_until_end()


class ServerPromises:
    """What each server promises."""

    module: ClassVar[str]

    @pytest.fixture
    def server(self) -> Iterator[Server]:
        """A server for one check; for those that end it, or leave something behind."""
        with Server(self.module) as server:
            yield server

    @contextlib.contextmanager
    def conversation(self, server: Server) -> Iterator[Talk]:
        """Somebody who speaks, and somebody who hears it."""
        with self.arrive(server) as peer:
            yield Talk(peer, peer)

    def arrive(self, server: Server) -> Peer:
        """A connection that the server is serving already."""
        peer = server.connect()
        peer.send("are you there?")
        peer.expect(r"are you there\?")
        return peer

    # --- who goes ----------------------------------------------------------------------------

    def test_a_client_that_resets_is_noticed_by_nobody_else(self, server: Server) -> None:
        """The server goes on, without a traceback."""
        with self.conversation(server) as talk:
            talk.speaker.send("something", "that nobody reads")
            talk.speaker.reset()
        with self.arrive(server):
            pass
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "Traceback" not in "\n".join(server.rest_of_output())

    # --- start and stop ----------------------------------------------------------------------

    @STOP_SIGNALS
    def test_it_stops_when_told(self, server: Server, number: int) -> None:
        """With status 0, and whoever is connected sees the end of the stream."""
        with self.arrive(server) as peer:
            server.signal(number)
            peer.expect_end()
            peer.close()
        assert server.wait() == 0
        assert "Traceback" not in "\n".join(server.rest_of_output())

    @STOP_SIGNALS
    def test_it_stops_when_nobody_is_connected(self, server: Server, number: int) -> None:
        """With status 0."""
        server.signal(number)
        assert server.wait() == 0
        assert "Traceback" not in "\n".join(server.rest_of_output())

    def test_it_stops_beside_a_client_that_does_not_close(self, server: Server) -> None:
        """It waits a moment for that client, and not for ever."""
        with self.arrive(server) as peer:
            server.signal(signal.SIGTERM)
            peer.expect_end()
            assert server.wait() == 0

    def test_it_starts_again_at_once(self, server: Server) -> None:
        """On the same port, although connections of the last run are in TIME_WAIT."""
        with self.arrive(server) as peer:
            server.signal(signal.SIGTERM)
            peer.expect_end()  # the server ended first, so the wait is on its side
        assert server.wait() == 0
        with Server(self.module, port=server.port) as again, self.arrive(again):
            assert again.port == server.port

    def test_a_port_in_use_is_one_sentence(self, server: Server) -> None:
        """On standard error, with status 2. The server that has the port goes on."""
        second = subprocess.run(
            [sys.executable, "-m", self.module, "--port", str(server.port)],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr.count("\n") == 1
        assert f"{server.port}" in second.stderr
        # Phase 1 shows the system's own words, and those of Windows are others.
        assert "in use" in second.stderr or (os.name == "nt" and self.module == "phase1.server")
        with self.arrive(server):
            pass

    def test_it_listens_on_the_host_it_is_given(self) -> None:
        """A name will do, and the address is printed."""
        with Server(self.module, "--host", "localhost") as server:
            assert server.host in ("127.0.0.1", "::1")
            with self.arrive(server):
                pass


# --- clients -----------------------------------------------------------------------------------


class Accepted(Peer):
    """The server's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(SECONDS)
        self._unread = b""


class Listener:
    """A server that is the check itself, and says what the check wants."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(SECONDS)
        self.port: int = self._socket.getsockname()[1]

    def accept(self) -> Accepted:
        """The next client's connection."""
        return Accepted(self._socket.accept()[0])

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@dataclass
class Finished:
    """A program that has ended, with what it printed."""

    status: int
    output: str
    errors: str


def run_piped(module: str, port: int, typed: bytes) -> Finished:
    """Run a client with a pipe as its keyboard: `printf ... | python -m MODULE`."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--port", str(port)],
        cwd=ROOT,
        env=environment(),
        input=typed,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    printed = (each.decode().replace(os.linesep, "\n") for each in (done.stdout, done.stderr))
    return Finished(done.returncode, *printed)


class ClientPromises:
    """What each client promises."""

    module: ClassVar[str]

    @pytest.fixture
    def listener(self) -> Iterator[Listener]:
        """A server that is the check itself."""
        listening = Listener()
        yield listening
        listening.close()

    def started(self, port: int) -> Program:
        """The client, with a pipe as its keyboard that stays open."""
        return Program(self.module, "--port", str(port))

    def on_terminal(self, port: int) -> "Terminal":
        """The client, in a terminal."""
        from tests.kit.terminal import Terminal

        return Terminal("-m", self.module, "--port", str(port))

    def test_no_server_is_one_sentence(self) -> None:
        """On standard error, with status 1."""
        done = run_piped(self.module, free_port(), b"hello\n")
        assert (done.status, done.output) == (1, "")
        assert done.errors.count("\n") == 1
        assert "refused" in done.errors

    def test_it_sends_what_is_typed(self, listener: Listener) -> None:
        """Line by line, and a last line without a newline is one; then its end of the stream."""
        with self.started(listener.port) as client, listener.accept() as server:
            for typed in ("one\n", "zwö\n", "three"):
                client.type(typed)
                if typed == "three":
                    client.end_of_input()
                server.expect(typed.strip())
                server.send("* answer")
                client.expect(r"^\* answer$")
            server.expect_end()

    def test_what_comes_in_pieces_is_printed_whole(self, listener: Listener) -> None:
        """Also a character that is cut in two."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("hello\n")
            server.expect("hello")
            for byte in "* né 🙂\r\n".encode():
                server.send_bytes(bytes([byte]))
            assert client.expect("né").string == "* né 🙂"

    def test_no_escape_sequence_reaches_the_terminal(self, listener: Listener) -> None:
        """A server cannot clear the screen, or colour it, or ring."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("hello\n")
            server.expect("hello")
            server.send_bytes(b"* \x1b[2Jred\x07 \xc2\x9b\n")
            line = client.expect("red").string
            assert line.startswith("* �[2Jred�")
            assert not any(character in line for character in "\x1b\x07\x9b")

    @pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals on Windows")
    def test_ctrl_c_ends_it_without_a_traceback(self, listener: Listener) -> None:
        """In a terminal, while it waits for the keyboard. Its connection ends."""
        with self.on_terminal(listener.port) as terminal, listener.accept() as server:
            terminal.press("hello\n")
            server.expect("hello")
            server.send("* answer")
            terminal.until(r"\* answer")
            terminal.press("\x03")
            assert terminal.wait() == 130
            server.expect_end()
            assert "Traceback" not in terminal.text

    @pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals on Windows")
    def test_ctrl_d_ends_it(self, listener: Listener) -> None:
        """In a terminal; the server sees the end of the stream."""
        with self.on_terminal(listener.port) as terminal, listener.accept() as server:
            terminal.press("hello\n")
            server.expect("hello")
            server.send("* answer")
            terminal.until(r"\* answer")
            terminal.press("\x04")
            server.expect_end()
            server.close()
            assert terminal.wait() == 0
            assert "Fatal" not in terminal.text
            assert "closed" not in terminal.text  # it was not the server's wish


class TwoThreadedClientPromises(ClientPromises):
    """What a client promises that hears keyboard and server at once: from phase 2 on."""

    def test_it_ends_when_the_server_goes(self, listener: Listener) -> None:
        """At once, while the keyboard's pipe is open and silent, and says why."""
        with self.started(listener.port) as client:
            listener.accept().close()
            client.expect("server closed the connection")
            assert client.wait() == 0
            assert "Fatal" not in "\n".join(client.rest_of_output())

    def test_it_ends_when_the_connection_is_reset(self, listener: Listener) -> None:
        """With a sentence, and status 1."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("hello\n")
            server.expect("hello")
            server.reset()
            client.expect("connection was lost")
            assert client.wait() == 1
            assert "Traceback" not in "\n".join(client.rest_of_output())

    @pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals on Windows")
    def test_it_ends_when_the_server_goes_while_somebody_types(self, listener: Listener) -> None:
        """In a terminal, in the middle of a line, without a word from the interpreter."""
        with self.on_terminal(listener.port) as terminal, listener.accept() as server:
            terminal.press("hello\nunfinis")
            server.expect("hello")
            server.close()
            terminal.until("server closed the connection")
            assert terminal.wait() == 0
            assert "Fatal" not in terminal.text

    def test_what_arrives_unasked_is_printed_at_once(self, listener: Listener) -> None:
        """The keyboard does not hold it up."""
        with self.started(listener.port) as client, listener.accept() as server:
            for number in range(3):
                server.send(f"* line {number}")
                client.expect(rf"^\* line {number}$")

    def test_what_is_typed_is_sent_while_nothing_arrives(self, listener: Listener) -> None:
        """The server does not hold up the keyboard."""
        with self.started(listener.port) as client, listener.accept() as server:
            for number in range(3):
                client.type(f"line {number}\n")
                server.expect(f"line {number}")

    def test_answers_still_come_after_the_end_of_the_keyboard(self, listener: Listener) -> None:
        """It ends its own direction only, and prints all that comes until the server's end."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("a\nb\n")
            client.end_of_input()
            assert server.read_bytes_until_end() == b"a\nb\n"
            server.send("* late", "* later")
            client.expect("^. late$")
            server.close()
            assert client.wait() == 0
            assert client.rest_of_output() == ["* late", "* later"]

    def test_a_server_line_without_an_end_ends_it(self, listener: Listener) -> None:
        """It does not fill its memory with it."""
        with self.started(listener.port) as client, listener.accept() as server:
            with contextlib.suppress(ConnectionError):
                server.send_bytes(b"x" * 1_000_000)
            client.expect("without a newline")
            client.wait()
