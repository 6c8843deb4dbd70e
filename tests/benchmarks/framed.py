"""A person with a page, as the load needs them: a WebSocket whose frames are taken off."""

import socket

from shared.defaults import HOST

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455, 1.2: the server only has to hash it
_TEXT = 0x1
_LONG, _VERY_LONG = 126, 127  # then the length follows, in two bytes or in eight


class Framed:
    """A connection to the page's port, after the upgrade; with a socket's few methods."""

    def __init__(self, connection: socket.socket, port: int) -> None:
        """Ask for the upgrade, and wait for the answer. Raises OSError."""
        self._socket = connection
        self._unfinished = b""
        host = f"{HOST}:{port}"
        lines = (
            "GET /chat HTTP/1.1",
            f"Host: {host}",
            f"Origin: http://{host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {_KEY}",
            "Sec-WebSocket-Version: 13",
        )
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := connection.recv(4096)):
                raise ConnectionError(f"no upgrade: {head[:100]!r}")
            head += data
        head, _, self._unfinished = head.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise ConnectionError(f"no upgrade: {head[:100]!r}")

    def fileno(self) -> int:
        """The socket's."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """As a socket's."""
        self._socket.setblocking(flag)

    def close(self) -> None:
        """As a socket's."""
        self._socket.close()

    def sendall(self, data: bytes) -> None:
        """Send a frame."""
        self._socket.sendall(_frame(data))

    def send(self, data: bytes) -> int:
        """The same, without waiting: a short frame goes whole, or not at all."""
        self._socket.send(_frame(data))
        return len(data)

    def recv(self, size: int) -> bytes:
        """What some frames hold; empty at the end. Raises BlockingIOError where none is whole."""
        text, self._unfinished = _taken_off(self._unfinished)
        while not text:
            if not (data := self._socket.recv(size)):
                return b""
            text, self._unfinished = _taken_off(self._unfinished + data)
        return text

    def recv_into(self, buffer: bytearray) -> int:
        """As a socket's."""
        data = self.recv(len(buffer) // 2)
        buffer[: len(data)] = data
        return len(data)


def _frame(data: bytes) -> bytes:
    """A short text frame. Its mask is zero, which costs the server what any mask does."""
    if len(data) >= _LONG:
        raise ValueError("a longer frame has a longer head")
    return bytes((0x80 | _TEXT, 0x80 | len(data), 0, 0, 0, 0)) + data


def _taken_off(data: bytes) -> tuple[bytes, bytes]:
    """What the whole frames at the beginning hold, and what follows them."""
    texts, at = [], 0
    while len(data) - at >= len(b"\x81\x05"):
        opcode, size, start = data[at] & 0xF, data[at + 1], at + 2
        if size >= _LONG:
            width = 2 if size == _LONG else 8
            size, start = int.from_bytes(data[start : start + width], "big"), start + width
        if len(data) < start + size:
            break
        if opcode == _TEXT:
            texts.append(data[start : start + size])
        at = start + size
    return b"".join(texts), data[at:]
