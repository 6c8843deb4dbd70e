"""Servers of phase 4 as fixtures, over plain TCP and over TLS.

The conftest.py of a part names those that its checks use. None of them is above test_wire.py: where
that grades somebody's server, nothing of ours is loaded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kit.chat import Chat, secure
from tests.kit.harness import free_port, wait_until

if TYPE_CHECKING:  # its libraries take as long to load as pytest, and most runs do without
    from tests.kit.certificates import Authority


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
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for servers with a certificate."""
    from tests.kit.certificates import Authority

    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> Authority | None:
    """How `start`, `chat`, `server` and `connect` talk: None is plain TCP; else TLS, and this one
    vouches.

    `pytest_generate_tests = on_both_transports` (scripted.py) asks the checks of a module twice,
    and so does the mark `both_transports` (chat.py).
    """
    if getattr(request, "param", "tcp") == "tcp":
        return None
    vouches: Authority = request.getfixturevalue("authority")
    return vouches
