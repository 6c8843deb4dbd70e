"""What all checks share: what they need of the machine, and what is missing there."""

import functools
import importlib.util
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.grading.plugin import (  # noqa: F401 - pytest finds them by their names
    _shared,
    graded,
    journal,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_ignore_collect,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_unconfigure,
    subject,
)
from tests.grading.server_checks import silent_people  # noqa: F401 - the same
from tests.kit import browser as browser_kit
from tests.kit.browser import Browser
from tests.kit.desktop import MODULES, PROGRAMS, Desktop
from tests.kit.harness import look_in_sbin
from tests.kit.lacking import Lacking

Need = Callable[..., None]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the checks independent of how, and on how busy a machine, they are started."""
    # A script's background job ignores Ctrl-C, and so would all that is started from here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    look_in_sbin()
    session.config.pluginmanager.register(Lacking())
    has_hypothesis = session.config.pluginmanager.hasplugin("hypothesispytest")
    if has_hypothesis and not session.config.getoption("--server"):  # there nobody uses it
        _stop_the_clock_of_hypothesis()


def _stop_the_clock_of_hypothesis() -> None:
    """By default an example that takes over 0.2 s fails, which says something of the machine."""
    from hypothesis import HealthCheck, settings  # not above: it takes a second, and not all use it

    slow = (HealthCheck.too_slow,)
    settings.register_profile("no clock", deadline=None, suppress_health_check=slow)
    settings.load_profile("no clock")


@pytest.fixture(scope="session")
def need() -> Need:
    """`need("tmux")`, `need("Xvfb", "xdotool", modules=["tkinter"])`: skip where one is missing.

    A check that is skipped proves nothing, and a machine that skips quietly would look as if it
    had passed. So where the environment variable CI is set, what is missing fails the check.
    """

    def require(*programs: str, modules: Sequence[str] = ()) -> None:
        missing = [each for each in programs if shutil.which(each) is None]
        missing += [each for each in modules if importlib.util.find_spec(each) is None]
        if not missing:
            return
        reason = f"not on this machine: {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return require


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


@pytest.fixture(scope="module")
def _any_browser() -> Iterator[Callable[[], Browser]]:
    """One Chromium for all checks of a file, started by the first that needs it.

    While it is there, nobody else in this thread can have an event loop.
    """
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(Browser()))


@pytest.fixture
def lossy_browser(need: Need, _any_browser: Callable[[], Browser]) -> Iterator[Browser]:
    """A browser without any page. It may complain, as it does of each connection that is lost."""
    need(*browser_kit.PROGRAMS, modules=browser_kit.MODULES)
    browser = _any_browser()
    yield browser
    browser.forget()


@pytest.fixture
def browser(lossy_browser: Browser) -> Iterator[Browser]:
    """A browser without any page; in the end nothing may have gone wrong in those of the check."""
    yield lossy_browser
    assert not lossy_browser.forget()
