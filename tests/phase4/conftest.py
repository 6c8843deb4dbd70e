"""Servers and people for the checks of phase 4."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.phase4.chat import Chat
from tests.phase4.desktop import MODULES, PROGRAMS, Desktop


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Chat]]:
    """Start servers with the arguments given; they end with the check."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(
            Chat(tmp_path, *arguments, **options)
        )


@pytest.fixture
def chat(start: Callable[..., Chat]) -> Chat:
    """A server that lets people speak as fast as they like."""
    return start("--flood-rate", "0")


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
