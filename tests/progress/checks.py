"""The checks of one phase on one server: a process that runs them, and what it tells."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.grading.processes import end_marked, new_mark, start_marked
from tests.grading.running import START_SECONDS
from tests.kit.harness import ROOT
from tests.progress.grades import DOES_NOT_START, GRADED, NOT_GRADED, NOT_RUN, Grade

GRADE, GRADE_ALL, WATCH = "grade", "grade-all", "watch"
"""What for, as `inside` says; GRADE_ALL never gives up."""

STOP_SECONDS = 5.0  # for pytest to end its server
MAX_COMPLAINT_BYTES = 100_000  # of pytest; its last line is shown

_ENDS = (0, 1, 2)  # pytest's exit status: all passed, some failed, ended early

# It runs in the learner's directory, and -P keeps that out of the path: or else a socket.py of the
# learner's would be taken for Python's.
_LAUNCH = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1));"
    "runpy.run_module('tests.progress.inside', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True)
class How:
    """How the checks are made."""

    purpose: str  # GRADE and so on
    patience: float  # seconds that a check waits for an answer
    start_seconds: float = START_SECONDS  # that a server may take until it listens
    only: tuple[str, ...] = ()  # the checks that are made; () is all


@dataclass
class Result:
    """What a run has told so far."""

    checks: dict[str, str] = field(default_factory=dict)  # each check, and its outcome
    late: list[str] = field(default_factory=list)  # that failed for want of time
    no_server: str = ""  # why nobody could connect
    may_start: bool = False  # with more time: it ran on, and told of no fault
    said: str = ""  # the telling line of what that server printed
    text: str = ""  # of the first failure, or of a server that does not start: all that is known
    hints: list[str] = field(default_factory=list)  # for that
    given_up: str = ""  # why the rest was not run

    def take(self, event: dict[str, Any]) -> None:
        """Remember what a run has told."""
        if "checks" in event:
            self.checks = dict.fromkeys(event["checks"], NOT_RUN)
        elif "check" in event:
            self.checks[event["check"]] = event["outcome"]
            if event.get("is_late"):
                self.late.append(event["check"])
            if not self.text and "text" in event:
                self.text, self.hints = event["text"], event["hints"]
        elif "no_server" in event:
            self.no_server, self.said = event["no_server"], event["said"]
            self.may_start = event["is_late"]
            self.text, self.hints = event["text"], event["hints"]
        elif "given_up" in event:
            self.given_up = event["given_up"]

    @property
    def has_begun(self) -> bool:
        """Whether it knows its checks, and makes them now."""
        return bool(self.checks)

    @property
    def is_complete(self) -> bool:
        """Whether all checks have passed, and there are some."""
        return bool(self.checks) and set(self.checks.values()) == {"passed"}

    def grade(self, phase: str, complaint: str) -> Grade:
        """The grade that it makes; `complaint` is what the run has to say of itself."""
        if self.no_server:
            uncertain = tuple(self.checks) if self.may_start else ()
            return Grade(phase, DOES_NOT_START, self.no_server, self.said, self.checks, uncertain)
        if complaint or not self.checks:
            return Grade(phase, NOT_GRADED, complaint or "nothing came", "", self.checks)
        why = self.given_up if NOT_RUN in self.checks.values() else ""
        # What is hopeless is not asked again, and is certain.
        uncertain = () if why else tuple(dict.fromkeys(self.late))
        return Grade(phase, GRADED, why, "", self.checks, uncertain)


class Run:
    """A run of the checks. Use it in a `with` statement: leaving that ends it, and its server.

    One thread reads `events`; any other may `interrupt` or `kill` meanwhile.
    """

    def __init__(self, phase: str, command: str, directory: Path, how: How) -> None:
        self._scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        scratch = Path(self._scratch.name)
        self._mark = new_mark()  # finds a learner's daemon, too, whatever became of pytest
        self._complaints = (scratch / "complaints.txt").open("w+b")
        bounds = [str(how.patience), str(how.start_seconds), json.dumps(how.only)]
        words = [phase, command, how.purpose, *bounds, str(scratch / "logs")]
        self._process = start_marked(
            self._mark,
            [sys.executable, "-P", "-c", _LAUNCH, str(ROOT), *words],
            cwd=directory,
            stdin=subprocess.PIPE,  # nothing is written there: its end is ours
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            # A group of its own: so it can be ended with all that it has started.
            start_new_session=True,
            env=_environment(),
        )

    def __enter__(self) -> Self:
        """Give the run itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it with all that it has started."""
        self.kill()
        self._process.wait(STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._complaints.close()
        self._scratch.cleanup()

    def events(self) -> Iterator[dict[str, Any]]:
        """What it tells, as it comes, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # half a line, of a process that was killed
                yield json.loads(line)

    def wait(self) -> None:
        """Wait for its end, after the last event: from there on it has no more to do."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)

    def complaint(self) -> str:
        """Why the checks were not made as they should, after their end; "" where they were."""
        status = self._process.poll()
        if status in _ENDS:
            return ""
        self._complaints.seek(0)
        text = self._complaints.read(MAX_COMPLAINT_BYTES).decode("utf-8", "replace")
        return (text.strip().splitlines() or [f"the checks ended with status {status}"])[-1]

    def interrupt(self) -> None:
        """Ask it to end: it ends its server itself. Where that takes too long, it is killed."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it now, with all that it has started."""
        end_marked(self._mark, pid=self._process.pid if self._process.poll() is None else None)
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: zombies
                os.killpg(self._process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """For pytest, without what would change it; plugins that happen to be installed take time."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    only_ours = {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
    return {**kept, **only_ours}
