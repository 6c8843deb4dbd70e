"""The web door: a page to chat in, and behind it the room, over WebSocket.

One request for each connection. `GET /` is the page (page/); `GET /chat` with an upgrade
(RFC 6455, 4.2) becomes a stream of lines, which the session serves as any other. All of it happens
in the connection's own thread, and each step has an end.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from phase4.doors.answers import HTML, SCRIPT, SVG, Page, answer, sentence
from phase4.doors.places import Place, Places
from phase4.doors.request import (
    ANY_SCHEME,
    Host,
    OwnNames,
    Refused,
    Schemes,
    check_origin,
    client_of,
    schemes_of,
)
from phase4.doors.websocket import WebSocketStream
from phase4.transport.handshake import shake_hands
from phase4.transport.proxy_protocol import BEGIN_OF_V2, TrustedProxies
from phase4.transport.reception import identify
from phase4.transport.tls_socket import TLSSocket
from shared.address import Address, network_of
from shared.deadline import Deadline
from shared.defaults import RECV_BYTES
from shared.goodbye import say_goodbye, turn_away
from shared.stream import Stream

REQUEST_SECONDS = 5.0
"""For a whole request. A browser sends it at once, in one packet."""

ANSWER_SECONDS = 30.0
"""For the page to arrive: a phone far from its mast takes 5 KB a second."""

MAX_HEAD_BYTES = 16 * 1024
"""Of a request: browsers send 1 KiB, and with a site's cookies up to 8."""

CHAT = "/chat"
_PLAIN, _ENCRYPTED = frozenset({"http"}), frozenset({"https"})
_END_OF_HEAD = b"\r\n\r\n"
_TOO_MANY = sentence(
    "429 Too Many Requests",
    "Your address has many requests under way; try again later.",
    "Retry-After: 10\r\n",
)
_HANDSHAKE = b"\x16"  # the first byte of TLS (RFC 8446, 5.1)


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that became a chat, and whose it is, as far as trusted proxies tell."""

    stream: WebSocketStream
    address: Address
    is_readable: bool = False
    """A trusted proxy says that anybody on the way to it can read along."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Whose request it is, and by which schemes the client's page may have come; none: not said."""

    address: Address
    schemes: Schemes = frozenset()


class WebDoor:
    """Makes a connection a WebSocketStream, or answers it. Any number of threads may use it."""

    def __init__(
        self,
        names: OwnNames,
        page: Page,
        *,
        trusted: TrustedProxies,
        qr_code: Callable[[Host], bytes | None] = lambda host: None,
    ) -> None:
        """`qr_code` draws one in SVG that leads to a page, for whoever came by this host."""
        self._names = names
        self._page = page
        self._trusted = trusted
        self._qr_code = qr_code
        self._places = Places()
        self.newcomers = self._places.newcomers

    def open(
        self, connection: socket.socket, peer: Address, tls: ssl.SSLContext | None
    ) -> Opened | None:
        """Receive the request of a connection from `peer`; None where it was answered instead.

        Waits REQUEST_SECONDS for each step. Raises OSError, and TurnedAway where it is no TLS.
        """
        is_proxy = peer in self._trusted
        with self._places.take(connection, peer.host, is_proxy=is_proxy) as place:
            if place is None:
                turn_away(connection, _TOO_MANY if tls is None else b"")
                return None
            address = self._whose(connection, peer)
            stream = self._secure(connection, tls)
            if stream is None:
                return None
            own = _PLAIN if tls is None else _ENCRYPTED
            return self._serve(stream, address, ANY_SCHEME if is_proxy else own, place)

    def _whose(self, connection: socket.socket, peer: Address) -> Address:
        """The client's address, where a trusted proxy tells it before all else (HAProxy does)."""
        if peer in self._trusted:
            connection.settimeout(REQUEST_SECONDS)
            first = connection.recv(len(BEGIN_OF_V2), socket.MSG_PEEK)
            if first.startswith(b"PROXY ") or BEGIN_OF_V2.startswith(first):
                return identify(connection, peer, self._trusted)
        return peer

    def _secure(self, connection: socket.socket, tls: ssl.SSLContext | None) -> Stream | None:
        """TLS over it, where there is a certificate. A link with http:// is sent to https://."""
        if tls is None:
            return connection
        connection.settimeout(REQUEST_SECONDS)
        if connection.recv(1, socket.MSG_PEEK) not in (_HANDSHAKE, b""):
            self._redirect(connection)
            return None
        stream = TLSSocket(connection, tls, server_side=True)
        shake_hands(stream)
        return stream

    def _redirect(self, connection: socket.socket) -> None:
        try:
            head, _ = _receive(connection)
            request = _parse(ServerProtocol(), head)
            host = Host.of(request.headers.get_all("Host"))
            self._names.check(host)
        except Refused as why:
            say_goodbye(connection, sentence(why.status, str(why)))
        else:
            place = f"Location: https://{host.text}/\r\n"
            text = f"Go to https://{host.text}/"
            say_goodbye(connection, sentence("308 Permanent Redirect", text, place))

    def _serve(
        self, stream: Stream, peer: Address, schemes: Schemes, place: Place
    ) -> Opened | None:
        engine = ServerProtocol()
        try:
            head, rest = _receive(stream)
            place.has_asked = True
            request = _parse(engine, head)
            host = Host.of(request.headers.get_all("Host"))
            self._names.check(host)
            told = self._told(request, peer)
            place.network = network_of(told.address.host)
            if request.path.partition("?")[0] != CHAT:
                page = self._page_or_refusal(request, host)
                _send(stream, page)
                say_goodbye(stream)
                return None
            schemes = told.schemes or schemes
            check_origin(request.headers.get_all("Origin"), host, schemes)
        except Refused as why:
            say_goodbye(stream, sentence(why.status, str(why)))
            return None
        if not self._upgrade(stream, engine, request):
            say_goodbye(stream)
            return None
        stream.setblocking(False)
        return Opened(WebSocketStream(stream, rest), told.address, told.schemes == _PLAIN)

    def _told(self, request: Request, peer: Address) -> _Told:
        """What a request says of the client, where a trusted proxy has sent it."""
        if peer not in self._trusted:
            return _Told(peer)
        forwarded = request.headers.get_all("X-Forwarded-For")
        client = client_of(forwarded, lambda host: Address(host, 0) in self._trusted)
        schemes = schemes_of(request.headers.get_all("X-Forwarded-Proto"))
        return _Told(Address(client, 0) if client else peer, schemes)

    @staticmethod
    def _upgrade(stream: Stream, engine: ServerProtocol, request: Request) -> bool:
        """Answer with 101, or with what is wrong with the request; whether it is a chat now."""
        engine.send_response(engine.accept(request))
        stream.settimeout(REQUEST_SECONDS)
        stream.sendall(b"".join(engine.data_to_send()))
        return engine.state is State.OPEN

    def _page_or_refusal(self, request: Request, host: Host) -> bytes:
        path = request.path.partition("?")[0]
        if path == "/":
            return answer("200 OK", self._page.body, HTML, policy=self._page.policy(host))
        if path == "/notes.js":
            return answer("200 OK", self._page.worker, SCRIPT)
        if path == "/qr.svg" and (drawing := self._qr_code(host)):
            return answer("200 OK", drawing, SVG)
        if path == "/favicon.ico":  # browsers ask for it by themselves, and tell of a 404
            return answer("204 No Content", b"")
        raise Refused("404 Not Found", "Nothing is here. The chat is at /")


def _send(stream: Stream, data: bytes) -> None:
    """All of it, within ANSWER_SECONDS. Raises OSError."""
    deadline, rest = Deadline(ANSWER_SECONDS), memoryview(data)
    while rest:
        stream.settimeout(deadline.timeout())
        rest = rest[stream.send(rest) :]


def _receive(stream: Stream) -> tuple[bytes, bytes]:
    """The head of a request, within REQUEST_SECONDS, and what came after it.

    Raises Refused where it is none that this server understands, and OSError.
    """
    deadline, received, end = Deadline(REQUEST_SECONDS), b"", -1
    while end < 0:
        stream.settimeout(deadline.timeout())
        data = stream.recv(RECV_BYTES)
        if not data:
            raise ConnectionResetError
        received += data
        if received.startswith(_HANDSHAKE):
            raise Refused("400 Bad Request", "This port speaks no TLS: use http://")
        if received[:4] != b"GET "[: len(received)]:
            raise Refused("405 Method Not Allowed", "This server understands GET alone.")
        if len(received) > MAX_HEAD_BYTES:
            raise Refused("431 Request Header Fields Too Large", "That request is too long.")
        end = received.find(_END_OF_HEAD)
    end += len(_END_OF_HEAD)
    return received[:end], received[end:]


def _parse(engine: ServerProtocol, head: bytes) -> Request:
    """The request of a head. Raises Refused."""
    engine.receive_data(head)
    for event in engine.events_received():
        if isinstance(event, Request):
            return event
    raise Refused("400 Bad Request", "That is no request as HTTP/1.1 has them.")
