"""Many at all doors at once: one bound for all ports, and a flood on one keeps nobody out."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phase4.doors import web
from phase4.doors.answers import Page
from phase4.doors.places import MAX_REQUESTS_OF_ONE
from phase4.doors.request import OwnNames
from phase4.doors.web import WebDoor
from phase4.server import chat_server
from phase4.server.chat_server import ChatServer
from phase4.server.options import Settings
from phase4.transport.proxy_protocol import TrustedProxies, proxy_network
from shared.address import Address
from shared.console import Console
from tests.kit.certificates import Authority
from tests.kit.chat import PROMPT, TIME, Person, Secure, secure
from tests.kit.harness import SECONDS, Peer, wait_until
from tests.kit.web import web_port
from tests.phase4.doors.conftest import Site, start_site

pytestmark = pytest.mark.own_server

BOTH = 257  # with --max-clients 1: one person, and 256 newcomers
CROWDED = BOTH - 128


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Site]:
    """A server for one person, with a page. It has no time of its own to end newcomers in."""
    with start_site(tmp_path, "--max-clients", "1", "--name-seconds", "600") as chat:
        yield Site(chat, web_port(chat))


def come(stack: ExitStack, port: int, source: str) -> socket.socket:
    """A connection from this address of our own machine."""
    connection = socket.create_connection(("127.0.0.1", port), SECONDS, (source, 0))
    return stack.enter_context(connection)


def is_over(connection: socket.socket) -> bool:
    """Whether it was ended, and what came before was read."""
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            try:
                if not connection.recv(4096):
                    return True
            except ConnectionError:
                return True
    return False


def ask_for_page(site: Site) -> bytes:
    """The answer to whoever opens the page."""
    with Peer("127.0.0.1", site.port) as peer:
        peer.send_bytes(f"GET / HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
        return peer.read_bytes_until_end()


needs_addresses = pytest.mark.skipif(
    not hasattr(socket, "AF_PACKET"), reason="elsewhere 127.0.1.1 is no address of this machine"
)


@needs_addresses
def test_silent_requests_make_way_for_whoever_comes_by_another_port(small: Site) -> None:
    with ExitStack() as stack:
        requests = [
            come(stack, small.port, f"127.0.1.{number // 20 + 1}") for number in range(CROWDED)
        ]
        alone = come(stack, small.chat.port, "127.0.2.1")

        def has_made_way() -> bool:
            # As connections come one after the other on each port, the newest may not count yet.
            stack.enter_context(small.chat.connect()).expect(PROMPT)
            return is_over(requests[0])

        wait_until(has_made_way, "the oldest of an address with most requests has ended")
        assert not is_over(alone)


@needs_addresses
def test_silent_people_make_way_for_whoever_opens_the_page(small: Site) -> None:
    with ExitStack() as stack:
        first, *_ = [come(stack, small.chat.port, "127.0.1.1") for _ in range(CROWDED)]
        alone = come(stack, small.port, "127.0.2.1")

        def has_made_way() -> bool:
            assert ask_for_page(small).startswith(b"HTTP/1.1 200 ")
            return is_over(first)

        wait_until(has_made_way, "the oldest of the address with most connections has ended")
        assert not is_over(alone)


@needs_addresses
def test_a_flood_of_silent_requests_keeps_nobody_out_and_none_of_silent_people(small: Site) -> None:
    with ExitStack() as stack:
        for number in range(2 * BOTH):
            come(stack, small.port, f"127.0.1.{number // 20 + 1}")
        with small.chat.join("Nell") as nell:
            nell.fence()
        for _ in range(2 * BOTH):
            come(stack, small.chat.port, "127.0.2.1")
        with small.join("Wendy") as wendy:
            wendy.send("/ping x")
            wendy.hear("* Pong x")


def test_pages_that_are_read_slowly_make_way_where_they_are_many() -> None:
    """As through a trusted proxy, which has no bound of its own."""
    proxy = Address("192.0.2.7", 1)
    door = WebDoor(OwnNames(), Page(), trusted=TrustedProxies([proxy_network("192.0.2.7")]))
    near, far = socket.socketpair()  # its buffers hold less than a page
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    ended = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            door.open(near, proxy, None)
        ended.set()

    with near, far:
        far.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n")
        serving = threading.Thread(target=serve)
        serving.start()
        wait_until(lambda: any(each.is_served for each in door.newcomers()), "it is answered")
        [slow] = door.newcomers()
        assert slow.network == "198.51.100.9"  # for whom the proxy speaks, so that it is their turn
        assert slow.end()
        assert ended.wait(web.ANSWER_SECONDS / 2)
        serving.join()


# --- nothing is left ------------------------------------------------------------------------------


@contextmanager
def full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Secure | None = None, **options: Path
) -> Iterator[int]:
    """The port of the page, where the only place of a server is taken by somebody."""
    monkeypatch.setattr(chat_server, "_NAMELESS", 0)
    console = Console()
    settings = Settings(
        port=0,
        status_port=0,
        web_port=0,
        log_dir=tmp_path,
        max_clients=1,
        **options,  # type: ignore[arg-type]
    )
    server = ChatServer(settings, console)
    server.start()
    try:
        host, port = server.address.split(":")
        with Person(host, int(port), secure=tls) as alice:
            alice.expect(PROMPT)
            alice.send("Alice")
            alice.expect(rf"{TIME} \* Welcome, Alice! .*")
            yield urlsplit(server.web_urls[0]).port or 0
            alice.fence()  # she has noticed nothing
    finally:
        server.stop()
        console.close()


def test_a_full_server_tells_a_browser_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with full(tmp_path, monkeypatch) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        with closing(connection):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "10"
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert answer.read() == b"The server is full; try again later.\r\n"


def test_a_full_server_with_tls_hangs_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    """What it could say without a handshake, nobody could read."""
    with full(
        tmp_path, monkeypatch, secure(authority.file), tls_cert=authority.certificate()
    ) as port:
        for hello in (b"\x16\x03\x01", b"GET / HTTP/1.1\r\n"):
            with Peer("127.0.0.1", port) as peer:
                peer.send_bytes(hello)
                assert peer.read_bytes_until_end() == b""


def test_an_address_with_many_answers_under_way_is_told_so(site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_REQUESTS_OF_ONE):
            # Each was read up to its end, and so is one that has asked; and it does not go.
            peer = stack.enter_context(Peer("127.0.0.1", site.port))
            peer.send_bytes(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            peer.read_line()
        answer = ask_for_page(site)
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nRetry-After: 10\r\n" in answer
