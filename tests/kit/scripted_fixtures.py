"""Fixtures: a server that a check plays line by line (scripted.py), and clients that talk to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from phase4.transport.trusting import Trust
from tests.kit.scripted import Client, Connect, ScriptedServer, Speaker

if TYPE_CHECKING:  # as in chat_fixtures.py, which has the fixture `transport`
    from tests.kit.certificates import Authority


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
        password: str = "",
    ) -> Client:
        client = Client(host, port, name, password=password, reconnect=reconnect, trust=trust)
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
