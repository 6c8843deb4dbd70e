"""The page behind a proxy, in which TLS may end: whose it is, and by which scheme it came."""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.conftest import Need
from tests.kit.certificates import Authority
from tests.kit.chat import TIME, secure
from tests.kit.haproxy import HAProxy
from tests.kit.harness import Peer, wait_until
from tests.kit.web import Handshake, WebSocket, web_port
from tests.phase4.doors.conftest import Site, start_site, upgraded

RULES = (
    "option forwardfor",
    "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]",
)
"""As on the page of the doors."""


@pytest.fixture(scope="module")
def _behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    trusting = ("--trusted-proxy", "127.0.0.1", "--show-addresses", "--flood-rate", "0")
    with start_site(tmp_path_factory.mktemp("behind"), *trusting) as chat:
        yield Site(chat, web_port(chat))


@pytest.fixture
def behind(_behind: Site) -> Site:
    """A server with a page that believes proxies on this machine, with nobody there."""
    wait_until(lambda: not _behind.chat.people_now(), "those of the last check have left")
    _behind.chat.forget_logs()
    return _behind


def answer_to(site: Site, **headers: str) -> int:
    """The status of what whoever wants to chat is answered."""
    try:
        with upgraded(site, **headers):
            return 101
    except Handshake as refused:
        return refused.response.status_code


def test_the_operator_sees_whom_a_proxy_speaks_for(behind: Site) -> None:
    with upgraded(behind, X_Forwarded_For="1.1.1.1, 192.0.2.7") as peer:
        peer.send("Wendy")
        peer.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
        peer.send("/who")
        peer.skip_to(rf"{TIME} \* 1 online: Wendy \(192\.0\.2\.7\)")

    def by_tcp(connection: socket.socket) -> socket.socket:
        connection.sendall(b"PROXY TCP4 192.0.2.8 192.0.2.1 1000 2000\r\n")
        return WebSocket(connection, behind.host)  # type: ignore[return-value]

    with Peer("127.0.0.1", behind.port, secure=by_tcp) as peer:
        peer.send("Will")
        peer.skip_to(rf"{TIME} \* Welcome, Will! .*")
        peer.send("/who")
        peer.skip_to(rf"{TIME} \* \d online: .*Will \(192\.0\.2\.8\)")


def test_nobody_else_is_believed(site: Site) -> None:
    with upgraded(site, X_Forwarded_For="192.0.2.7") as peer:
        peer.send("Wendy")
        peer.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
        entries = (site.chat.logs / "connections.txt").read_text()
        assert re.search(r"Wendy joined from 127\.0\.0\.1:\d+\n", entries)
        assert "192.0.2.7" not in entries


def test_a_page_that_came_by_http_is_another_than_one_that_came_by_https(behind: Site) -> None:
    own = {scheme: f"{scheme}://{behind.host}" for scheme in ("http", "https")}
    for spoken, other in (("http", "https"), ("https", "http")):
        assert answer_to(behind, X_Forwarded_Proto=spoken, Origin=own[spoken]) == 101
        assert answer_to(behind, X_Forwarded_Proto=spoken, Origin=own[other]) == 403


def test_where_the_proxy_does_not_say_how_people_come_to_it_either_will_do(behind: Site) -> None:
    assert answer_to(behind, Origin=f"https://{behind.host}") == 101
    assert answer_to(behind, Origin=f"http://{behind.host}") == 101
    assert answer_to(behind, Origin="https://evil.example") == 403

    def behind_tcp(connection: socket.socket) -> socket.socket:
        # What the client of such a proxy says of itself is passed on, and is not believed.
        connection.sendall(b"PROXY TCP4 192.0.2.8 192.0.2.1 1000 443\r\n")
        headers = {"Origin": f"https://{behind.host}", "X-Forwarded-Proto": "http"}
        return cast(socket.socket, WebSocket(connection, behind.host, **headers))

    with Peer("127.0.0.1", behind.port, secure=behind_tcp) as peer:
        assert peer.read_line() == "* Enter your nickname:"


def test_nobody_else_is_believed_about_how_a_page_came(site: Site) -> None:
    origin = f"https://{site.host}"
    assert answer_to(site, X_Forwarded_Proto="https", Origin=origin) == 403


def test_no_password_is_taken_from_a_page_that_came_to_the_proxy_by_http(behind: Site) -> None:
    said = {"X_Forwarded_For": "192.0.2.7"}
    for number, (scheme, told) in enumerate(
        (
            ("http", r"! Passwords are taken over TLS alone\. .*"),
            ("https", rf"{TIME} \* .* is yours.*"),
            ("https, http", rf"{TIME} \* .* is yours.*"),
        )
    ):
        with upgraded(behind, X_Forwarded_Proto=scheme, **said) as wendy:
            wendy.send(f"Wendy{number}")
            wendy.skip_to(rf"{TIME} \* Welcome, Wendy.*")
            wendy.send("/register secret99")
            wendy.skip_to(told)


# --- the real HAProxy -----------------------------------------------------------------------------


@pytest.fixture
def proxy(need: Need, tmp_path: Path, behind: Site) -> Iterator[Callable[[str], HAProxy]]:
    """Start HAProxy as on the page, with what stands behind `bind`; it ends with the check."""
    need("haproxy")
    running: list[HAProxy] = []

    def start(bind: str) -> HAProxy:
        there = HAProxy(
            tmp_path, "127.0.0.1", behind.port, server="", bind=bind, mode="http", rules=RULES
        )
        running.append(there.__enter__())
        return there

    yield start
    for each in running:
        each.__exit__()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_our_page_behind_haproxy_may_connect_and_that_of_the_other_scheme_may_not(
    scheme: str, proxy: Callable[[str], HAProxy], behind: Site, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    is_tls = scheme == "https"
    there = proxy(f" ssl crt {authority.certificate()}" if is_tls else "")
    host = f"127.0.0.1:{there.port}"

    def come(origin: str) -> Callable[[socket.socket], socket.socket]:
        def upgrade(connection: socket.socket) -> socket.socket:
            stream = secure(authority.file)(connection) if is_tls else connection
            return cast(socket.socket, WebSocket(stream, host, Origin=origin))

        return upgrade

    with Peer("127.0.0.1", there.port, secure=come(f"{scheme}://{host}")) as wendy:
        wendy.send("Wendy")
        wendy.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
    other = "http" if is_tls else "https"
    with pytest.raises(Handshake) as refused:
        Peer("127.0.0.1", there.port, secure=come(f"{other}://{host}"))
    assert refused.value.response.status_code == 403
