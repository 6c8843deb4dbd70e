"""Hangs the grading of servers into pytest: its options, its fixtures, and what a failure prints.

A check that is marked with `teaches(...)` grades everybody's server. Its module says in OURS which
server is graded without --server. With --server, all other checks are left out, and what is in
other files than test_wire.py is not even loaded.
"""

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.grading.commands import fault_of
from tests.grading.journal import Journal
from tests.grading.people import DAEMON, GONE, SLOW, Verdict
from tests.grading.processes import end_all_marked
from tests.grading.running import LEFT, START_SECONDS, Running
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import explanation, explanation_of_start, lesson_of, starting
from tests.grading.titles import title_of
from tests.kit.harness import ROOT
from tests.start import quoted, quoted_whole

WIRE = "test_wire.py"
MOST_HINTS = 3
ITEM_SECONDS = 60.0  # as in pyproject.toml
PATIENCE_SECONDS = 5.0  # for what takes milliseconds: a slow machine is no mistake

IS_WATCHED = pytest.StashKey[bool]()
"""Whether the checks run again by themselves, and hints come by a key (tests/progress/)."""

_graded = pytest.StashKey[Graded]()
_journal = pytest.StashKey[Journal]()
_failed = pytest.StashKey[bool]()
_grades = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The options, in `pytest --help`."""
    if not pluginmanager.hasplugin("timeout"):  # to grade a server, pytest alone is enough
        parser.addini("timeout", "seconds for a check; it counts where pytest-timeout is installed")
    group = parser.getgroup("grading", "grade a server of yours")
    group.addoption(
        "--server",
        metavar="COMMAND",
        help="how to start it, with {port} where the port belongs: 'node my_server.js {port}'",
    )
    group.addoption("--hints", type=int, default=0, help="1, 2 or 3: what helps, more and more")
    group.addoption(
        "--patience",
        type=float,
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help="how long a check waits for an answer (default %(default)s)",
    )
    group.addoption(
        "--start-seconds",
        type=float,
        default=START_SECONDS,
        metavar="SECONDS",
        help="how long a server may take to start (default %(default)s; go run may need 60)",
    )
    group.addoption(
        "--all", action="store_true", help="go on after a check that failed; else the first ends it"
    )
    group.addoption("--fresh", action="store_true", help="start a server for each check")
    group.addoption("--grades", metavar="FILE", help="write what passed and failed, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Look at the options early. Raises UsageError."""
    if not config.pluginmanager.hasplugin("timeout"):
        config.addinivalue_line("markers", "timeout(seconds): what pytest-timeout would read")
    command = config.getoption("--server")
    if command is not None and (fault := fault_of(command, config.invocation_params.dir)):
        raise pytest.UsageError(f"--server: {fault}\nThe command was: {command}")
    if command is not None and not config.getoption("--all"):
        _stop_at_the_first_failure(config)
    config.stash[_grades] = {}


def _stop_at_the_first_failure(config: pytest.Config) -> None:
    """A check that follows often fails for the same reason, or for want of this one.

    Several processes (-n of pytest-xdist) would begin with several checks: it is told of none.
    """
    config.option.maxfail = config.option.maxfail or 1
    if config.pluginmanager.hasplugin("xdist"):
        config.option.dist, config.option.tx = "no", []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --server, do not load what grades no server: a learner's run begins sooner."""
    if config.getoption("--server") is None:
        return None
    if collection_path.is_dir():
        return True if not any(collection_path.rglob(WIRE)) else None
    return True if collection_path.name != WIRE else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --server, only what grades everybody's server is left."""
    grades = {item.nodeid: "not run" for item in items if lesson_of(item)}
    if config.getoption("--server") is not None:
        others = [item for item in items if not lesson_of(item)]
        config.hook.pytest_deselected(items=others)
        # In the order of the lessons, whatever the order on the command line.
        items[:] = sorted((item for item in items if lesson_of(item)), key=lambda item: item.path)
    config.stash[_grades].update(grades)
    if (start_seconds := config.getoption("--start-seconds")) > START_SECONDS:
        for item in items:  # else pytest-timeout would end what may take longer
            item.add_marker(pytest.mark.timeout(ITEM_SECONDS + start_seconds))


# --- fixtures ----------------------------------------------------------------------------------


_NotYet = type("NOT YET", (pytest.exit.Exception,), {"__module__": "builtins"})
"""Ends the run. pytest prints the name of what ended it: `! NOT YET: The server ended …`."""


def _start_first(subject: Subject, logs: Path, config: pytest.Config, phase: str) -> Running:
    """The first start of all. Where nothing starts, a hundred failures would say no more."""
    try:
        return subject.start(logs)
    except Verdict as verdict:
        text = explanation_of_start(
            verdict,
            subject.command,
            starting(phase),
            config.getoption("--hints"),
            is_watched=config.stash.get(IS_WATCHED, False),
        )
        raise _NotYet(text, 1) from None


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest) -> Subject:
    """The server under test, and how it is started."""
    config = request.config
    ours = f"{shlex.quote(sys.executable)} -m {request.module.OURS}"  # with {port}
    command = config.getoption("--server")
    directory = config.invocation_params.dir if command else ROOT
    patience, start_seconds = config.getoption("--patience"), config.getoption("--start-seconds")
    return Subject(command or ours, directory, patience, start_seconds)


class _Shared:
    """One server for many checks; a new one after each that failed."""

    def __init__(
        self,
        subject: Subject,
        logs: Callable[[], Path],
        start_first: Callable[[Subject, Path], Running] = Subject.start,
    ) -> None:
        self._subject = subject
        self._start_first = start_first
        self._logs = logs
        self._running: Running | None = None
        self._has_started = False

    def get(self) -> Running:
        """The server that runs, or a new one. Raises Verdict where none starts."""
        if self._running is None:
            logs = self._logs()
            if self._has_started:
                self._running = self._subject.start(logs)
            else:
                self._running = self._start_first(self._subject, logs)
            self._has_started = True
            self._running.visit()  # it is answered by a server that has got over the first visit
        return self._running

    def discard(self) -> None:
        """The next check needs another."""
        if self._running:
            self._running.end()
        self._running = None

    def must_live(self) -> None:
        """Raises Verdict where the server has ended by itself since it was seen alive."""
        running = self._running
        if running and running.has_died:
            is_daemon = running.went_into_the_background()
            self.discard()
            output = running.last_words(running.explained)
            if is_daemon:
                raise Verdict(DAEMON, LEFT, output=output, ending=running.ending)
            after = "check before this one" if running.checks_served else "first visit, a short one"
            said = f"The server {running.ending.how}, after the {after}"
            raise Verdict(GONE, said, output=output, ending=running.ending)


@pytest.fixture(scope="module")
def _shared(
    request: pytest.FixtureRequest, subject: Subject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Shared]:
    start_first = partial(_start_first, config=request.config, phase=request.path.parent.name)
    shared = _Shared(subject, lambda: tmp_path_factory.mktemp("logs"), start_first)
    yield shared
    shared.discard()


@pytest.fixture
def journal(request: pytest.FixtureRequest) -> Journal:
    """The steps of this check."""
    steps = Journal()
    request.node.stash[_journal] = steps
    return steps


@pytest.fixture
def graded(request: pytest.FixtureRequest, _shared: _Shared, journal: Journal) -> Iterator[Graded]:
    """The server under test, and people who can connect to it.

    Checks share it, because to start one for each would take most of the time. A check that is
    marked `fresh_server` begins with a new one, and leaves none behind.
    """
    is_fresh = request.node.get_closest_marker("fresh_server") is not None
    is_fresh = is_fresh or request.config.getoption("--fresh")
    _shared.must_live()
    if is_fresh:
        _shared.discard()
    ignores = getattr(request.module, "is_ignored", lambda line: False)
    running = _shared.get()
    _shared.must_live()
    graded = Graded(running, journal, ignores)
    request.node.stash[_graded] = graded
    with contextlib.closing(graded):
        yield graded
    running.checks_served += 1
    running.console.catch_up()
    running.explained = running.console.position()
    if is_fresh or request.node.stash.get(_failed, False):
        _shared.discard()


def explain_with(item: pytest.Item, graded: Graded) -> None:
    """A failure of this check tells the steps and the output of a server that no other uses."""
    item.stash[_graded] = graded
    item.stash[_journal] = graded.journal


# --- what a failure prints -----------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A check in which the server died has not passed."""
    yield
    if graded := item.stash.get(_graded, None):
        graded.finish()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The last check of a module has not passed either, if the server ended behind it."""
    shared = getattr(item, "funcargs", {}).get("_shared")
    is_last = getattr(nextitem, "module", None) is not getattr(item, "module", None)
    died: Verdict | None = None
    if isinstance(shared, _Shared) and is_last and not item.stash.get(_failed, False):
        try:
            shared.must_live()
        except Verdict as verdict:
            died = verdict
    yield
    if died:
        raise died


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failure teach, where the check is one that grades."""
    report = yield
    lesson = lesson_of(item)
    if lesson is None:
        return report
    if report.when == "call" or not report.passed:
        item.config.stash[_grades][item.nodeid] = report.outcome
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    if report.failed and call.excinfo and (verdict := _verdict_in(call.excinfo.value)):
        report.longrepr = _explain(item, verdict)
        report.user_properties += [("kind", verdict.kind), ("has waited", verdict.has_waited)]
        if verdict.kind == SLOW:
            report.sections = []  # where each of our threads was: nothing for a learner
    return report


def _verdict_in(error: BaseException) -> Verdict | None:
    """What a learner is told of; None where it is a mistake of ours."""
    if isinstance(error, Verdict):
        return error
    if isinstance(error, pytest.fail.Exception) and "pytest-timeout" in str(error):
        return Verdict(SLOW, "The server answers so slowly that the check was given up")
    return None


def _explain(item: pytest.Item, verdict: Verdict) -> str:
    lesson = lesson_of(item)
    assert lesson is not None
    if graded := item.stash.get(_graded, None):
        graded.examine(verdict)
    return explanation(
        _title(item),
        lesson,
        item.stash.get(_journal, Journal()),
        verdict,
        _again(item),
        item.config.getoption("--hints"),
    )


def _again(item: pytest.Item) -> str:
    """The command that runs this check alone, in the same way."""
    if item.config.stash.get(IS_WATCHED, False):
        return ""
    words = ["python -m pytest", quoted(item.nodeid)]
    usual = {"--patience": PATIENCE_SECONDS, "--start-seconds": START_SECONDS}
    for option, seconds in usual.items():
        if item.config.getoption(option) != seconds:
            words.append(f"{option} {item.config.getoption(option):g}")
    if command := item.config.getoption("--server"):
        words.append(f"--server {quoted_whole(command)}")
    return " ".join(words)


def _title(item: pytest.Item) -> str:
    """The promise that was not kept: the name of the check, in words."""
    return f"NOT YET: {title_of(item.name)}"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """How to go on from the first failure."""
    failed = terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", [])
    is_wanted = config.getoption("--server") and config.getoption("tbstyle") != "no"
    if failed and is_wanted and config.option.maxfail == 1:
        hints = config.getoption("--hints") + 1
        more = f"--hints {hints} tells more of it; " if hints <= MOST_HINTS else ""
        terminalreporter.write_line(
            f"The first check that fails ends the run: {more}--all goes on to the others."
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the grades, where they are wanted."""
    file = session.config.getoption("--grades")
    if file:
        grades = session.config.stash[_grades]
        text = json.dumps(grades, indent=1, ensure_ascii=False)
        Path(file).write_text(text + os.linesep, encoding="utf-8")


def pytest_unconfigure() -> None:
    """Leave no server behind, when the checks are interrupted as well."""
    end_all_marked()
