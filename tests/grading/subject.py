"""The server under test: a command line with {port} in it, in whatever language.

Ready is who can be connected to: nobody has to print anything. What it prints is kept for the
explanation of a failure.
"""

import contextlib
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from shared.readable import readable
from tests.grading.journal import Journal
from tests.grading.people import DEAD, Somebody, Verdict
from tests.grading.processes import KILL, family, send_signal
from tests.kit.harness import environment, free_port

START_SECONDS = 10.0  # a big runtime on a slow machine
STOP_SECONDS = 3.0  # then it is killed
LEAVE_SECONDS = 1.0  # so that the first visitor is forgotten before the first check
KEPT_LINES = 20  # for the explanation of a failure
SEARCHED_LINES = 10_000  # what a check may ask for was printed a moment ago
MAX_PRINTED_BYTES = 4096  # of a line; a longer one counts as several


class Subject:
    """How to start the server."""

    def __init__(self, command: str, directory: Path, patience: float) -> None:
        """`command` holds {port}, and {logs} where a directory for logs is wanted."""
        self.command = command
        self.directory = directory
        self.patience = patience

    def start(self, logs: Path, port: int = 0) -> "Running":
        """A server that can be connected to. Raises Verdict where it cannot."""
        running = self.launch(logs, port or free_port())
        with contextlib.ExitStack() as unless_ready:  # until then nobody else knows of it
            unless_ready.callback(running.end)
            running.wait_until_ready()
            unless_ready.pop_all()
        return running

    def launch(self, logs: Path, port: int) -> "Running":
        """Start the command, and wait for nothing."""
        words = words_of(self.command)
        places = {"{port}": str(port), "{logs}": str(logs)}
        for place, value in places.items():
            words = [word.replace(place, value) for word in words]
        return Running(words, self.directory, port, logs, self.patience)


def words_of(command: str, *, is_windows: bool = sys.platform == "win32") -> list[str]:
    r"""A command line as a list. Raises ValueError where a quotation does not end.

    On Windows a backslash is a part of a path, and quotes hold a path with blanks together:

    >>> words_of(r'"C:\Program Files\node.exe" my_server.js {port}', is_windows=True)
    ['C:\\Program Files\\node.exe', 'my_server.js', '{port}']
    >>> words_of("sh -c 'exec ./my\\ server {port}'", is_windows=False)
    ['sh', '-c', 'exec ./my\\ server {port}']
    """
    if not is_windows:
        return shlex.split(command)
    return [word.strip("\"'") for word in shlex.split(command, posix=False)]


class Running:
    """A server that runs, or did."""

    def __init__(
        self, words: list[str], directory: Path, port: int, logs: Path, patience: float
    ) -> None:
        self.port = port
        self.logs = logs
        self.checks_served = 0
        self.patience = patience
        self.output: deque[str] = deque(maxlen=KEPT_LINES)
        self.has_said = threading.Condition()
        self._lines_said: deque[str] = deque(maxlen=SEARCHED_LINES)
        try:
            self.process = subprocess.Popen(
                words,
                cwd=directory,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Verdict(DEAD, f"The command cannot be run: {error}") from error
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:  # closed here alone: to close it waits for its reader
            while raw := stream.readline(MAX_PRINTED_BYTES):
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                with self.has_said:
                    self.output.append(line)
                    self._lines_said.append(line)
                    self.has_said.notify_all()

    def wait_until_ready(self) -> None:
        """Until it accepts connections. Raises Verdict."""
        deadline = time.monotonic() + START_SECONDS
        pause = threading.Event()  # never set: a pause between two tries
        while True:
            with contextlib.suppress(OSError):
                self._visit()
                return
            if self.process.poll() is not None:
                status = self.process.returncode
                how = "" if status else "; it has to stay in the foreground"  # a daemon, perhaps
                self._reader.join(1.0)  # so that its last words are here
                raise Verdict(
                    DEAD,
                    f"The server ended (status {status}) before it listened{how}",
                    output=self.output,
                )
            if time.monotonic() > deadline:
                raise Verdict(
                    DEAD,
                    f"Nobody could connect to 127.0.0.1 port {self.port} "
                    f"within {START_SECONDS:g} s",
                    output=self.output,
                )
            pause.wait(0.02)

    def _visit(self) -> None:
        """Connect and leave at once. Raises OSError where nobody listens."""
        with (
            socket.create_connection(("127.0.0.1", self.port), 1.0) as visitor,
            contextlib.suppress(OSError),
        ):  # also if it does not end the conversation in time
            visitor.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + LEAVE_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                visitor.settimeout(left)
                if not visitor.recv(4096):
                    break

    def says(self, text: str) -> bool:
        """Whether a line that it has printed holds `text`; waits for it."""
        with self.has_said:
            return self.has_said.wait_for(
                lambda: any(text in line for line in self._lines_said), self.patience
            )

    def said(self) -> list[str]:
        """All lines that it has printed so far."""
        with self.has_said:
            return list(self._lines_said)

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def terminate(self) -> None:
        """Ask it to end (SIGTERM; on Windows it is ended), and wait. After a while it is killed."""
        started = family(self.process.pid)
        send_signal(started, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)  # when the last of them has ended, so has the pipe
        if self.is_alive or self._reader.is_alive():
            send_signal(started, KILL)
            self.process.wait(STOP_SECONDS)
            self._reader.join(STOP_SECONDS)

    def end(self) -> None:
        """Leave nothing behind, but for a daemon, which nobody can find."""
        if self.is_alive:  # else its number may be another's by now
            send_signal(family(self.process.pid), KILL)
        self.process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)


class Graded:
    """What a check gets: the running server, and a way to send people there."""

    def __init__(
        self,
        running: Running,
        journal: Journal,
        stack: contextlib.ExitStack,
        ignores: Callable[[str], bool],
    ) -> None:
        self.running = running
        self.journal = journal
        self._stack = stack
        self._ignores = ignores
        with running.has_said:  # what earlier checks have made it print explains nothing here
            running.output.clear()

    def name(self, name: str) -> str:
        """`name`, with a number where an earlier check on the same server may have used it."""
        number = self.running.checks_served
        return f"{name}{number}" if number else name

    def connect(self, name: str, *, receive_buffer_bytes: int = 0) -> Somebody:
        """Somebody who has connected; the connection is closed with the check."""
        return self._stack.enter_context(
            Somebody(
                name,
                ("127.0.0.1", self.running.port),
                self.journal,
                self.running.patience,
                ignores=self._ignores,
                receive_buffer_bytes=receive_buffer_bytes,
            )
        )

    def descriptors(self) -> int:
        """How many descriptors the server has open; 0 where the system does not tell."""
        folder = Path(f"/proc/{self.running.process.pid}/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0

    def prints(self, text: str) -> None:
        """A line with this text in it must be printed on the console."""
        if not self.running.says(text):
            raise Verdict(
                "silence",
                f"The server's console should show a line with '{text}',\n"
                f"     but showed none within {self.running.patience:g} s",
            )
        self.journal.add(f"the server prints a line with '{text}'")

    def prints_nothing_with(self, text: str) -> None:
        """No line that was printed so far may hold this text."""
        for line in self.running.said():
            if text in line:
                raise Verdict(
                    "mismatch", f"The console shows what it should not: {readable(line.encode())}"
                )
