"""What the checks of the server's window are asked with: certificates, and the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.kit.chat_fixtures import authority  # noqa: F401 - fixtures
from tests.kit.desktop import Desktop
from tests.kit.hub_fixtures import a_redis, an_engine, engine_kind, servers  # noqa: F401 - fixtures

if TYPE_CHECKING:  # not all checks here need tkinter
    import tkinter as tk

    from phase4.server_gui.app import App


@pytest.fixture
def root(desktop: Desktop) -> Iterator[tk.Tk]:
    """An empty window."""
    from tests.kit.windows import new_window

    with new_window(desktop) as window:
        yield window


@pytest.fixture
def put_up(root: tk.Tk) -> Iterator[Callable[[App], App]]:
    """Have a window for the check; its server, if one runs at the end, is ended with it."""
    from tests.kit.windows import see

    opened: list[App] = []

    def put(app: App) -> App:
        opened.append(app)
        return app

    yield put
    for app in opened:
        app.close_at_once()
        see(root, lambda app=app: vars(app)["_is_destroyed"], "the end of the window")  # type: ignore[misc]
