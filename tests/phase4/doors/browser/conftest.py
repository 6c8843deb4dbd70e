"""What the checks of the page in a browser are asked with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.browser import Browser, Visitor
from tests.kit.chat import Chat
from tests.kit.web import web_port

Open = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, site: object) -> Open:
    """`visit()` is somebody in front of the site's page, which is not loaded yet."""
    host = site.host  # type: ignore[attr-defined]
    return lambda *given, **options: browser.visit(f"http://{host}/", *given, **options)


@pytest.fixture
def start_site(tmp_path: Path) -> Iterator[Callable[..., Chat]]:
    """`start_site(...)` is a server with a page, which ends with the check."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(
            Chat(tmp_path, "--web-port", "0", *arguments, **options)
        )


def address(chat: Chat) -> str:
    """Where its page is."""
    return f"http://{chat.host}:{web_port(chat)}/"
