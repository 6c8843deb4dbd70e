"""A cable between a server and its engine, which a check can cut and mend.

A network that is cut tells nobody: what was sent into it waits, and arrives late once it is mended,
even where its sender has given up by then.
"""

import contextlib
import socket
import threading
from typing import Self

from tests.kit.harness import SECONDS


class Cable:
    """Carries connections to a port of this machine. Use it in a `with` statement."""

    def __init__(self, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_whole = threading.Event()
        self._is_whole.set()
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
        self._is_whole.set()
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
        self._is_whole.clear()

    def mend(self) -> None:
        """What waits arrives, and all goes on."""
        self._is_whole.set()

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
                self._threads.append(self._start(self._connect, near))

    def _connect(self, near: socket.socket) -> None:
        self._is_whole.wait()
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
        back = self._start(self._carry, far, near)
        self._carry(near, far)
        back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._is_whole.wait()
                sink.sendall(data)
        self._is_whole.wait()
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
