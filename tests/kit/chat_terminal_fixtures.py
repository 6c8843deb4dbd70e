"""Fixtures: terminals with the client, in which Ann sits. Import them into a conftest."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.kit.chat import Chat
from tests.kit.chat_terminal import PATIENT, ChatTerminal
from tests.kit.scripted import ScriptedServer

Open = Callable[..., ChatTerminal]


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Open terminals; they are closed with the check."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(ChatTerminal(*arguments, **options))


@pytest.fixture
def ann(chat: Chat, open_terminal: Open) -> ChatTerminal:
    """Ann, in a terminal, in the conversation."""
    client = open_terminal("--port", str(chat.port), "--name", "Ann")
    client.shows(r"\* Welcome, Ann!")
    client.shows(r"^Ann>")
    return client


@pytest.fixture
def hostile() -> Iterator[ScriptedServer]:
    """A server that the check plays."""
    scripted = ScriptedServer()
    with contextlib.closing(scripted.listener):
        yield scripted


@pytest.fixture
def away(hostile: ScriptedServer, open_terminal: Open) -> ChatTerminal:
    """Ann, whose server has gone. By itself the client would try again in an hour."""
    client = open_terminal("--port", str(hostile.port), "--name", "Ann", script=PATIENT)
    with hostile.accept() as server:
        server.let_in()
        client.shows("^Ann>")
        client.press("half a sen")
        client.shows("^Ann> half a sen$")
    client.shows(r"^! The server closed the connection\.$")
    client.shows(r"^ Ann \| reconnecting in [\d,]+ s \(Enter: now, /quit: stop\)")
    client.press("\x15")
    client.shows("^Ann>$")
    return client
