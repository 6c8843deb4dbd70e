"""A server that a check plays line by line, and a client whose events it waits for.

For all that a real server would never say, or not at the wished moment.
"""

import contextlib
import inspect
import queue
import socket
import ssl
import time
from collections.abc import Callable
from typing import TypeVar, cast

import pytest

from phase4 import client
from phase4.client import (
    Disconnected,
    Event,
    PeopleChanged,
    Received,
    Welcomed,
)
from phase4.transport.tls_socket import TLSSocket
from shared import message
from shared.stream import Stream
from tests.kit.harness import SECONDS, Peer

WELCOME = "[10:00:00] * Welcome, Ann! 1 online. /help lists the commands."
NOBODY_ELSE = "[10:00:00] * 1 online: Ann"

AnyEvent = TypeVar("AnyEvent", bound=Event)


class Client(client.Client):
    """A client, and how a check waits for its events."""

    def next(self) -> Event:
        """The next event."""
        try:
            return self.events.get(timeout=SECONDS)
        except queue.Empty:
            raise AssertionError("no event came in time") from None

    def until(self, kind: type[AnyEvent]) -> AnyEvent:
        """Take events until one of this kind."""
        while not isinstance(event := self.next(), kind):
            assert not isinstance(event, Disconnected), event
        return event

    def expect_end(self) -> None:
        """Its thread must end by itself now, whatever the server does and nobody reads."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "the thread goes on"

    def received(self) -> message.Message:
        """The next line to show."""
        return self.until(Received).message

    def until_in(self) -> None:
        """Take events until this client is in, as Ann and alone."""
        assert self.until(Welcomed) == Welcomed("Ann")
        assert self.received() == message.parse(WELCOME)
        self.until_people("Ann")

    def until_people(self, *names: str) -> None:
        """Take events until exactly these are online."""
        while self.until(PeopleChanged).names != names:
            pass
        assert self.people == names


class ScriptedServer:
    """A listener, and the one connection that the check plays the server on."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        self.port: int = self.listener.getsockname()[1]

    def accept(self) -> "Speaker":
        """The client's connection; over TLS, after the handshake."""
        connection = self.listener.accept()[0]
        if self.tls is None:
            return Speaker(connection)
        stream = TLSSocket(connection, self.tls, server_side=True)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(stream.close)
            stream.settimeout(SECONDS)
            stream.do_handshake()
            on_failure.pop_all()
        return Speaker(stream)


class Speaker(Peer):
    """The server's end of a connection. Whoever wants it to end with a reset says `reset`."""

    def __init__(self, connection: Stream) -> None:
        self.socket = cast(socket.socket, connection)  # a Peer does only what a Stream can
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def __exit__(self, *failure: object) -> None:
        """Close the connection in order; after a failure, wait for nobody."""
        if any(failure):
            self.socket.close()
        else:
            self.close()

    def close(self) -> None:
        """End the connection in order: say so (FIN), and read until the client has ended as well.

        A client may say something at any moment, such as a /ping; and to close with unread input,
        or before what is still on its way, is a reset (RFC 2525, 2.17).
        """
        with contextlib.closing(self.socket), contextlib.suppress(ConnectionError, ssl.SSLError):
            if self.socket.fileno() >= 0:  # else it has been closed or reset before
                self._finish()

    def _finish(self) -> None:
        with contextlib.suppress(OSError):  # the client has reset it: there is nothing to end
            self.half_close()
        deadline = time.monotonic() + SECONDS
        while self._receive(deadline):
            pass

    def has_input(self) -> bool:
        """Whether something can be read at once. Proves nothing about a moment later."""
        return getattr(self.socket, "has_pending", False) or super().has_input()

    def prompt(self) -> str:
        """Ask for the name; the answer."""
        self.send(message.NICKNAME_PROMPT)
        return self.read_line()

    def let_in(self) -> None:
        """Do all that a server does until the person is in, who is Ann, and alone."""
        self.prompt()
        self.send(WELCOME)
        self.expect("/who")
        self.send(NOBODY_ELSE)

    def answer_ping(self, stamp: str = "10:00:00") -> list[str]:
        """Read up to the client's next question whether all has arrived, and say yes at `stamp`.

        What it said before that.
        """
        said: list[str] = []
        while not (line := self.read_line()).startswith("/ping "):
            said.append(line)
        self.send(f"[{stamp}] * Pong {line.removeprefix('/ping ')}")
        return said


Connect = Callable[..., Client]
"""connect(port, name="Ann", host="127.0.0.1", *, reconnect=False, trust=...): it has been started.

The trust is what fits `server`, unless told otherwise."""


def on_both_transports(metafunc: pytest.Metafunc) -> None:
    """As `pytest_generate_tests`: checks with a server of their own are asked over TLS, too."""
    starts_one = "start" in inspect.signature(metafunc.function).parameters
    if starts_one or "server" in metafunc.fixturenames:
        metafunc.parametrize("transport", ["tcp", "tls"], indirect=True)
