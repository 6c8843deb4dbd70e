"""What all checks share: what they need of the machine, and what is missing there."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Sequence

import pytest

from tests.grading.plugin import (  # noqa: F401 - pytest finds them by their names
    _shared,
    graded,
    journal,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_sessionfinish,
    subject,
)

Need = Callable[..., None]


@pytest.fixture
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
