"""Runs the checks again when a file changes, and shows the first that fails.

All that happens (a key, a file, an outcome of the checks) is done by one thread, one after the
other: other threads only put what is to be done into its inbox.
"""

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.progress.checks import How, Result, Run
from tests.progress.files import MAX_FILES, Watched
from tests.progress.grades import NOT_BEGUN
from tests.progress.keys import ENTER, Keyboard
from tests.progress.screen import Look, bar_line
from tests.progress.servers import NoServer, command_for
from tests.start import PHASES, SERVER, STARTERS, python_name, quoted, shown

LOOK_SECONDS = 0.15  # between two looks at the files
QUIET_SECONDS = 2 * LOOK_SECONDS  # in which a change is seen
END = "\x04"  # what Ctrl-D sends where keys are read one by one

READ_NEXT = {
    "phase1": "phase2/README.md",
    "phase2": "phase3/README.md, and phase3/selectors.md: a chat without threads",
    "phase3": "phase4/README.md",
    "phase4": "phase4/server/README.md: how ours does it, above all the outbox",
}


@dataclass
class Current:
    """The run that goes on, or the last one."""

    phase: str
    run: Run
    reader: threading.Thread
    result: Result = field(default_factory=Result)
    ended_at: float | None = None  # time.monotonic()
    hints_shown: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.ended_at is not None

    @property
    def is_recent(self) -> bool:
        """Whether what its server has written may only be seen now."""
        return self.ended_at is None or time.monotonic() - self.ended_at < 2 * QUIET_SECONDS


class Watch:
    """Watches the servers of one learner. `run` is called once, by the main thread."""

    def __init__(
        self,
        directory: Path,
        phases: Sequence[str],
        given: str | None,
        how: How,
        look: Look,
    ) -> None:
        self._directory = directory
        self._phases = phases
        self._given = given
        self._how = how
        self._look = look
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._files = Watched(directory)
        self._phase = phases[0]  # that is worked on
        self._complete: set[str] = set()
        self._current: Current | None = None
        self._goes_on = True
        self._is_stopped = False
        self._is_terminal = sys.stdout.isatty()

    def run(self) -> bool:
        """Watch until a person has enough: True after q, False after `stop`."""
        self._say(f"Watching {self._directory}. Save a file there, and its checks run.")
        if self._files.is_too_large:
            self._say(f"It holds many files: the first {MAX_FILES:,} are watched.")
        with contextlib.ExitStack() as stack:
            stack.callback(self._end_run)
            stack.enter_context(Keyboard(lambda key: self._inbox.put(partial(self._press, key))))
            self._begin_first()
            while self._goes_on:
                self._wait()
                if self._goes_on and (changed := self._files.changed()):
                    self._change(changed)
        self._wipe()
        return not self._is_stopped

    def stop(self) -> None:
        """Let `run` end. A signal handler may call this: the inbox takes no lock."""
        self._inbox.put(self._be_stopped)

    def _be_stopped(self) -> None:
        self._goes_on, self._is_stopped = False, True

    def _wait(self) -> None:
        """Do what is to be done until it is time to look at the files again."""
        again = time.monotonic() + LOOK_SECONDS
        while (left := again - time.monotonic()) > 0 and self._goes_on:
            with contextlib.suppress(queue.Empty):
                self._inbox.get(timeout=left)()

    # --- what is to be run -----------------------------------------------------------------------

    def _begin_first(self) -> None:
        """Begin with the first phase that is begun, and not known to be complete."""
        for phase in self._phases:
            if phase not in self._complete and self._command(phase) is not None:
                self._begin(phase)
                return
        waiting = [each for each in self._phases if each not in self._complete]
        if waiting:
            self._begin(waiting[0])  # and that says how

    def _command(self, phase: str) -> str | None:
        """How its server is started; None where it is not begun."""
        try:
            return command_for(phase, self._directory / phase, self._given)
        except NoServer as none:
            return None if none.state == NOT_BEGUN else ""
        except OSError:
            return ""

    def _change(self, changed: set[Path]) -> None:
        """Something was saved: run the checks of that phase."""
        if self._current and self._current.is_recent:
            changed = self._files.of_a_person(changed)
        if not changed:
            return
        folders = {each.relative_to(self._directory).parts[0] for each in changed}
        touched = [phase for phase in self._phases if phase in folders]
        self._complete -= set(touched)
        if touched and self._phase not in touched:
            self._phase = touched[0]
        names = ", ".join(sorted(each.name for each in changed)[:3])
        self._say(f"\n{time.strftime('%H:%M:%S')}  {names}: saved")
        self._begin(self._phase)

    def _begin(self, phase: str) -> None:
        """Run the checks of a phase, and no others any more."""
        self._end_run()
        self._phase = phase
        directory = self._directory / phase
        try:
            command = command_for(phase, directory, self._given)
            run = Run(phase, command, directory, self._how)
        except NoServer as none:
            self._say(self._why_none(none))
        except OSError as error:
            self._say(f"{phase}: {error.strerror}")
        else:
            reader = threading.Thread(target=self._read, args=(run,), daemon=True)
            self._current = Current(phase, run, reader)
            reader.start()
            self._show_count(self._current)

    def _why_none(self, none: NoServer) -> str:
        if none.state != NOT_BEGUN:
            return f"{self._phase}: {none.state}: {none}"
        if str(none):
            server = shown(self._directory / self._phase / SERVER)
            return f"{self._phase} is as it was made. Do TODO 1, and save it:\n    {server}"
        if none.found:
            return f"{self._phase} is not begun: {none.found}."
        return f"{self._phase} is not begun. {self._how_to_begin(self._phase)}"

    def _how_to_begin(self, phase: str) -> str:
        directory = quoted(shown(self._directory))
        return f"In another terminal:\n    {python_name()} -m tests.start {phase} {directory}"

    def _end_run(self) -> None:
        """End the run, if one goes on. What it has told and nobody has read is forgotten."""
        current, self._current = self._current, None
        if current:
            current.run.kill()
            current.reader.join()
            current.run.__exit__(None, None, None)

    # --- what a run tells ------------------------------------------------------------------------

    def _read(self, run: Run) -> None:
        """Pass on what a run tells; a thread of its own."""
        for event in run.events():
            self._inbox.put(partial(self._take, run, event))
        self._inbox.put(partial(self._end, run))

    def _take(self, run: Run, event: dict[str, Any]) -> None:
        if (current := self._current) and current.run is run:
            current.result.take(event)
            self._show_count(current)

    def _end(self, run: Run) -> None:
        current = self._current
        if current is None or current.run is not run:
            return
        run.wait()
        current.ended_at = time.monotonic()
        if current.result.text:
            self._say(f"\n{current.result.text}\n")
        self._show_bar(current)
        if current.result.is_complete:
            self._celebrate(current)
        else:
            self._show_keys(current)

    def _celebrate(self, current: Current) -> None:
        phase = current.phase
        self._complete.add(phase)
        self._say(f"\n{what_now(phase)}")
        later = PHASES[PHASES.index(phase) + 1 :]
        for each in (each for each in later if each in self._phases):
            if each not in self._complete and self._command(each) is not None:
                self._say("")
                self._begin(each)
                return
        if later and later[0] not in self._complete:
            self._say(f"Then begin {later[0]}. {self._how_to_begin(later[0])}")
        self._show_keys(current)

    # --- what a person presses -------------------------------------------------------------------

    def _press(self, key: str) -> None:
        if key in ("q", "Q", END):
            self._goes_on = False
        elif key in ("r", "R"):
            self._begin(self._phase)
        elif self._current and self._current.is_over and self._current.result.text:
            if key in ("h", "H", ENTER):
                self._hint(self._current, 1)
            elif key in ("a", "A"):
                self._hint(self._current, len(self._current.result.hints))

    def _hint(self, current: Current, count: int) -> None:
        """Show the next hints."""
        hints, first = current.result.hints, current.hints_shown
        if first >= len(hints):
            self._say("There is no more hint. The lesson, above, tells the most.")
            return
        current.hints_shown = min(first + count, len(hints))
        for number in range(first, current.hints_shown):
            self._say(f"Hint {number + 1}:  {hints[number]}")
        self._show_keys(current)

    # --- what a person sees ----------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self._wipe()
        for line in text.split("\n"):
            print(*self._look.wrapped(line), sep="\n", flush=True)

    def _show_bar(self, current: Current) -> None:
        grade = current.result.grade(current.phase, current.run.complaint())
        self._wipe()
        print(bar_line(grade, self._directory, self._look), flush=True)

    def _show_count(self, current: Current) -> None:
        """While it runs, how far it is; on a terminal, in one line that is gone when it ends."""
        if self._is_terminal:
            passed, total = _figures(current.result)
            text = f"{passed:3} of {total} …" if total else "    …"
            line = f"{current.phase}  {self._look.bar(passed, total)} {self._look.safe(text)}"
            print(f"\r{line}\x1b[K", end="", flush=True)

    def _wipe(self) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", flush=True)

    def _show_keys(self, current: Current) -> None:
        """What can be pressed now."""
        left = len(current.result.hints) - current.hints_shown
        keys = [f"h: a hint ({left} left)"] if left else []
        keys += ["a: all hints"] if left > 1 else []
        self._say("   ".join([*keys, "r: run again", "q: quit"]))


def _figures(result: Result) -> tuple[int, int]:
    outcomes = list(result.checks.values())
    return outcomes.count("passed"), len(outcomes)


def what_now(phase: str) -> str:
    """What there is to do when all checks of a phase have passed."""
    whole = (STARTERS / f"{phase}.py").relative_to(STARTERS.parents[1]).as_posix()
    ours = f"{phase}/server.py" if phase != "phase4" else "phase4/server/"
    return (
        "Compare your server with a solution:\n"
        f"    {whole:26}the beginning, with each TODO done\n"
        f"    {ours:26}ours\n"
        f"    {'tests/right/':26}in C, JavaScript and Perl\n"
        f"Read next: {READ_NEXT[phase]}."
    )
