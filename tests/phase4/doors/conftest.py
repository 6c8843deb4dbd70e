"""What the checks of the doors are asked with: servers with a page."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.chat import Chat, Person
from tests.kit.chat_fixtures import authority, start, transport  # noqa: F401 - fixtures
from tests.kit.harness import Peer, wait_until
from tests.kit.web import WebSocket, join_by_web, web_port


@dataclass(frozen=True)
class Site:
    """A server, and the port of its page."""

    chat: Chat
    port: int

    @property
    def host(self) -> str:
        """What a browser's address bar names."""
        return f"{self.chat.host}:{self.port}"

    def join(self, name: str) -> Person:
        """Somebody who has joined by the page's door."""
        return join_by_web(self.chat, self.port, name)


def upgraded(site: Site, **headers: str) -> Peer:
    """A connection that is a chat, as these headers wish."""

    def upgrade(connection: socket.socket) -> socket.socket:
        return WebSocket(connection, headers.pop("Host", site.host), **headers)  # type: ignore[return-value]

    return Peer("127.0.0.1", site.port, secure=upgrade)


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    arguments = ("--flood-rate", "0", "--web-port", "0", "--web-name", "chat.example")
    with Chat(tmp_path_factory.mktemp("site"), *arguments) as chat:
        yield Site(chat, web_port(chat))


@pytest.fixture
def site(_site: Site) -> Site:
    """A server with a page, with nobody there. The checks of a module share it."""
    wait_until(lambda: not _site.chat.people_now(), "those of the last check have left")
    _site.chat.forget_logs()
    return _site


def start_site(directory: Path, *arguments: str) -> Chat:
    """A server with a page, of one's own."""
    return Chat(directory, "--web-port", "0", *arguments)


def resume(site: Site, secret: str, name: str, seen: int | None = None) -> Peer:
    """A page that shows a secret first, says how much it has seen, and then gives a name."""
    peer = upgraded(site)
    peer.send_bytes(f"resume {secret}{'' if seen is None else f' {seen}'}".encode())
    peer.send(name)
    assert peer.read_line() == "* Enter your nickname:"
    return peer
