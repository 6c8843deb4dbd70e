"""The page's door of a real server: what a browser asks, and what it gets; then the same room."""

import contextlib
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import cast

import pytest
from websockets.frames import Close, Opcode

from phase4.doors import web
from phase4.doors.answers import Page
from phase4.doors.places import MAX_REQUESTS_OF_ONE
from phase4.doors.request import OwnNames
from phase4.doors.web import MAX_HEAD_BYTES, WebDoor
from phase4.transport.proxy_protocol import TrustedProxies
from shared.address import Address
from tests.kit.certificates import Authority
from tests.kit.chat import TIME, Chat
from tests.kit.harness import ROOT, SECONDS, Peer
from tests.kit.relayed import receive_all
from tests.kit.web import Handshake, WebSocket, join_by_web, web_port
from tests.phase4.doors.conftest import Site, resume, start_site, upgraded


@contextlib.contextmanager
def asked(site: Site, path: str, method: str = "GET", **headers: str) -> Iterator[HTTPResponse]:
    """The answer to a request; headers with _ for -."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=10)
    with contextlib.closing(connection):
        connection.request(
            method, path, headers={name.replace("_", "-"): each for name, each in headers.items()}
        )
        yield connection.getresponse()


def status_of(site: Site, path: str, method: str = "GET", **headers: str) -> int:
    """What a request is answered."""
    with asked(site, path, method, **headers) as answer:
        return answer.status


# --- the page -------------------------------------------------------------------------------------


def test_the_page_comes_with_rules_that_let_only_it_run(site: Site) -> None:
    with asked(site, "/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Set-Cookie"] is None
        assert answer.headers["Connection"] == "close"
        assert b"<script>" in answer.read()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"connect-src 'self' ws://{site.host} wss://{site.host};" in policy
    assert "worker-src 'self';" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/?x=1", "GET", 200),
        ("/x", "GET", 404),
        ("/favicon.ico", "GET", 204),
        ("/../etc/passwd", "GET", 404),
        ("/page.html", "GET", 404),
        ("/notes.js", "GET", 200),
        ("/menu.js", "GET", 404),
        ("//", "GET", 404),
        ("/", "POST", 405),
        ("/", "PUT", 405),
        ("/chat", "GET", 426),
    ],
)
def test_there_is_the_page_and_nothing_else(
    site: Site, path: str, method: str, status: int
) -> None:
    with Peer("127.0.0.1", site.port) as peer:
        peer.send_bytes(f"{method} {path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
        assert peer.read_line().startswith(f"HTTP/1.1 {status} ")


def test_a_page_arrives_however_slowly_it_is_read() -> None:
    door = WebDoor(OwnNames(), Page(), trusted=TrustedProxies(()))
    near, far = socket.socketpair()  # its buffers hold less than a page
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    with near, far, ThreadPoolExecutor() as pool:
        far.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        opened = pool.submit(door.open, near, Address("192.0.2.7", 1), None)
        wait([opened], timeout=1.5)  # a phone in a tunnel
        assert not opened.done()
        assert b"".join(iter(lambda: far.recv(65536), b"")).endswith(b"</html>\n")


def test_the_code_leads_to_the_page(site: Site) -> None:
    with asked(site, "/qr.svg") as answer:
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.read().startswith(b"<svg ")


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("chat.example", 200), ("evil.example", 421), ("x y", 400)],
)
def test_a_page_is_only_for_whoever_asks_this_machine(site: Site, host: str, status: int) -> None:
    assert status_of(site, "/", Host=host) == status


@pytest.mark.parametrize(
    "sent",
    [
        b"Alice\r\nhello\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\x00" * 100 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"x" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
    ],
)
def test_what_is_no_request_is_answered_and_ended(site: Site, sent: bytes) -> None:
    with Peer("127.0.0.1", site.port) as peer:
        with contextlib.suppress(ConnectionError):
            peer.send_bytes(sent)
        answer = peer.read_bytes_until_end()
        assert answer.startswith(b"HTTP/1.1 4")
    assert site.chat.people_now() == 0


def test_a_head_that_never_ends_is_bounded(site: Site) -> None:
    with Peer("127.0.0.1", site.port) as peer:
        with contextlib.suppress(ConnectionError):
            peer.send_bytes(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (MAX_HEAD_BYTES // 6))
        assert peer.read_bytes_until_end().startswith(b"HTTP/1.1 4")


# --- the chat -------------------------------------------------------------------------------------


def test_everybody_is_in_one_room_whatever_the_door(site: Site) -> None:
    with site.chat.join("Nell") as nell, site.join("Wendy") as wendy:
        nell.hear("* Wendy joined")
        wendy.send("hello from the page")
        nell.hear("Wendy: hello from the page")
        nell.send("hello from nc", "/pm Wendy psst")
        wendy.hear("Nell: hello from nc")
        wendy.hear("Nell -> Wendy: psst")
        nell.hear("Nell -> Wendy: psst")
        wendy.send("/who")
        wendy.hear("* 2 online: Nell, Wendy")
        wendy.send("/quit")
        wendy.expect_end()
        nell.hear("* Wendy left")
    assert site.chat.log("messages.txt") == [
        "Wendy: hello from the page", "Nell: hello from nc",
    ]  # fmt: skip
    assert site.chat.log("private_messages.txt") == ["Nell -> Wendy: psst"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "{own}"])
def test_another_sites_page_cannot_get_in(site: Site, origin: str) -> None:
    """Neither one that came by https, which this server does not speak."""
    origin = origin.format(own=f"https://{site.host}")
    with pytest.raises(Handshake) as refused, upgraded(site, Origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_our_own_page_can(site: Site) -> None:
    with upgraded(site, Origin=f"http://{site.host}") as peer:
        assert peer.read_line() == "* Enter your nickname:"


def test_a_name_that_was_given_our_address_cannot_get_in(site: Site) -> None:
    with (
        pytest.raises(Handshake) as refused,
        upgraded(site, Host="evil.example", Origin="http://evil.example"),
    ):
        pass
    assert refused.value.response.status_code == 421


def test_no_compression_and_no_subprotocol_is_agreed_on(site: Site) -> None:
    with upgraded(
        site,
        Sec_WebSocket_Extensions="permessage-deflate",
        Sec_WebSocket_Protocol="chat",
    ) as peer:
        assert peer.read_line() == "* Enter your nickname:"
        answer = peer.socket.engine.extensions  # type: ignore[attr-defined]
        assert not answer


def test_a_lost_page_is_told_as_any_other(site: Site) -> None:
    with site.chat.join("Nell") as nell:
        wendy = site.join("Wendy")
        nell.hear("* Wendy joined")
        wendy.reset()
        nell.hear("* Wendy left (connection lost)")


def test_a_page_takes_the_place_of_its_own_lost_connection_and_nobody_is_told(site: Site) -> None:
    with site.chat.join("Nell") as nell, resume(site, "a1" * 16, "Wendy") as lost:
        lost.expect(rf"{TIME} \* Welcome, Wendy! 2 online\. .*")
        nell.hear("* Wendy joined")
        with resume(site, "a1" * 16, "wendy") as wendy:
            wendy.expect(rf"{TIME} \* Welcome, Wendy! 2 online\. .*")
            lost.skip_to("! You logged in from elsewhere.")
            lost.expect_end()
            wendy.send("here I am")
            nell.hear("Wendy: here I am")
            nell.send("/pm Wendy good")
            wendy.skip_to(rf"{TIME} Nell -> Wendy: good")
    [entry] = [each for each in site.chat.log("connections.txt") if "came back" in each]
    assert re.fullmatch(r"Wendy came back from \S+, and their connection from \S+ was ended", entry)
    assert "a1a1" not in (site.chat.logs / "connections.txt").read_text()


def test_whoever_comes_back_speaks_no_faster_than_before(tmp_path: Path) -> None:
    with start_site(tmp_path, "--flood-rate", "0.5") as chat:
        site = Site(chat, web_port(chat))
        with chat.join("Nell") as nell, resume(site, "a1" * 16, "Wendy") as lost:
            lost.send(*(f"line {number}" for number in range(10)))
            nell.skip_to(rf"{TIME} Wendy: line 8")
            began = time.monotonic()
            with resume(site, "a1" * 16, "Wendy") as wendy:
                wendy.send("more")
                nell.skip_to(rf"{TIME} Wendy: more")
    assert time.monotonic() - began > 1


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="only Linux tells of the end so early")
def test_a_page_that_has_given_up_meanwhile_does_not_take_the_place_of_the_one_that_is_there(
    site: Site,
) -> None:
    """A server that was frozen reads of both in any order."""
    with resume(site, "a1" * 16, "Wendy") as wendy, upgraded(site) as late:
        wendy.expect(rf"{TIME} \* Welcome, Wendy! .*")
        site.chat.signal(signal.SIGSTOP)
        late.send_bytes(b"resume " + b"a1" * 16)
        late.send("Wendy")
        late.socket.shutdown(socket.SHUT_WR)
        site.chat.signal(signal.SIGCONT)
        assert b"Welcome" not in receive_all(cast(WebSocket, late.socket).inner)
        wendy.send("/ping x")
        assert "Pong x" in wendy.read_line()


@pytest.mark.parametrize("secret", ["b2" * 16, "A1" * 16, "a1" * 15, "a1" * 17])
def test_another_secret_takes_nobodys_place(site: Site, secret: str) -> None:
    with resume(site, "a1" * 16, "Wendy") as wendy:
        wendy.expect(rf"{TIME} \* Welcome, Wendy! .*")
        peer = upgraded(site)
        with peer:
            peer.send_bytes(f"resume {secret}".encode())
            peer.send("Wendy")
            taken = r".*(The name Wendy is taken|A name has 1 to 20).*"
            assert any(re.fullmatch(taken, peer.read_line()) for _ in range(3))
        wendy.send("/ping x")
        wendy.skip_to(rf"{TIME} \* Pong x")


def test_a_secret_counts_in_the_first_message_alone(site: Site) -> None:
    with site.chat.join("Nell") as nell, site.join("Wendy") as wendy:
        nell.hear("* Wendy joined")
        wendy.send("resume " + "c3" * 16)
        nell.hear("Wendy: resume " + "c3" * 16)
        with resume(site, "c3" * 16, "Wendy") as other:
            assert " Welcome, Wendy!" not in other.read_line()


def test_whoever_breaks_the_protocol_leaves_alone(site: Site) -> None:
    with site.chat.join("Nell") as nell, site.join("Wendy") as wendy:
        nell.hear("* Wendy joined")
        web_socket = wendy.socket
        assert isinstance(web_socket, WebSocket)
        web_socket.engine.send_binary(b"\0\1")
        web_socket.flush()
        wendy.expect_end()
        closes = [each for each in web_socket.frames if each.opcode is Opcode.CLOSE]
        assert [Close.parse(each.data).code for each in closes] == [1003]
        nell.hear("* Wendy left")
        nell.send("/ping x")
        nell.hear("* Pong x")


def test_a_line_that_is_too_long_is_refused_and_the_next_one_counts(site: Site) -> None:
    with site.chat.join("Nell") as nell, site.join("Wendy") as wendy:
        nell.hear("* Wendy joined")
        wendy.send("x" * 5_000)
        assert wendy.read_line().startswith("! ")
        wendy.send("short")
        nell.hear("Wendy: short")


def test_a_stop_tells_the_pages_as_well(tmp_path: Path) -> None:
    with start_site(tmp_path) as chat:
        site = Site(chat, web_port(chat))
        with site.join("Wendy") as wendy:
            chat.interrupt()
            wendy.hear("* The server is stopping.")
            wendy.expect_end()
            web_socket = wendy.socket
            assert isinstance(web_socket, WebSocket)
            assert web_socket.frames[-1].opcode is Opcode.CLOSE


def test_requests_that_say_nothing_have_an_end_and_take_the_place_of_none_that_asks(
    site: Site,
) -> None:
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        silent = [
            stack.enter_context(Peer("127.0.0.1", site.port)) for _ in range(MAX_REQUESTS_OF_ONE)
        ]
        assert status_of(site, "/") == 200  # as for a class behind one router
        with site.chat.join("Nell") as nell:  # the other ports are as free as before
            nell.send("/ping x")
            nell.hear("* Pong x")
        for each in silent:
            each.read_bytes_until_end(web.REQUEST_SECONDS + 5)
    assert time.monotonic() - began >= web.REQUEST_SECONDS - 1


# --- over TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secure_site(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Site]:
    """The same with a certificate."""
    from tests.kit.chat import secure

    tls = ("--tls-cert", str(authority.certificate()))
    with Chat(
        tmp_path_factory.mktemp("tls"), *tls, "--web-port", "0", secure=secure(authority.file)
    ) as chat:
        yield Site(chat, web_port(chat))


def test_with_a_certificate_the_page_is_encrypted_too(secure_site: Site) -> None:
    with secure_site.chat.join("Nell") as nell, secure_site.join("Wendy") as wendy:
        nell.hear("* Wendy joined")
        wendy.send("hello")
        nell.hear("Wendy: hello")
        wendy.send("/quit")
        wendy.expect_end()


def test_a_page_that_anybody_could_have_changed_cannot_get_in(secure_site: Site) -> None:
    def come(origin: str) -> Callable[[socket.socket], socket.socket]:
        def upgrade(connection: socket.socket) -> socket.socket:
            assert secure_site.chat.secure
            stream = secure_site.chat.secure(connection)
            return cast(socket.socket, WebSocket(stream, secure_site.host, Origin=origin))

        return upgrade

    own = f"https://{secure_site.host}"
    with Peer("127.0.0.1", secure_site.port, secure=come(own)) as wendy:
        assert wendy.read_line() == "* Enter your nickname:"
    with pytest.raises(Handshake) as refused:
        Peer("127.0.0.1", secure_site.port, secure=come(own.replace("https", "http")))
    assert refused.value.response.status_code == 403


def test_a_link_without_tls_is_led_to_the_page_with_it(secure_site: Site) -> None:
    with asked(secure_site, "/") as answer:
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{secure_site.host}/"
    assert status_of(secure_site, "/", Host="evil.example") == 421


def test_a_browser_that_does_not_trust_us_is_noted_and_nobody_else_minds(
    secure_site: Site,
) -> None:
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", secure_site.port), 10) as connection,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(connection, server_hostname="127.0.0.1")
    secure_site.chat.expect(r".*turned away: .*certificate.*")
    with join_by_web(secure_site.chat, secure_site.port, "Wendy"):
        pass


# --- its start ------------------------------------------------------------------------------------

_WITHOUT = (
    "import sys; sys.modules['websockets'] = None\n"
    "from phase4.server.__main__ import main\n"
    "sys.exit(main(sys.argv[1:]))"
)


def start_without_library(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A server that cannot have the library `websockets`; it ends, as its port is no port."""
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT, *("--log-dir", str(directory)), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_without_its_library_the_page_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ports = ("--port", "0", "--status-port", "0", "--web-port", "0")
    ended = start_without_library(tmp_path, *ports)
    assert ended.returncode == 2
    assert ended.stderr.startswith("phase4.server: --web-port needs the library websockets")
    assert ended.stderr.count("\n") == 1
