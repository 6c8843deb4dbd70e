"""A phase 4 server in a process of its own, and people who talk to it with plain sockets."""

import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

import pytest

from phase4.transport.contexts import client_context
from phase4.transport.errors import CutOff
from phase4.transport.tls_socket import TLSSocket
from shared.status import parse_snapshot
from tests.kit.harness import Peer, Server, wait_until

TIME = r"\[\d\d:\d\d:\d\d\]"
PROMPT = r"\* Enter your nickname:"
_CAME = re.compile(r"^\S+ \S+ joined from ", re.MULTILINE)
_WENT = re.compile(r"^\S+ \S+ left(?: \(|$)", re.MULTILINE)

both_transports = pytest.mark.parametrize("transport", ["tcp", "tls"], indirect=True)
"""For a check, or for a module: over TLS the server keeps the same promises as over plain TCP."""

NO_MEMORY = ("--history", "0", "--no-archive")
"""Options of a server that remembers nothing."""

_LINGER = (socket.SOL_SOCKET, socket.SO_LINGER)
Secure = Callable[[socket.socket], socket.socket]


class StrictTLSSocket(TLSSocket):
    """The end of a conversation must be said: a check fails where the stream is just cut off.

    And it is said here as well, on `close`; but where that is to be a reset (Peer.reset).
    """

    def send(self, data: bytes | bytearray | memoryview, flags: int = 0, /) -> int:
        """As a socket's; with flags, beside TLS."""
        return self._socket.send(data, flags) if flags else super().send(data)

    def close(self) -> None:
        """As a program does that is ended in order."""
        with contextlib.suppress(OSError):  # it is closed already
            if not struct.unpack("ii", self._socket.getsockopt(*_LINGER, 8))[0]:
                self.shutdown(socket.SHUT_RDWR)
        super().close()

    def recv(self, size: int, /) -> bytes:
        """As a socket's."""
        try:
            return super().recv(size)
        except CutOff as error:
            raise AssertionError("the stream was cut off, without TLS's goodbye") from error


def secure(ca: Path) -> Secure:
    """`secure(ca)(connection)` is that connection in TLS; the server's certificate is verified."""
    context = client_context(ca)

    def wrap(connection: socket.socket) -> socket.socket:
        stream = StrictTLSSocket(connection, context, server_hostname="127.0.0.1")
        stream.do_handshake()
        return cast(socket.socket, stream)  # a Peer does only what a Stream can

    return wrap


class Chat(Server):
    """`python -m phase4.server` on free ports; its logs are in `logs`.

    With `secure`, those who `connect` and `join` do it over TLS. It remembers what was said where
    the arguments have a --history: else the next check would read what this one has said, and each
    server would start a historian, which takes as long as the server.
    """

    def __init__(
        self, directory: Path, *arguments: str, port: int = 0, secure: Secure | None = None
    ) -> None:
        self.secure = secure
        self.logs = directory / "logs"
        remembers = any(each.startswith("--history") for each in arguments)
        super().__init__(
            "phase4.server",
            *("--status-port", "0", "--log-dir", str(self.logs), "--quit-key", "off"),
            *(() if remembers else NO_MEMORY),
            *arguments,
            port=port,
        )
        found = self.expect(r"Status on ([^\s:]+):(\d+)")
        self._log_starts: dict[str, int] = {}
        self.status_host = found[1]
        self.status_port = int(found[2])

    def connect(self, *, receive_buffer_bytes: int = 0) -> Peer:
        """A new connection to it."""
        return Peer(
            self.host,
            self.port,
            receive_buffer_bytes=receive_buffer_bytes,
            secure=self.secure,
        )

    def join(self, name: str) -> "Person":
        """Somebody who has joined under this name."""
        person = Person(self.host, self.port, secure=self.secure)
        person.expect(PROMPT)
        person.send(name)
        person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
        return person

    def people_now(self) -> int:
        """How many people are online, as connections.txt tells since the server's last start.

        Not as the status port does: all who ask within a moment get the same answer there.
        """
        entries = (self.logs / "connections.txt").read_text().rpartition(" The server listens ")[2]
        return len(_CAME.findall(entries)) - len(_WENT.findall(entries))

    def waiting_for(self, name: str) -> int:
        """Bytes in somebody's outbox, as the status port tells; now, and not a moment ago."""
        asked = time.time()
        while True:
            with Peer(self.status_host, self.status_port) as reader:
                snapshot = parse_snapshot(reader.read_bytes_until_end())
            if snapshot.time >= asked:  # those who ask within a moment get the same one
                return {each.name: each.outbox_bytes for each in snapshot.people}[name]

    def stall(self, name: str, speaker: "Person") -> None:
        """Send to somebody who does not read, until their socket and all buffers are full."""

        def is_full() -> bool:
            speaker.send(*[f"/pm {name} {'x' * 4000}"] * 100)  # less than half of an outbox
            for _ in range(100):
                speaker.skip_to(rf"{TIME} \S+ -> {name}: x+")
            return self.waiting_for(name) > 0

        wait_until(is_full, f"the server keeps something for {name}")

    def forget_logs(self) -> None:
        """From here on `log` gives only what is written later."""
        self._log_starts = {path.name: path.stat().st_size for path in self.logs.iterdir()}

    def log(self, name: str) -> list[str]:
        """The entries of a log file, without their times; each must have one."""
        data = (self.logs / name).read_bytes()[self._log_starts.get(name, 0) :]
        lines = data.decode().splitlines()
        times = [re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d ", line) for line in lines]
        assert all(times), f"an entry without a time: {lines}"
        return [line[found.end() :] for line, found in zip(lines, times, strict=True) if found]


class Person(Peer):
    """A peer that has joined."""

    name = ""

    def __enter__(self) -> Self:
        """Give the person."""
        return self

    def hear(self, text: str, seconds: float = 10.0) -> None:
        """The next line must be this text, after its time."""
        self.expect(rf"{TIME} {re.escape(text)}", seconds)

    def refused(self, pattern: str = ".*") -> str:
        """The next line must be an error; its text."""
        return self.expect(rf"! ({pattern})")[1]

    def whisper(self, to: str, *texts: str) -> None:
        """Say this to one person alone; each is known to be on its way to them."""
        for text in texts:
            self.send(f"/pm {to} {text}")
            self.skip_to(rf"{TIME} {self.name} -> {to}: {re.escape(text)}")

    def fence(self) -> None:
        """Prove that nothing else was on its way: the next line answers what is asked now."""
        self.send("/fence")
        self.refused("There is no command /fence.*")
