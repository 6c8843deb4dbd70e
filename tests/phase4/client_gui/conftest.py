"""What the checks of the client's window are asked with: servers, certificates, and the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.kit.chat_fixtures import _shared_chat, authority, chat, start, transport  # noqa: F401 - fixtures
from tests.kit.desktop import Desktop
from tests.kit.scripted_fixtures import server  # noqa: F401 - a fixture

if TYPE_CHECKING:  # not all checks here need tkinter
    import tkinter as tk

    from tests.kit.windows import Apps


@pytest.fixture
def root(desktop: Desktop) -> Iterator[tk.Tk]:
    """An empty window."""
    from tests.kit.windows import new_window

    with new_window(desktop) as window:
        yield window


@pytest.fixture
def start_app(root: tk.Tk) -> Iterator[Apps]:
    """Put up the whole client; its connection ends with the check."""
    from tests.kit.windows import Apps

    apps = Apps(root)
    yield apps
    apps.close()
