"""Servers and people for the checks of phase 4."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness import wait_until
from tests.phase4.chat import Chat
from tests.phase4.desktop import MODULES, PROGRAMS, Desktop
from tests.phase4.scripted import Client, Connect, ScriptedServer, Speaker


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Chat]]:
    """Start servers with the arguments given; they end with the check."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(
            Chat(tmp_path, *arguments, **options)
        )


@pytest.fixture(scope="module")
def _shared_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Chat]]:
    """One server for the checks of a module, started by the first that needs it."""
    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp("chat")
        yield functools.cache(lambda: stack.enter_context(Chat(directory, "--flood-rate", "0")))


@pytest.fixture
def chat(
    request: pytest.FixtureRequest,
    start: Callable[..., Chat],
    _shared_chat: Callable[[], Chat],
) -> Chat:
    """A server that lets people speak as fast as they like, with nobody there.

    The checks of a module share it, as a start takes longer than most of them; those that stop it,
    count, or fill it are marked `own_server`, and get one each.
    """
    if request.node.get_closest_marker("own_server"):
        return start("--flood-rate", "0")
    server = _shared_chat()
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


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    with contextlib.closing(scripted.listener):
        yield scripted


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Start connections; they are closed with the check, and their threads have ended then."""
    clients: list[Client] = []

    def start(
        port: int, name: str = "Ann", host: str = "127.0.0.1", *, reconnect: bool = False
    ) -> Client:
        client = Client(host, port, name, reconnect=reconnect)
        clients.append(client)
        client.start()
        return client

    yield start
    for client in clients:
        client.close(0.2)
        assert not client._thread.is_alive(), "close() left the thread running"


@pytest.fixture
def talk(server: ScriptedServer, connect: Connect) -> Iterator[tuple[Client, Speaker]]:
    """A client that is in, as Ann and alone, and the server's end of its connection."""
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        client.until_in()
        yield client, speaker
