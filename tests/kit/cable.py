"""A cable between a server and its engine, which a check can cut and mend.

A network that is cut tells nobody: what was sent into it waits, and arrives late once it is mended,
even where its sender has given up by then.
"""

import contextlib
import socket
import threading
from typing import Self

from tests.kit.harness import SECONDS


class Gates:
    """Of a connection: what goes to the engine, and what comes back, waits while one is shut."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.back = threading.Event()
        self.open()

    def open(self) -> None:
        """Let what waits go on."""
        self.there.set()
        self.back.set()


class Cable:
    """Carries connections to a port of this machine. Use it in a `with` statement."""

    def __init__(self, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._gates = Gates()  # for connections that are made from here on
        self._held: list[Gates] = []
        self._is_over = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []  # under the lock
        self._threads = [self._start(self._accept)]

    def __enter__(self) -> Self:
        """Give the cable."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all connections."""
        self._is_over = True
        self.mend()
        with self._lock:
            sockets = [self._listener, *self._sockets]
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)
        for each in sockets:
            each.close()

    def cut(self) -> None:
        """From here on nothing gets through, and nobody is told."""
        self._gates.back.clear()
        self.cut_the_way_there()

    def cut_the_way_there(self) -> None:
        """From here on nothing gets to the engine, but what it says gets back."""
        self._gates.there.clear()

    def mend(self) -> None:
        """What waits arrives, and all goes on."""
        self._gates.open()
        self.deliver()

    def mend_for_new_connections(self) -> None:
        """What waits does so until `deliver`, as TCP asks more and more seldom whether it may."""
        self._held.append(self._gates)
        self._gates = Gates()

    def deliver(self) -> None:
        """What waits arrives."""
        for each in self._held:
            each.open()

    def lead_to(self, port: int) -> None:
        """Carry new connections to another port."""
        self._to = ("127.0.0.1", port)

    def _start(self, target: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                with self._lock:
                    self._sockets.append(near)
                self._threads.append(self._start(self._connect, near, self._gates))

    def _connect(self, near: socket.socket, gates: Gates) -> None:
        gates.there.wait()
        if self._is_over:
            return
        try:
            far = socket.create_connection(self._to, SECONDS)
        except OSError:
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
            return
        far.settimeout(None)
        with self._lock:
            self._sockets.append(far)
        back = self._start(self._carry, far, near, gates.back)
        self._carry(near, far, gates.there)
        back.join()

    def _carry(self, source: socket.socket, sink: socket.socket, gate: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                gate.wait()
                sink.sendall(data)
        gate.wait()
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
