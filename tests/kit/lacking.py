"""A file of checks whose library is not here is skipped; with CI it fails. In one sentence.

So a machine on which a library cannot be had runs all the other checks.
"""

import importlib.util
import os
import sys
from collections.abc import Generator

import pytest

from tests.kit.harness import ROOT


class Lacking:
    """A plugin of pytest. (As a part of conftest.py it would not see what fails in another one.)"""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Say what is lacking, in place of where it was noticed."""
        report = yield
        call = report.__dict__.get("call")
        library = _library(call.excinfo.value) if report.failed and call and call.excinfo else ""
        if not library:
            return report
        reason = f"needs the library {library}, which is not on this machine: sh .ci/setup test"
        report.longrepr = reason
        if not (os.environ.get("CI") or collector.config.getoption("--server")):
            report.outcome, report.longrepr = "skipped", (str(collector.path), 1, reason)
        return report


def _library(error: BaseException | None) -> str:
    """The library for want of which a file was not loaded; "" where that is not the reason."""
    while error is not None and not isinstance(error, ImportError):
        error = error.__cause__  # pytest wraps it
    name = (getattr(error, "name", None) or "").partition(".")[0]
    if not name or (ROOT / name).exists() or name in sys.stdlib_module_names:
        return ""
    return name if importlib.util.find_spec(name) is None else ""
