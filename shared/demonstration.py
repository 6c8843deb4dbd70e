r"""What the scripts that show a flaw have in common: a server, people, and the wire between them.

`python -m phase1.flaw` and its like start a server of their own on a free port. They take another
server's module as an argument, so that you can ask the next phase's whether it has the flaw too.
Everything that people send and receive is printed as it happens, with the seconds since the start:

    0.001  Alice → server      14 bytes  Hello Server!\n
    0.001  server → Alice      14 bytes  Hello Client!\n

Each line is what one of the people has seen; what two of them see at the same moment has no order.
One thread does all of it: it speaks for each of them, and listens for all at once (select).
"""

import argparse
import contextlib
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.console import accept_any_text
from shared.deadline import Deadline
from shared.defaults import HOST
from shared.framing import encode_line
from shared.message import NICKNAME_PROMPT
from shared.readable import readable

START_SECONDS = 10.0  # a server starts in a tenth of a second; a slow machine is no failure
ANSWER_SECONDS = 5.0  # the same for an answer, which takes a thousandth
SILENCE_SECONDS = 0.5  # what has not come by now does not come
RECV_BYTES = 65536

EXTRA_ARGUMENTS = {
    # Nothing may touch a server that runs already; people here speak faster than they could type;
    # a random name, where one is taken, would make each run another; nobody asks for the past.
    "phase4.server": (
        *("--status-port", "0", "--quiet", "--quit-key", "off"),
        *("--flood-rate", "0", "--on-duplicate", "number", "--history", "0"),
    ),
}
LOGGING = ("phase4.server", "phase4.naive")  # these want a directory for their logs


class Wire:
    """All who are connected to one server, and a printed record of what passes. One thread."""

    def __init__(self, port: int, logs: Path) -> None:
        self.port = port
        self.logs = logs  # the directory for the server's logs, where it writes some
        self._began = time.monotonic()
        self._people: list[Person] = []
        self._folded: Counter[str] | None = None  # bytes for each direction, while they are summed
        self._folded_lines: Counter[str] = Counter()

    def connect(self, name: str) -> "Person":
        """Somebody new, connected. The server need not have noticed: the system does this."""
        person = Person(name, self)
        self._people.append(person)
        return person

    def wait(self, is_over: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> bool:
        """Listen for everybody until `is_over()`; False if it is not after `seconds`."""
        deadline = Deadline(seconds)
        while not is_over() and not deadline.has_passed:
            self._listen(deadline.seconds_left)
        self._listen(0)  # what was sent to others before this, select() may not have seen yet
        return is_over()

    def _listen(self, seconds: float) -> None:
        listening = {each.socket: each for each in self._people if each.is_listening}
        for ready in select.select(list(listening), [], [], seconds)[0]:
            listening[ready].receive()

    @contextmanager
    def summed_up(self) -> Iterator[None]:
        """Print one line for each direction when it is over, not one for each line of theirs."""
        self._folded = Counter()
        self._folded_lines = Counter()
        yield
        folded, self._folded = self._folded, None
        for direction, count in folded.items():
            lines = self._folded_lines[direction]
            self._print(direction, f"{lines:,} lines", f"{count:,} bytes in all")

    def carried(self, direction: str, data: bytes) -> None:
        """A line, or a part of one, has passed."""
        if self._folded is None:
            self._print(direction, f"{len(data):,} bytes", readable(data, with_size=False))
        else:
            self._folded[direction] += len(data)
            self._folded_lines[direction] += 1

    def note(self, direction: str, what: str, why: str = "") -> None:
        """Something else happened on the wire: SYN, FIN, RST, or nothing."""
        self._print(direction, what, why)

    def _print(self, direction: str, what: str, text: str) -> None:
        seconds = time.monotonic() - self._began
        print(f"{seconds:9.3f}  {direction:<16} {what:>11}  {text}".rstrip(), flush=True)

    def close(self) -> None:
        """Everybody leaves, unseen."""
        for each in self._people:
            each.socket.close()


class Person:
    """One end of a connection. Each method is a step, and is printed."""

    def __init__(self, name: str, wire: Wire) -> None:
        self.name = name
        self.heard: list[str] = []  # all lines so far
        self.has_seen_end = False
        self.reads = True  # set to False: from now on nothing is taken from the system
        self._wire = wire
        self._to, self._from = f"{name} → server", f"server → {name}"
        self._passed = 0  # so many of them were waited for, or passed over
        self._unfinished = b""
        self.socket = socket.create_connection((HOST, wire.port), START_SECONDS)
        self.address = "{}:{}".format(*self.socket.getsockname())
        self.known_as = self.address
        wire.note(self._to, "SYN", "and the system answers: connected")

    @property
    def is_listening(self) -> bool:
        """Whether what comes is to be read."""
        return self.reads and not self.has_seen_end and self.socket.fileno() >= 0

    def says(self, line: str) -> None:
        """Send a line."""
        self.sends(encode_line(line))

    def sends(self, data: bytes) -> None:
        """Send bytes, with one call."""
        with contextlib.suppress(OSError):  # the server has gone; what is heard will show that
            self.socket.sendall(data)
        self._wire.carried(self._to, data)

    def hears(self, text: str, seconds: float = ANSWER_SECONDS) -> bool:
        """Listen for a line with `text` in it, and pass over those before it."""
        has_come = self._wire.wait(lambda: self._find(text) is not None, seconds)
        if (found := self._find(text)) is not None:
            self._passed = found + 1
        return has_come

    def hears_something(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Listen for the next line, whatever it is."""
        return self.hears("", seconds)

    def _find(self, text: str) -> int | None:
        ahead = range(self._passed, len(self.heard))
        return next((index for index in ahead if text in self.heard[index]), None)

    def has_heard(self, *texts: str) -> bool:
        """Whether a line with each of these has come, in any order, after those waited for."""
        lines = self.heard[self._passed :]
        return all(any(text in line for line in lines) for text in texts)

    def hears_nothing(self, seconds: float = SILENCE_SECONDS) -> bool:
        """Listen for a while; True, and printed, if nothing more comes."""
        so_far = len(self.heard)
        is_silent = not self._wire.wait(lambda: len(self.heard) > so_far, seconds)
        if is_silent:
            self._wire.note(self._from, "nothing", f"for {seconds:g} s")
        return is_silent

    def joins(self, name: str = "") -> None:
        """Wait for the word of welcome of a chat, and give a name where one is asked for."""
        if self.hears_something() and self.heard[-1] == NICKNAME_PROMPT:
            self.known_as = name or self.name
            self.says(self.known_as)
            self.hears_something()

    def ends(self) -> None:
        """Say that no more will come (FIN), and wait for the server to do the same."""
        self.socket.shutdown(socket.SHUT_WR)
        self._wire.note(self._to, "FIN")
        self._wire.wait(lambda: self.has_seen_end)
        self.socket.close()

    def vanishes(self) -> None:
        """Close the connection with bytes in it that nobody has read: the system resets it."""
        self.socket.close()
        self._wire.note(self._to, "RST", "closed, with bytes unread")

    def receive(self) -> None:
        """Take what has come. It can be read: select() has said so."""
        try:
            data = self.socket.recv(RECV_BYTES)
        except OSError:
            data = b""
            self._wire.note(self._from, "RST")
        else:
            if not data:
                self._wire.note(self._from, "FIN")
        self.has_seen_end = not data
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        for line in lines:
            self._wire.carried(self._from, line + b"\n")
            self.heard.append(line.decode("utf-8", "replace"))


@contextmanager
def on_the_wire(title: str, module: str) -> Iterator[Wire]:
    """Run a server, and give the wire to it. `title` says what will be seen."""
    accept_any_text()
    with running_server(module) as (port, logs):
        print(f"{title}. The server: {module}")
        wire = Wire(port, logs)
        try:
            yield wire
        finally:
            wire.close()


@contextmanager
def running_server(module: str) -> Iterator[tuple[int, Path]]:
    """Run `python -m MODULE --port 0`, and end it; gives its port, and where its logs would be."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as logs:
        arguments = [*EXTRA_ARGUMENTS.get(module, ())]
        if module in LOGGING:
            arguments += ["--log-dir", logs]
        with subprocess.Popen(
            [sys.executable, "-m", module, "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            try:
                yield _port_of(process, module), Path(logs)
            finally:
                _end(process)


def _port_of(process: subprocess.Popen[str], module: str) -> int:
    """Wait until the server says where it listens. Raises SystemExit if it does not."""
    assert process.stdout is not None
    too_late = threading.Timer(START_SECONDS, process.kill)  # ends the wait for its first lines
    too_late.start()
    found = None
    for line in process.stdout:
        if found := re.search(r"[Ll]istening on \S+?:(\d+)", line):
            break
    too_late.cancel()
    if not found:
        sys.exit(f"{module} did not say where it listens.")
    # What it prints must be read, or it would wait for us in print().
    threading.Thread(target=_read_to_the_end, args=(process.stdout,), daemon=True).start()
    return int(found[1])


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _read_to_the_end(lines: Iterable[str]) -> None:
    for _ in lines:
        pass


def server_to_ask(program: str, default: str) -> str:
    """The module on the command line: the server that is asked whether it has the flaw."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description="Shows a flaw.")
    parser.add_argument(
        "module", nargs="?", default=default, help="the server to ask (default %(default)s)"
    )
    module: str = parser.parse_args().module
    return module
