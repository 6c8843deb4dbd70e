"""The test's end of a WebSocket: by the client's engine of `websockets`, over a plain socket."""

import socket
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from shared.stream import Stream
from tests.kit.chat import PROMPT, TIME, Chat, Person


class Handshake(Exception):
    """The server did not take the upgrade: `response` is its answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class WebSocket:
    """A Stream of lines over one: what is sent in one piece is one message.

    `frames` has all that came. `engine` may send what no page would, and `inner` what breaks the
    protocol.
    """

    def __init__(self, connection: Stream, host: str, **headers: str) -> None:
        """Upgrade the connection. Raises Handshake."""
        self.inner = connection
        self.engine = ClientProtocol(parse_uri(f"ws://{host}/chat"), max_size=None)
        self.frames: list[Frame] = []
        self._lines = bytearray()
        request = self.engine.connect()
        for name, value in headers.items():
            request.headers[name.replace("_", "-")] = value
        self.engine.send_request(request)
        self.flush()
        while not (answers := self._receive()):
            pass
        [answer, *_] = answers
        assert isinstance(answer, Response)
        if self.engine.handshake_exc is not None:
            connection.close()
            raise Handshake(answer)

    def flush(self) -> None:
        """Send what the engine has to say."""
        if data := b"".join(self.engine.data_to_send()):
            self.inner.sendall(data)

    def sendall(self, data: bytes) -> None:
        """One message of text."""
        self.engine.send_text(data)
        self.flush()

    def recv(self, size: int) -> bytes:
        """Lines; none at the end."""
        while not self._lines:
            if not self._receive():
                return b""
        data = bytes(self._lines[:size])
        del self._lines[:size]
        return data

    def _receive(self) -> list[object]:
        """What came, at least a part of a frame; nothing at the end of the stream."""
        while True:
            data = self.inner.recv(65536)
            if data:
                self.engine.receive_data(data)
            else:
                self.engine.receive_eof()
            events: list[object] = [*self.engine.events_received()]
            found = [each for each in events if isinstance(each, Frame)]
            self.frames += found
            self._lines += b"".join(each.data for each in found if each.opcode is Opcode.TEXT)
            self.flush()
            if events or not data:
                return events

    @property
    def has_pending(self) -> bool:
        """Whether something is here already."""
        return bool(self._lines)

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's."""
        self.inner.settimeout(seconds)

    def fileno(self) -> int:
        """As a socket's."""
        return self.inner.fileno()

    def shutdown(self, how: int) -> None:
        """As a socket's: without a close frame."""
        self.inner.shutdown(how)

    def close(self) -> None:
        """As a socket's: without a close frame, as a phone that fell asleep."""
        self.inner.close()

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """As a socket's."""
        self.inner.setsockopt(level, option, value)


def web_port(chat: Chat) -> int:
    """Where its page is; for a server that was started with --web-port 0."""
    return int(chat.expect(r"Chat in a browser: https?://\S+:(\d+)/")[1])


def join_by_web(chat: Chat, port: int, name: str) -> Person:
    """Somebody who has joined by the page's door."""

    def upgrade(connection: socket.socket) -> socket.socket:
        stream = chat.secure(connection) if chat.secure else connection
        return cast(socket.socket, WebSocket(stream, f"{chat.host}:{port}"))

    person = Person(chat.host, port, secure=upgrade)
    person.expect(PROMPT)
    person.send(name)
    person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
    return person
