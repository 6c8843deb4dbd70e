"""Servers and people for the checks of phase 4."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phase4.transport.trust import Trust
from tests.harness import free_port, wait_until
from tests.phase4.chat import Chat, secure
from tests.phase4.desktop import MODULES, PROGRAMS, Desktop
from tests.phase4.scripted import Client, Connect, ScriptedServer, Speaker

if TYPE_CHECKING:  # its libraries take as long to load as pytest, and most runs do without
    from tests.phase4.certificates import Authority


def _start(directory: Path, transport: Authority | None, *arguments: str, port: int = 0) -> Chat:
    port = port or free_port()  # so that it can be started again on the same
    if transport is None:
        return Chat(directory, *arguments, port=port)
    tls = ("--tls-cert", str(transport.certificate()))
    return Chat(directory, *tls, *arguments, port=port, secure=secure(transport.file))


@pytest.fixture
def start(tmp_path: Path, transport: Authority | None) -> Iterator[Callable[..., Chat]]:
    """Start servers with the arguments given; they end with the check."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(
            _start(tmp_path, transport, *arguments, **options)
        )


SharedChat = Callable[["Authority | None"], Chat]


@pytest.fixture(scope="module")
def _shared_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedChat]:
    """One server for the checks of a module, for each transport, started by the first of them."""
    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp

        def start(transport: Authority | None) -> Chat:
            return stack.enter_context(_start(directory("chat"), transport, "--flood-rate", "0"))

        yield functools.cache(start)


@pytest.fixture
def chat(
    request: pytest.FixtureRequest,
    start: Callable[..., Chat],
    transport: Authority | None,
    _shared_chat: SharedChat,
) -> Chat:
    """A server that lets people speak as fast as they like, with nobody there.

    The checks of a module share it, as a start takes longer than most of them; those that stop it,
    count, or fill it are marked `own_server`, and get one each.
    """
    if request.node.get_closest_marker("own_server"):
        return start("--flood-rate", "0")
    server = _shared_chat(transport)
    wait_until(lambda: not server.people_now(), "those of the last check have left")
    server.forget_logs()
    return server


@pytest.fixture(scope="session")
def _any_desktop() -> Iterator[Callable[[], Desktop]]:
    """One screen for all checks, started by the first that needs it."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(Desktop()))


@pytest.fixture
def desktop(need: Callable[..., None], _any_desktop: Callable[[], Desktop]) -> Desktop:
    """A screen that windows can be put on."""
    need(*PROGRAMS, modules=MODULES)
    return _any_desktop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for servers with a certificate."""
    from tests.phase4.certificates import Authority

    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> Authority | None:
    """How `server`, `connect`, `start` and `chat` talk: None is plain TCP; else TLS, and this one
    vouches.

    `pytest_generate_tests = on_both_transports` (scripted.py) asks the checks of a module twice,
    and so does the mark `both_transports` (chat.py).
    """
    if getattr(request, "param", "tcp") == "tcp":
        return None
    vouches: Authority = request.getfixturevalue("authority")
    return vouches


@pytest.fixture
def server(transport: Authority | None) -> Iterator[ScriptedServer]:
    scripted = ScriptedServer(transport.context() if transport else None)
    with contextlib.closing(scripted.listener):
        yield scripted


@pytest.fixture
def connect(transport: Authority | None) -> Iterator[Connect]:
    """Start clients; they are closed with the check, and their threads have ended then."""
    clients: list[Client] = []
    usual = Trust(transport.file) if transport else None

    def start(
        port: int,
        name: str = "Ann",
        host: str = "127.0.0.1",
        *,
        reconnect: bool = False,
        trust: Trust | None = usual,
    ) -> Client:
        client = Client(host, port, name, reconnect=reconnect, trust=trust)
        clients.append(client)
        client.start()
        return client

    yield start
    for client in clients:
        client.close(0.2)
        client.expect_end()


@pytest.fixture
def talk(server: ScriptedServer, connect: Connect) -> Iterator[tuple[Client, Speaker]]:
    """A client that is in, as Ann and alone, and the server's end of its connection."""
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        yield client, speaker
