"""A server that runs, or did: from its start to the end of all that it has started."""

import contextlib
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from shared.deadline import Deadline
from tests.grading import zone
from tests.grading.console import Console
from tests.grading.deaths import Ending, ending
from tests.grading.faults import fault_in
from tests.grading.listening import Listener, listeners_of
from tests.grading.people import DAEMON, DEAD, UNREADY, Verdict
from tests.grading.processes import end_marked, new_mark, send_signal, start_marked, started
from tests.kit.harness import environment

START_SECONDS = 10.0  # a big runtime on a slow machine
STOP_SECONDS = 3.0  # then it is killed
LEAVE_SECONDS = 1.0  # so that the first visitor is forgotten before the first check
LIFE_SECONDS = 0.25  # after a check, for a server to notice that people leave
KEPT_SECONDS = 0.02  # instead, for one that does not notice it
DYING_SECONDS = 1.0  # from the last sign of life until the system says that it has ended
PARTING_SECONDS = 0.2  # until a command that has started its server in the background ends
BACKGROUND_SECONDS = 0.1  # what a program that ends had started may end a moment after it

LEFT = (
    "The command ended, and left its server running in the background. It has to stay in the"
    " foreground: start the server itself, without &, nohup or fork()"
)


class Running:
    """A server that runs, or did."""

    def __init__(
        self,
        words: list[str],
        directory: Path,
        port: int,
        logs: Path,
        patience: float,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.start_seconds = start_seconds
        self.port = port
        self.logs = logs
        self.checks_served = 0
        self.started_in_seconds = 0.0  # until it could be connected to
        self.patience = patience
        self.was_ended = False  # by us: else it has ended by itself, which it should not
        self._mark = new_mark()
        self.explained = 0  # the console's lines up to here belong to earlier checks
        self._keeps_visitors = False  # one was not seen off in time, and none is waited for again
        self._resets_visitors = False  # and it lived on
        try:
            self.process = start_marked(
                self._mark,
                words,
                cwd=directory,
                env={**environment(), **zone.ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
            )
        except OSError as error:
            raise Verdict(DEAD, f"The command cannot be run: {error}") from error
        self.console = Console(self.process)

    # --- its start -----------------------------------------------------------------------------

    def wait_until_ready(self) -> None:
        """Until it accepts connections. Raises Verdict."""
        deadline = Deadline(self.start_seconds)
        began = time.monotonic()
        pause = threading.Event()  # never set: a pause between two tries
        while not self._is_ready():
            if not self.is_alive:
                self._must_be_in_the_foreground()
                raise self._verdict(f"The server {self.ending.how} before it listened")
            if deadline.has_passed:
                raise self._not_ready()
            pause.wait(0.02)
        self.started_in_seconds = time.monotonic() - began
        self._must_be_in_the_foreground()

    def _not_ready(self) -> Verdict:
        """The verdict on a server to which nobody could connect; where it listens, if known."""
        said = f"Nobody could connect to 127.0.0.1 port {self.port} within {self.start_seconds:g} s"
        verdict = self._verdict(said)
        found = listeners_of(started(self._mark, self.process.pid))
        if found:
            verdict.remark = _elsewhere(found, self.port)
        else:
            if not fault_in(verdict.output or ()):
                verdict.kind = UNREADY
            verdict.remark = (
                "Does it call listen() on the port that it is given? If it only takes long to start"
                " (go run, cargo run, gradle), give it time: --start-seconds 60"
            )
        return verdict

    def _is_ready(self) -> bool:
        """Whether somebody could connect; the visitor has left, if the server noticed in time."""
        try:
            visitor = self._connect()
        except OSError:
            return False
        with visitor, contextlib.suppress(OSError):
            _is_seen_off(visitor, LEAVE_SECONDS)
        return True

    def _must_be_in_the_foreground(self) -> None:
        """Raises Verdict where it is not."""
        if len(started(self._mark, self.process.pid)) > 1:  # go run, say; or a daemon's beginning
            self._may_end(PARTING_SECONDS)
        if self.went_into_the_background():
            self.end()  # what holds the pipe: else its last words would be waited for
            raise self._verdict(LEFT, DAEMON)

    def _verdict(self, said: str, kind: str = DEAD) -> Verdict:
        how = None if self.is_alive else self.ending
        return Verdict(kind, said, output=self.last_words(), ending=how)

    def went_into_the_background(self) -> bool:
        """Whether the command has ended well, and something that it started goes on."""
        if self.is_alive or self.process.returncode != 0 or self.was_ended:
            return False
        found = set(started(self._mark))
        if found:  # a helper may need a moment to see that its parent has gone
            threading.Event().wait(BACKGROUND_SECONDS)
            found &= set(started(self._mark))
        return bool(found)

    # --- its life ------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    @property
    def has_died(self) -> bool:
        """Whether it has ended, and we have not ended it."""
        return not self.was_ended and not self.is_alive

    @property
    def ending(self) -> Ending:
        """How it ended. It has."""
        return ending(self.process.returncode)

    def last_words(self, position: int = 0) -> list[str]:
        """What it has printed since `position`; of one that has ended, to the end."""
        if self.is_alive:
            self.console.catch_up()
        else:
            self.console.has_ended(DYING_SECONDS)
        return self.console.since(position)

    def visit(self) -> bool:
        """Whether anybody can connect; False only where nobody listens.

        If it is not well, it has a moment in which to end; `has_died` tells whether it did.
        """
        try:
            with self._connect() as visitor:
                if not _is_seen_off(visitor, self.seconds_to_leave):
                    self.has_kept_visitors()
        except ConnectionRefusedError:
            self._may_end(DYING_SECONDS)
            return False
        except OSError:
            self._may_end(0.0 if self._resets_visitors else DYING_SECONDS)
            self._resets_visitors = self.is_alive
        return True

    @property
    def seconds_to_leave(self) -> float:
        """How long it is worth while to wait until it has noticed that somebody left."""
        return KEPT_SECONDS if self._keeps_visitors else LIFE_SECONDS

    def has_kept_visitors(self) -> None:
        """It did not notice in time that somebody left: nobody waits for it as long again."""
        self._keeps_visitors = True

    def _may_end(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 1.0)

    # --- its end -------------------------------------------------------------------------------

    def terminate(self) -> None:
        """Ask it to end (SIGTERM; on Windows it is ended), and wait. After a while it is killed."""
        self.was_ended = True
        send_signal(started(self._mark, self.process.pid), signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        # When the last of them has ended, so has the pipe.
        if not self.console.has_ended(STOP_SECONDS) or self.is_alive:
            self.end()

    def end(self) -> None:
        """Leave nothing behind, no daemon either."""
        self.was_ended = self.was_ended or self.is_alive
        # The number of a process that has ended, and was waited for, may be another's by now.
        end_marked(self._mark, pid=self.process.pid if self.is_alive else None)
        self.process.wait(STOP_SECONDS)
        self.console.has_ended(STOP_SECONDS)


def _is_seen_off(visitor: socket.socket, seconds: float) -> bool:
    """Leave at once; whether the server ended the conversation, too. Raises OSError at a reset."""
    visitor.shutdown(socket.SHUT_WR)
    deadline = Deadline(seconds)
    with contextlib.suppress(TimeoutError):
        while True:
            visitor.settimeout(deadline.timeout())
            if not visitor.recv(4096):
                return True
    return False


def _elsewhere(found: Sequence[Listener], port: int) -> str:
    """That a server listens, and where, and why nobody finds it there."""
    places = " and ".join(map(str, found[:3]))
    here = [each for each in found if each.port == port]
    if all(each.is_udp for each in here or found):
        return f"It has {places}: the lessons use TCP, SOCK_STREAM, and it uses SOCK_DGRAM"
    if here:
        return f"It listens on {places}, and the checks connect to 127.0.0.1"
    return f"It listens on {places}, and the checks use the port that it is given, {port}"
