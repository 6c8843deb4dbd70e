"""A status server that does as it is told: the good one, and every kind of bad one.

It listens on a real port and gives each connection what `script` says at that moment.
"""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from shared.defaults import MAX_STATUS_BYTES
from shared.listener import open_listener
from shared.status import Snapshot, format_snapshot
from shared.threaded_server import ThreadedServer
from tests.kit.harness import SECONDS

Script = Callable[[socket.socket], None]
"""What is done with one connection; it is closed afterwards."""


def gives(snapshot: Snapshot) -> Script:
    """Answer as a status port should."""
    return sends(format_snapshot(snapshot))


def sends(data: bytes) -> Script:
    """Send these bytes, then close."""
    return lambda connection: connection.sendall(data)


def stalls(data: bytes = b"") -> Script:
    """Send the beginning of an answer, then nothing, until the other side gives up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        while connection.recv(4096):
            pass

    return script


def never_ends(connection: socket.socket) -> None:
    """Send a line without an end, until the other side gives up; at most four times too much."""
    for _ in range(4 * MAX_STATUS_BYTES // 65536):
        connection.sendall(b"x" * 65536)


def once(server: "StatusServer", first: Script, then: Script) -> Script:
    """Do `first` for one connection, and `then` for all later ones."""

    def script(connection: socket.socket) -> None:
        server.script = then
        first(connection)

    return script


class StatusServer:
    """Listens while it is in a `with` statement; `script` may be replaced at any time."""

    def __init__(
        self, script: Script | Snapshot, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.script = gives(script) if isinstance(script, Snapshot) else script
        self._changed = threading.Condition()
        self._begun = 0  # connections; under _changed
        self._ended = 0  # of these; under _changed
        listener = open_listener(host, port)
        self.host: str = host
        self.port: int = listener.getsockname()[1]
        self._server = ThreadedServer(listener, self._serve)
        self._thread = threading.Thread(target=self._server.serve, daemon=True)

    @property
    def address(self) -> str:
        """As `--status` takes it."""
        return f"{self.host}:{self.port}"

    @property
    def begun(self) -> int:
        """Connections so far."""
        with self._changed:
            return self._begun

    @property
    def ended(self) -> int:
        """Of these, how many have ended."""
        with self._changed:
            return self._ended

    def show(self, snapshot: Snapshot) -> None:
        """Answer with this from now on."""
        self.script = gives(snapshot)

    def wait_for_connections(self, number: int) -> None:
        """Until there were `number` of them since the start."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._begun >= number, SECONDS)
        assert came, f"{self.begun} connections instead of {number}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Go away."""
        self._server.stop()
        self._thread.join(SECONDS)
        self._server.drain(SECONDS)

    def _serve(self, connection: socket.socket, _: str) -> None:
        with self._changed:
            self._begun += 1
            self._changed.notify_all()
        try:
            self.script(connection)
        finally:
            with self._changed:
                self._ended += 1
                self._changed.notify_all()
