"""`--serve`: the figures as a page in a browser, to project for a class.

New here: HTTP, and a stream that goes one way. The page asks once for `/events` and then listens;
each reading comes to it as an event (server-sent events, WHATWG HTML 9.2). So there is no library,
and a viewer costs one thread that sleeps.

It shows what is public in the room anyway, and all the same it is careful: this machine alone
unless told otherwise; no names unless told so; a request must name this host by its address, so a
page of another site cannot read it by a name that it points here (DNS rebinding); and the page may
load nothing at all but its events (Content Security Policy, level 3).

Threads: the main one accepts, and makes the report of each reading. Each viewer has one, owned by
the ThreadedServer; each server that is watched has its Poller.
"""

import base64
import contextlib
import hashlib
import io
import json
import re
import socket
import threading
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from monitor.history import History, Moment
from monitor.report import Seen, report
from monitor.source import Poller, Source, remember
from shared.address import Address, ip_address
from shared.goodbye import say_goodbye
from shared.http_head import FULL_ANSWER, read_head
from shared.listener import Listener, open_listener
from shared.stopping import on_stop_signals
from shared.threaded_server import Bound, ThreadedServer

MAX_VIEWERS = 40
"""A class on its own laptops; each is a thread and a connection."""

_HEARTBEAT_SECONDS = 15.0  # a viewer who is gone is noticed when something is sent

PAGE = (Path(__file__).parent / "page.html").read_text(encoding="utf-8").encode()
"""With newlines as a browser takes them, whatever is in the file: the policy has its hashes."""


def run(
    sources: Sequence[Source], where: Address, interval_seconds: float, *, with_names: bool
) -> None:
    """Serve the page until a signal says stop. The main thread. Raises ListenError."""
    listener = open_listener(where.host, where.port, port_flag="--serve", host_flag="--serve")
    board = Board()
    watch = Watch(sources, interval_seconds, board, with_names=with_names)
    server = page_server(listener, board, where.host, each_turn=watch.look)
    on_stop_signals(server.stop)
    print(f"The page is at {_shown(listener)} (Ctrl-C ends it).", flush=True)
    with watch:
        server.serve()
    board.close()
    server.drain()


def _shown(listener: Listener) -> str:
    """Where a browser finds it: on this machine, and on others where they may."""
    address = listener.addresses[0]
    if address.host not in ("0.0.0.0", "::"):
        return f"http://{address}/"
    here = Address("127.0.0.1", address.port)
    return f"http://{here}/, and for others at this machine's address"


# --- what is shown -------------------------------------------------------------------------------


class Board:
    """The newest report. Any thread may read it and wait for the next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._report = b""  # under _changed
        self._number = 0  # of the report, from 1; under _changed
        self._is_closed = False  # only ever set; under _changed

    def show(self, report: bytes) -> None:
        """Replace the report. Whoever has not seen the last one never will: the newest counts."""
        with self._changed:
            self._report = report
            self._number += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all waiting."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def after(self, number: int, seconds: float) -> tuple[int, bytes] | None:
        """The number and the report as soon as it is newer; the same number if none comes in time.

        None: it is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._number > number, seconds)
            return None if self._is_closed else (self._number, self._report)


class Watch:
    """Reads the servers and makes the report. Its methods are the main thread's."""

    def __init__(
        self,
        sources: Sequence[Source],
        interval_seconds: float,
        board: Board,
        *,
        with_names: bool,
    ) -> None:
        self._sources = sources
        self._interval_seconds = interval_seconds
        self._board = board
        self._with_names = with_names
        self._histories = [History() for _ in sources]
        self._pollers: list[Poller] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> None:
        """Begin to read."""
        for each in self._sources:
            poller = Poller(each, self._interval_seconds)
            self._pollers.append(self._stack.enter_context(poller))

    def __exit__(self, *_: object) -> None:
        """End all reading."""
        self._stack.close()

    def look(self) -> None:
        """Show the report if a reading has come since the last time. Never waits."""
        is_new = False
        for poller, history in zip(self._pollers, self._histories, strict=True):
            for answer in poller.take():
                remember(history, answer)
                is_new = True
        if is_new:
            seen = [
                Seen(source.address, history.figures)
                for source, history in zip(self._sources, self._histories, strict=True)
            ]
            now, interval = Moment.now(), self._interval_seconds
            told = report(seen, now, interval, with_names=self._with_names)
            self._board.show(json.dumps(told).encode())


# --- HTTP ----------------------------------------------------------------------------------------


def page_server(
    listener: Listener, board: Board, host: str, *, each_turn: Callable[[], None]
) -> ThreadedServer:
    """Answers browsers. `host` is the one that it was asked to listen on."""
    name = host.lower()

    class Handler(_Handler):
        """That of this server: http.server makes one for each request."""

        shown, own_name = board, name

    def serve(connection: socket.socket, address: str) -> None:
        Handler(connection, address, None)  # type: ignore[arg-type]  # it works when it is made
        say_goodbye(connection)

    return ThreadedServer(
        listener, serve, bound=Bound(MAX_VIEWERS), full=FULL_ANSWER, each_turn=each_turn
    )


def may_ask(host: str, own_name: str) -> bool:
    """Whether a request that names this host is meant for it: by an address, or by its own name.

    A page of another site can point its own name here, and then this browser sends that name.
    It cannot make a browser send an address.

    >>> may_ask("127.0.0.1:8000", ""), may_ask("localhost:8000", ""), may_ask("evil.example", "")
    (True, True, False)
    """
    name = re.sub(r":\d+$", "", host.strip()).lower()
    if name in ("localhost", own_name) and name:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _policy() -> str:
    """Content-Security-Policy: the page's own script and style, by their hashes, and its events."""
    hashes = {
        tag: base64.b64encode(hashlib.sha256(found[1]).digest()).decode()
        for tag in ("script", "style")
        if (found := re.search(rf"<{tag}>(.*?)</{tag}>".encode(), PAGE, re.DOTALL))
    }
    return (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; "
        f"style-src 'sha256-{hashes['style']}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


_HEADERS = {
    "Content-Security-Policy": _policy(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Handler(BaseHTTPRequestHandler):
    """One request, which is short and comes in time. Events go on until either end is gone."""

    server_version, sys_version = "monitor", ""  # in the answer's head, without Python's version
    shown: Board
    own_name: str

    def setup(self) -> None:
        """Read the request's head; the base class parses it. Raises OSError."""
        super().setup()
        self.rfile = io.BufferedReader(io.BytesIO(read_head(self.connection)))

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing: the terminal is not the place for a line of each viewer."""

    def do_GET(self) -> None:
        """The page at `/`, its events at `/events`; all else is not here."""
        if not may_ask(self.headers.get("Host", ""), self.own_name):
            self._answer(
                HTTPStatus.MISDIRECTED_REQUEST, b"Ask for this page by an address, or localhost.\n"
            )
        elif self.path == "/":
            self._answer(HTTPStatus.OK, PAGE, "text/html; charset=utf-8")
        elif self.path != "/events":
            self._answer(HTTPStatus.NOT_FOUND, b"There is one page here: /\n")
        elif self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            self._answer(HTTPStatus.FORBIDDEN, b"These events are for this page alone.\n")
        else:
            self._stream()

    do_HEAD = do_GET

    def _refuse(self) -> None:
        """A method that changes something, and there is nothing to change (RFC 9110, 15.5.6)."""
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, b"")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def _answer(
        self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8"
    ) -> None:
        self._head(status, kind)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)

    def _stream(self) -> None:
        """Each report as it comes, until the viewer is gone or the board closed.

        A viewer that takes nothing for STATUS_SECONDS is gone as well (see read_head).
        """
        self._head(HTTPStatus.OK, "text/event-stream")
        self.end_headers()
        if self.command == "HEAD":
            return
        number = 0
        while newest := self.shown.after(number, _HEARTBEAT_SECONDS):
            before, (number, told) = number, newest
            self.wfile.write(b"data: " + told + b"\n\n" if number > before else b": here\n\n")
