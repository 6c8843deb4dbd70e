"""Servers and people for the checks of phase 4."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.phase4.chat import Chat


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
