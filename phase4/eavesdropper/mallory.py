"""Mallory, in the middle, and the people to whom she does it. For python -m phase4.eavesdropper.

Mallory is our relay and nothing more: all that she does, `python -m phase4.relay` does with
`--trace`, `--replace`, `--tls-cert` and `--upstream-tls`. Here it runs in this process, so that she
can change her ways between two acts, and see which piece is the one to alter. The others are the
core of our clients (phase4/client/client.py), each with a name instead of a window.
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from phase4.certificate import make, name_or_address, write_both
from phase4.client import (
    Client,
    Disconnected,
    Event,
    PeopleChanged,
    Received,
    Secured,
    Trust,
    Welcomed,
)
from phase4.demo.people import PATIENCE_SECONDS, Surprise, timeless
from phase4.relay.relay import Relay
from phase4.relay.sides import ClientSide, ServerSide
from phase4.relay.trace import TO_SERVER, Trace
from shared import message
from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import HOST
from shared.listener import open_listener
from shared.threaded_server import ThreadedServer

_ENCRYPTED = 23
_RECORDS = {20: "change of cipher", 21: "alert", 22: "handshake", _ENCRYPTED: "encrypted"}
"""The kinds of TLS's records (RFC 8446, 5.1). Under TLS 1.3 most of the handshake is encrypted."""

_HEAD_BYTES = 5  # of a record: its kind, a version, its length


class Notebook(Trace):
    """What passes, as the relay's trace has it; of TLS, what kind of records it is.

    A random byte tells nobody anything, and each run has others.
    """

    def __init__(self, diagram: Path | None = None) -> None:
        """Raises OSError when the diagram's file cannot be written."""
        super().__init__(self._note, diagram)
        self._lines: list[str] = []
        # What passed, each piece with its direction, oldest first.
        self.pieces: list[tuple[str, bytes]] = []
        # What is to become what; the relay looks into it at each piece.
        self.to_alter: list[tuple[bytes, bytes]] = []
        # Whether the next encrypted piece from the client is to be altered.
        self.alters_the_next = False

    def _note(self, line: str) -> None:
        self._lines.append(line)  # any thread: append() is one step

    def take(self) -> list[str]:
        """The lines since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def carried(self, number: int, direction: str, data: bytes, shown: bytes) -> None:
        """The relay calls this before it hands on `data`. Its threads."""
        self.pieces.append((direction, data))
        kinds = records(data)
        if self.alters_the_next and direction == TO_SERVER and kinds == [_RECORDS[_ENCRYPTED]]:
            self.alters_the_next = False
            self.to_alter.append((data, data[:-1] + bytes([data[-1] ^ 1])))
        self.add(number, direction, f"{len(data):,} bytes", ", ".join(kinds).encode() or shown)

    def altered(self, number: int, direction: str, data: bytes) -> None:
        """As the relay's, but that a record was altered tells more than its bytes. Its threads."""
        if records(data):
            self.add(number, direction, "altered", b"one bit of it")
        else:
            super().altered(number, direction, data)


def records(data: bytes) -> list[str]:
    """The kinds of TLS records in a piece, of several alike in a row one; none: it is not TLS.

    >>> records(bytes([22, 3, 1, 0, 1, 0]) + bytes([23, 3, 3, 0, 1, 0]) * 2), records(b"Alice")
    (['handshake', 'encrypted'], [])
    """
    kinds: list[str] = []
    while len(data) >= _HEAD_BYTES and data[0] in _RECORDS and data[1] == 3:
        if kinds[-1:] != [_RECORDS[data[0]]]:
            kinds.append(_RECORDS[data[0]])
        data = data[_HEAD_BYTES + int.from_bytes(data[3:_HEAD_BYTES]) :]
    return kinds


class Mallory:
    """Stands at one port, before a server. One thread calls all of this."""

    def __init__(self, diagram: Path | None = None) -> None:
        """Raises OSError when the diagram's file cannot be written."""
        self.notebook = Notebook(diagram)
        # Counts the connections that are over. The relay's threads add, `sees_the_end` takes.
        self._ended = threading.Semaphore(0)
        self._listener = open_listener(HOST, 0)
        self.port: int = self._listener.port
        self._relay = Relay(Address(HOST, 0), _say_nothing, self.notebook)
        self._server = ThreadedServer(self._listener, self._serve, report=_say_nothing)
        self._thread = threading.Thread(target=self._server.serve, name="Mallory", daemon=True)

    @contextlib.contextmanager
    def at_work(self) -> Iterator["Mallory"]:
        """Until the end of the `with` statement."""
        self._thread.start()
        try:
            yield self
        finally:
            self._server.stop()
            self._relay.drain(self._server)
            self._thread.join(PATIENCE_SECONDS)

    def passes_on(self, port: int) -> None:
        """From the next client on: hand bytes on to the server as they are, or with one altered."""
        self._become(ServerSide(Address(HOST, port)), ClientSide(), self.notebook.to_alter)

    def rewrites(self, port: int, *pairs: tuple[str, str]) -> None:
        """From the next client on: alter what is said, where nothing is encrypted."""
        self._become(ServerSide(Address(HOST, port)), ClientSide(), _encoded(pairs))

    def pretends(
        self, port: int, server: Trust, clients: ClientSide, *pairs: tuple[str, str]
    ) -> None:
        """From the next client on: be the server to the client, and a client to the server."""
        self._become(ServerSide(Address(HOST, port), server), clients, _encoded(pairs))

    def _become(
        self, server: ServerSide, clients: ClientSide, replacements: list[tuple[bytes, bytes]]
    ) -> None:
        self._relay = Relay(
            server, _say_nothing, self.notebook, clients=clients, replacements=replacements
        )

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            self._relay.serve(connection, address)  # the one that `_become` has put there last
        finally:
            self._ended.release()

    def sees_the_end(self) -> None:
        """Wait until a connection is over, and all is noted. Raises Surprise."""
        if not self._ended.acquire(timeout=PATIENCE_SECONDS):
            raise Surprise("A connection through the relay does not end.")

    def has_read(self) -> bytes:
        """All that clients have said so far, as she got it; from now on, what they say then."""
        pieces, self.notebook.pieces = self.notebook.pieces, []
        return b"".join(data for direction, data in pieces if direction == TO_SERVER)


def _say_nothing(report: str) -> None:
    """What the relay reports is no part of the play: the notebook shows it."""


def _encoded(pairs: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(old.encode(), new.encode()) for old, new in pairs]


class Someone:
    """A person at a client. Methods wait as long as a slow machine needs, then raise Surprise."""

    def __init__(self, name: str, port: int, trust: Trust | None = None) -> None:
        self.name = name
        # What their client told them of the server's certificate, and its fingerprint.
        self.told: list[str] = []
        self.fingerprint = ""
        # What has come since they were last asked what they hear; without times.
        self._heard: list[message.Message] = []
        self._client = Client(HOST, port, name, trust=trust)
        self._client.start()

    def comes_in(self, to: str = "") -> None:
        """Wait until they are in, and know that somebody else is."""
        wanted = {self.name, to or self.name}
        self._wait(
            lambda event: isinstance(event, PeopleChanged) and wanted <= {*event.names},
            "is not let in",
        )
        told = [each for each in self._heard if not isinstance(each, message.Welcome)]
        self.told = [shown(each) for each in told]
        self._heard.clear()

    def says(self, text: str) -> None:
        """Send a line."""
        self._client.send(text)

    def hears(self, text: str) -> str:
        """Wait for a line with `text` in it; the line, as their client shows it."""
        return shown(self._hear(lambda said: text in shown(said), repr(text)))

    def hears_next(self) -> message.Message:
        """Wait for the next line, whatever it is; without its time."""
        return self._hear(lambda said: True, "anything")

    def _hear(self, is_wanted: Callable[[message.Message], bool], what: str) -> message.Message:
        self._wait(lambda _: any(map(is_wanted, self._heard)), f"does not hear {what}")
        said = next(filter(is_wanted, self._heard))
        self._heard.clear()
        return said

    def is_disconnected(self) -> str:
        """Wait for the end of the connection; the client's sentence that says why."""
        event = self._wait(lambda event: isinstance(event, Disconnected), "is still connected")
        assert isinstance(event, Disconnected)
        return event.reason

    def is_refused(self) -> str:
        """As `is_disconnected`, before anybody has let them in."""
        event = self._wait(lambda event: isinstance(event, Disconnected | Welcomed), "waits")
        if isinstance(event, Welcomed):
            raise Surprise(f"{self.name} was let in.")
        assert isinstance(event, Disconnected)
        return event.reason

    def leaves(self) -> None:
        """Say goodbye."""
        self.says("/quit")
        self.is_disconnected()

    def vanishes(self) -> None:
        """Close the connection, whatever its state."""
        self._client.close()

    def _wait(self, is_over: Callable[[Event], bool], what: str) -> Event:
        deadline = Deadline(PATIENCE_SECONDS)
        while True:
            try:
                event = self._client.events.get(timeout=deadline.seconds_left)
            except queue.Empty:
                raise Surprise(f"{self.name} {what}.") from None
            match event:
                case Received(said):
                    self._heard.append(timeless(said))
                case Secured(fingerprint=fingerprint):
                    self.fingerprint = fingerprint
            if is_over(event):
                return event
            if isinstance(event, Disconnected):
                raise Surprise(f"{self.name} {what}: {event.reason}")


def shown(said: message.Message) -> str:
    """A message without its time, as a client shows it."""
    return message.format(said).removeprefix("[] ")


def certificate_and_key(directory: Path, name: str) -> tuple[Path, Path]:
    """A new self-signed certificate for this machine. Raises CertificateError."""
    cert, key = directory / f"{name}-cert.pem", directory / f"{name}-key.pem"
    certificate, secret, _ = make([name_or_address(HOST)], datetime.now(UTC) + timedelta(days=1))
    write_both(cert, certificate, key, secret)
    return cert, key
