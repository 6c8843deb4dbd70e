"""Runs the checks of a phase on one server, and tells each outcome as it comes.

`checks` starts it, in a process of its own. To standard output it writes its events, a line of JSON
each; to standard error goes what pytest complains of. pytest's own report is left out.

To grade a class (GRADE), every outcome is wanted, but nobody wants to wait for fifty that get no
answer. So a phase is given up when it is hopeless: the rest is not run, and counts as that. To
watch (WATCH), the first failure is wanted, with all that is known of it. What failed for want of
time is told as late: it is asked again when the machine has more of it (`again`).
"""

import _thread
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Collection, Generator
from typing import IO, Any

import pytest

from tests.grading.people import (
    LATE,
    SILENCE,
    SLOW,
    UNACCEPTED,
    UNFINISHED,
    UNREAD,
    UNREADY,
    Verdict,
)
from tests.grading.plugin import IS_WATCHED
from tests.grading.subject import Graded
from tests.grading.teaching import lesson_of, starting
from tests.kit.harness import ROOT
from tests.progress.checks import GRADE, WATCH
from tests.progress.servers import telling_line

ROW_PATIENCES = 5  # for which checks in a row may wait in vain: then the rest is not run
ALL_PATIENCES = 12  # and all checks together, with some between that pass
MOST_PATIENCES = 2  # that one counts for: a check that takes long by its nature is one of many
FIRST_CHECKS = 8  # of which one should pass: or else each costs the start of another server
OF_TIME = {SILENCE, LATE, UNFINISHED, UNACCEPTED, UNREAD, SLOW, UNREADY}
"""Failures that a longer wait might have spared.

No wait spares a server that ended, or sent something else: however long that took, it is certain.
"""

SHORT = 0.25  # of the patience, for the other cases of a check that has got no answer


class Endurance:
    """How long a phase is borne in which nothing passes, or answers do not come.

    The cases of one check count once: a server that has one gap is asked all the rest. Of what
    fails later than among the first, only what waits in vain counts.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._has_passed = False
        self._failed: set[str] = set()  # checks, without their cases
        self._row: dict[str, float] = {}  # seconds waited in vain, by the check
        self._all: dict[str, float] = {}

    def patience_for(self, check: str) -> float:
        """How long this one waits for an answer."""
        return self._patience * (SHORT if _name(check) in self._all else 1)

    def add(self, check: str, seconds: float, *, has_passed: bool) -> None:
        """A check was made, and took so long."""
        if has_passed:
            self._has_passed = True
            self._row.clear()
            return
        self._failed.add(_name(check))
        if seconds >= self._patience:
            counted = min(seconds, MOST_PATIENCES * self._patience)
            self._row.setdefault(_name(check), counted)
            self._all.setdefault(_name(check), counted)

    @property
    def is_over(self) -> str:
        """Why the rest is hopeless; "" where it may not be."""
        in_a_row, in_all = sum(self._row.values()), sum(self._all.values())
        if in_a_row >= ROW_PATIENCES * self._patience or in_all >= ALL_PATIENCES * self._patience:
            return "too many got no answer"
        if len(self._failed) >= FIRST_CHECKS and not self._has_passed:
            return f"none of the first {FIRST_CHECKS} passed"
        return ""


def _name(check: str) -> str:
    return check.partition("[")[0]


class Reporter:
    """A plugin of pytest that tells what happens, and gives up."""

    def __init__(
        self, events: IO[str], phase: str, patience: float, purpose: str, only: Collection[str]
    ) -> None:
        """Of `only` no check is made but these; where there are none, all are made."""
        self._events = events
        self._phase = phase
        self._patience = patience
        self._only = frozenset(only)
        self._endurance = Endurance(patience)
        self._purpose = purpose
        self._hints: dict[str, tuple[str, ...]] = {}
        self._setup_seconds = 0.0

    def _tell(self, **event: Any) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more: see _end_with_parent
            print(json.dumps(event), file=self._events, flush=True)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Say who shows the hints."""
        config.stash[IS_WATCHED] = self._purpose == WATCH

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is not asked."""
        if self._only:
            items[:] = [item for item in items if item.nodeid in self._only]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """These checks there are."""
        for item in session.items:
            lesson = lesson_of(item)
            self._hints[item.nodeid] = lesson.hints if lesson else ()
        self._tell(checks=list(self._hints))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """A check is made, with the patience that is left."""
        graded = getattr(item, "funcargs", {}).get("graded")
        if self._purpose == GRADE and isinstance(graded, Graded):
            graded.running.patience = self._endurance.patience_for(item.nodeid)
        yield

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """An outcome, where this is the step that has it: the last one that failed, or the call."""
        if report.when == "setup":
            self._setup_seconds = report.duration
        if report.when == "call" or not report.passed:
            before = self._setup_seconds if report.when == "call" else 0.0
            self._outcome(report, before + report.duration)

    def _outcome(self, report: pytest.TestReport, seconds: float) -> None:
        event: dict[str, Any] = {"check": report.nodeid, "outcome": report.outcome}
        if report.failed:
            hints = list(self._hints.get(report.nodeid, ()))
            event |= {
                "text": str(report.longrepr),
                "hints": hints,
                "is_late": is_late(report, self._patience),
            }
        self._tell(**event)
        self._endurance.add(report.nodeid, seconds, has_passed=report.passed)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Between two checks: give up, where the rest would be waited for in vain."""
        if self._purpose == GRADE and self._endurance.is_over:
            self._tell(given_up=self._endurance.is_over)
            pytest.exit("hopeless")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """It ends early; where no server listens, say why."""
        verdict = excinfo.value.__context__
        if isinstance(verdict, Verdict):
            said = telling_line(verdict.output or ())
            hints = starting(self._phase).hints
            self._tell(
                no_server=str(verdict),
                said=said,
                text=str(excinfo.value),
                hints=hints,
                is_late=verdict.kind in OF_TIME,
            )


def is_late(report: pytest.TestReport, patience: float) -> bool:
    """Whether a check failed for want of time; of one that says nothing, how long it took tells."""
    told = dict(report.user_properties)
    if "kind" not in told:
        return report.duration >= patience
    return told["kind"] in OF_TIME or bool(told["has waited"])


def _end_with_parent(stdin: int) -> None:
    """Wait until the process that started us has ended; then end, and our server with us."""
    os.read(stdin, 1)
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # to this thread, so that it waits no longer for an answer
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def main(
    phase: str,
    command: str,
    purpose: str,
    patience: str,
    start_seconds: str,
    only: str,
    scratch: str,
) -> int:
    """Run the checks of a phase in this process; pytest's exit status. `only` is a list as JSON."""
    # A duplicate, because pytest puts an empty one in its place.
    watchdog = threading.Thread(target=_end_with_parent, args=(os.dup(0),), daemon=True)
    watchdog.start()
    # Of a duplicate, because pytest, and all it runs, may write to standard output itself.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as events:
        os.dup2(2, 1)
        arguments = [
            str(ROOT / "tests" / phase / "test_wire.py"),
            *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-o", "addopts="),
            *("--server", command, "--patience", patience, "--start-seconds", start_seconds),
            *("--basetemp", scratch),
            *("-p", "no:cacheprovider", "-p", "no:terminal"),
            *(["-x"] if purpose == WATCH else ["--all"]),
        ]
        reporter = Reporter(events, phase, float(patience), purpose, json.loads(only))
        return int(pytest.main(arguments, plugins=[reporter]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
