"""What the checks in a browser are asked with. They take a Chromium and the library playwright."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.kit.browser import MODULES, PROGRAMS, Browser, Visitor
from tests.kit.chat import Chat
from tests.kit.web import web_port

Open = Callable[..., Visitor]


@pytest.fixture(scope="session")
def _browsers() -> Iterator[Callable[[], Browser]]:
    """One for all checks, started by the first that needs it."""
    with ExitStack() as stack:
        started: list[Browser] = []

        def browser() -> Browser:
            if not started:
                started.append(stack.enter_context(Browser()))
            return started[0]

        yield browser


@pytest.fixture
def browser(need: Need, _browsers: Callable[[], Browser]) -> Iterator[Browser]:
    """A browser without any page; in the end nothing may have gone wrong in those of the check."""
    need(*PROGRAMS, modules=MODULES)
    browser = _browsers()
    browser.forget()
    yield browser
    assert not browser.forget()


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
