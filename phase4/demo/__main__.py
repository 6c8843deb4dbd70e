"""The whole thing alive: a server, a relay, five people who chat, and the monitor that shows them.

Run it: python -m phase4.demo                 until you press q in the monitor
        python -m phase4.demo --seconds 40    without the monitor: tells what happens

New here: a program that runs others as you would start them by hand, and is answerable for their
end. Server and relay take free ports, print where they listen, and log into a temporary directory.
The monitor is given this terminal. programs.py starts and ends programs, people.py speaks and
listens, play.py is what is said.

It ends as an evening in a theatre does: the monitor gives the terminal back, the people go, then
the relay, then the server. Each step has a deadline, and a program that misses it is killed. That
is the same after q, Ctrl-C, SIGTERM and a closed window, since a signal only rings a bell that the
main thread looks at.
"""

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from phase4.demo.people import Stage
from phase4.demo.play import EXPECTED, Play
from phase4.demo.programs import (
    END_SECONDS,
    Child,
    StartError,
    Stopped,
    terminal_given_back,
    wait_or_kill,
)
from phase4.demo.story import Story
from shared.address import Address
from shared.arguments import positive_number, this_python
from shared.console import Console, exit_with, has_looks, wants_colours
from shared.deadline import Deadline
from shared.stopping import on_stop_signals
from shared.wakeup import Wakeup

SEED = 7  # the same people say the same things, each time
LOOK_SECONDS = 0.1  # how often the main thread looks whether something has ended
FIGURES_TALK_SECONDS, STORY_TALK_SECONDS = 0.7, 1.2
"""Between two lines of small talk: enough to fill charts, or so that each can be read."""
STORY_SPEED = 0.85  # a story wants to be read
MONITOR_INTERVAL = "1"  # seconds: somebody looks on, so more often than the monitor does by itself


class Demo:
    """One evening, from start to end. All of it belongs to the main thread."""

    def __init__(self, options: argparse.Namespace, directory: Path, stopping: Wakeup) -> None:
        self._options = options
        self._directory = directory
        self._stopping = stopping
        self._has_monitor = options.seconds is None
        self._children: list[Child] = []
        self._monitor_status = 0
        self._started = time.monotonic()

    def run(self) -> int:
        """All of it; the exit status. Raises StartError and Stopped."""
        self._started = time.monotonic()
        show(*self._introduction())
        curtain = Wakeup()
        with contextlib.ExitStack() as stack:
            stack.callback(curtain.close)
            play, stage, status = self._prepare(stack, curtain)
            thread = threading.Thread(target=play.run, args=(self._options.rounds,), daemon=True)
            thread.start()
            # The other way round when it ends: first the people, and then the programs.
            stack.callback(thread.join, END_SECONDS + 1)
            stack.callback(curtain.ring)
            if self._has_monitor:
                self._monitor_status = self._show_monitor(status, thread)
            else:
                self._wait(thread)
        return self._report(play, stage)

    def _prepare(self, stack: contextlib.ExitStack, curtain: Wakeup) -> tuple[Play, Stage, str]:
        """Start the programs, and put people on a stage; the play, the stage, the status port."""
        logs = ("--log-dir", str(self._directory / "logs"))
        ports = ("--port", "0", "--status-port", "0", "--quit-key", "off", "--history", "0")
        server = self._start(stack, "phase4.server", *self._options.server_option, *ports, *logs)
        address = server.address("Listening on", self._stopping)
        status = server.address("Status on", self._stopping)
        relay = self._start(stack, "phase4.relay", "--port", "0", "--upstream", address)
        relay_address = relay.address("Listening on", self._stopping)
        transcript = self._directory / "people.txt"
        people = stack.enter_context(transcript.open("w", encoding="utf-8"))
        stage = Stage(
            curtain,
            lambda line: print(line, file=people),
            random.Random(SEED),
            story=self._story(stack),
            speed=self._options.speed * (1 if self._has_monitor else STORY_SPEED),
        )
        pause = FIGURES_TALK_SECONDS if self._has_monitor else STORY_TALK_SECONDS
        addresses = (Address.parse(address), Address.parse(relay_address))
        return Play(stage, *addresses, talk_pause_seconds=pause), stage, status

    def _start(self, stack: contextlib.ExitStack, *arguments: str) -> Child:
        output = self._directory / f"{arguments[0].rpartition('.')[2]}.txt"
        child = stack.enter_context(Child(output, *arguments))
        self._children.append(child)
        return child

    def _story(self, stack: contextlib.ExitStack) -> Story:
        """Told where no monitor is shown."""
        if self._has_monitor:
            return Story(None)
        console = Console()
        stack.callback(console.close)
        return Story(
            console.draw,
            columns=shutil.get_terminal_size().columns,
            has_looks=has_looks(sys.stdout),
            has_colours=wants_colours(),
        )

    def _wait(self, thread: threading.Thread) -> None:
        """Wait until the time or the play is over, or somebody wants the end."""
        end = Deadline(self._options.seconds)
        while thread.is_alive() and not end.has_passed:
            if self._stopping.wait(min(end.seconds_left, LOOK_SECONDS)):
                return

    def _show_monitor(self, status: str, thread: threading.Thread) -> int:
        """Give the monitor this terminal until it, or the play, ends; its exit status."""
        with terminal_given_back():
            arguments = ("monitor", "--status", status, "--interval", MONITOR_INTERVAL)
            monitor = subprocess.Popen([sys.executable, "-m", *arguments])
            while monitor.poll() is None and thread.is_alive():
                if self._stopping.wait(LOOK_SECONDS):
                    break
            monitor.terminate()  # after q there is nobody any more to be told
            exit_status = wait_or_kill(monitor)
        # How it ends with a window that is closed, or when signals come one after the other (Ctrl-C
        # is for all programs in the foreground), is of no interest: the end was wanted.
        is_wanted = self._stopping.wait(0) or not _is_terminal() or not thread.is_alive()
        return 0 if is_wanted else exit_status

    # --- what is said about it -----------------------------------------------------------------

    def _introduction(self) -> Iterator[str]:
        yield "Starting a chat server, a relay, and five people who talk to each other."
        if self._has_monitor or self._options.keep_logs:
            kept = (
                "kept" if self._options.keep_logs else "removed at the end; --keep-logs keeps them"
            )
            yield f"Logs and output: {self._directory}{os.sep} ({kept})"
        if self._has_monitor:
            yield "The monitor shows them in a moment. q ends all of it."

    def _report(self, play: Play, stage: Stage) -> int:
        """Print the summary; the exit status."""
        problems = list(self._problems(play))
        show(*self._summary(play, stage), *problems, *self._next())
        if self._monitor_status > 0:
            show("Without the monitor: python -m phase4.demo --seconds 60")
            return self._monitor_status
        return 1 if problems else 0

    def _summary(self, play: Play, stage: Stage) -> Iterator[str]:
        yield ""
        yield from textwrap.wrap(
            f"It ran for {time.monotonic() - self._started:.0f} s. People came {stage.arrivals} "
            f"times, and sent {stage.public_messages} messages to everybody and "
            f"{stage.private_messages} to one person.",
            _columns(),
        )
        if self._has_monitor:  # else the story has told it
            for what in EXPECTED:
                yield from _item(what, play.facts.get(what, "not yet"))
        if self._options.keep_logs:
            files = sorted(path for path in self._directory.rglob("*") if path.is_file())
            yield "What was logged, and what each program and the people saw:"
            yield from (f"  {path}" for path in files)

    def _next(self) -> Iterator[str]:
        """Where to go from here."""
        python = this_python()
        ways = {
            f"{python} -m phase4.demo": "the same with a live monitor; q ends it",
            f"{python} -m phase4.server": "the real thing; it says what to type next",
            "phase1/README.md": "the course, from one client and an echo",
        }
        width = max(map(len, ways))
        yield "Next:"
        for way, what in list(ways.items())[self._has_monitor :]:
            yield f"  {way:<{width}}  {what}"

    def _problems(self, play: Play) -> Iterator[str]:
        if play.problem:
            yield f"This was not expected: {play.problem}"
        elif not self._has_monitor and set(EXPECTED) - play.facts.keys():
            yield "Not all of it has happened. In 40 seconds it should."
        for child in self._children:
            if child.exit_status and sys.platform != "win32":  # there, to end is to be killed
                yield _bad_end(child.name, child.exit_status)
        if self._monitor_status < 0:
            yield _bad_end("monitor", self._monitor_status)


def show(*lines: str) -> None:
    """Print lines before anything else is done; a reader that is stuck or gone holds up nothing."""
    console = Console()
    for line in lines:
        console.print(line)
    console.close()


def _item(what: str, how: str) -> list[str]:
    """A fact of the summary, in as many lines as the terminal makes of it."""
    first = f"  {what:<14} "
    return textwrap.wrap(how, _columns(), initial_indent=first, subsequent_indent=" " * len(first))


def _columns() -> int:
    """How long a line of the summary may be."""
    return max(min(shutil.get_terminal_size().columns, 100) - 1, 40)


def _bad_end(name: str, exit_status: int) -> str:
    if exit_status < 0:  # how subprocess tells of a signal
        return f"{name} was killed by signal {-exit_status}."
    return f"{name} ended with exit status {exit_status}."


# --- the command line -----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; the exit status."""
    options = _parse(arguments)
    if options.seconds is None and not _is_terminal():
        print(
            "phase4.demo: This is not a terminal, so the monitor cannot be shown. "
            "--seconds 60 runs it without, and prints what people see.",
            file=sys.stderr,
        )
        return 2
    stopping = Wakeup()
    on_stop_signals(stopping.ring)
    directory = Path(tempfile.mkdtemp(prefix="chat-demo-"))
    try:
        return Demo(options, directory, stopping).run()
    except Stopped:
        return 0
    except StartError as error:
        print(f"phase4.demo: {error}", file=sys.stderr)
        return 2
    finally:
        if not options.keep_logs:
            shutil.rmtree(directory, ignore_errors=True)


def _is_terminal() -> bool:
    return all(each is not None and each.isatty() for each in (sys.stdin, sys.stdout))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.demo",
        description="A server, a relay, five people who chat, and the monitor; q ends it all.",
    )
    add = parser.add_argument
    add(
        "--seconds",
        type=positive_number,
        help="run for so long, without the monitor, and tell what happens; the exit status "
        "is 0 if all happened that should (40 are enough), else 1",
    )
    add("--rounds", type=positive_number, help="end when the play was played so many times")
    add("--speed", type=positive_number, default=1, help="make pauses so many times shorter")
    add("--keep-logs", action="store_true", help="keep what was logged")
    add(
        "server_option",
        nargs="*",
        metavar="-- OPTION",
        help="options for the server, as in: phase4.demo -- --on-duplicate number",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
