"""Real processes and real sockets for the checks, with a deadline on every wait.

`Program` runs one of ours as a user would and reads what it prints; `Peer` is the other end of a
connection. Nothing here sleeps to synchronise: a check waits for a line, or for the end of the
stream, and to show that something did *not* arrive it sends a marker after it and sees the marker
come next (a fence).
"""

import contextlib
import errno
import os
import queue
import random
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
GIVEN_BY_NO_SYSTEM = range(20_000, 32_000)  # Linux begins at 32768, others at 49152
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""The signals that ask a program to end, in order."""
_MIND_CTRL_C_ALONE = ("phase1.server",)  # as written by hand
SECONDS = 25.0  # for what takes milliseconds: a slow machine is no failure, a hanging one is


def wait_until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait for a fact that only asking can tell (a file, a process); fail after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()  # never set: wait() on it is a pause between two looks
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        pause.wait(0.01)


def look_in_sbin() -> None:
    """From here on, find what Debian has in the PATH of root alone: haproxy, for one."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    sbin = ("/usr/local/sbin", "/usr/sbin", "/sbin")
    more = [each for each in sbin if each not in path and os.path.isdir(each)]
    os.environ["PATH"] = os.pathsep.join([*path, *more])


def environment() -> dict[str, str]:
    """The environment of a program under test: its output comes at once, and in UTF-8."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


class Program:
    """`python -m MODULE ARGUMENTS...` in a process of its own, its output read line by line.

    Use it in a `with` statement; leaving it ends the process, whatever happened.
    """

    python: Sequence[str] = ()
    """The words that start Python, if it is not the one that runs this."""
    how: tuple[str, ...] = ("-m",)
    """What Python is told before the arguments."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
        stdin: int = subprocess.PIPE,
    ) -> None:
        self.arguments = arguments
        self.output: list[str] = []  # all lines so far, without their newline
        self._lines: queue.Queue[str | None] = queue.Queue()
        # A process group of its own: so it can be ended with all that it has started, and on
        # Windows, so that Ctrl-C can be sent to it alone.
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        self.process = subprocess.Popen(
            [*(self.python or (sys.executable,)), *self.how, *arguments],
            cwd=cwd,
            env={**environment(), **(env or {}), "PYTHONPATH": str(ROOT)},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=new_group,
            process_group=0 if sys.platform != "win32" else None,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self._lines.put(None)

    def __enter__(self) -> Self:
        """Give the program itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process and what it has started. After a failure, show what it had printed."""
        self.kill()
        self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        with contextlib.suppress(queue.Empty):
            while (line := self._lines.get_nowait()) is not None:
                self.output.append(line)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        if kind is not None:
            print(f"--- output of {' '.join(self.arguments)} ---", *self.output, "---", sep="\n")

    def kill(self) -> None:
        """End the process and what it has started, at once. Any thread."""
        if sys.platform == "win32":
            self.process.kill()
            return
        # Also when it has ended by itself: a child of its own that lives on would hold the pipe
        # open, and we would wait for its end.
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: zombies
            os.killpg(self.process.pid, signal.SIGKILL)

    def expect(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        """Read on until a line in which `pattern` is found; fail at the end or after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(
                    f"no line like {pattern!r} within {seconds:g} s; so far: {self.output}"
                ) from None
            assert line is not None, f"it ended without a line like {pattern!r}: {self.output}"
            self.output.append(line)
            if found := re.search(pattern, line):
                return found

    def type(self, text: str) -> None:
        """Write to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def end_of_input(self) -> None:
        """Close its standard input, as Ctrl-D does."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal(self, number: int) -> None:
        """Send a signal. Windows sends none to another program: there Ctrl-Break asks it to end."""
        if sys.platform == "win32" and number in (signal.SIGINT, signal.SIGTERM):
            self._break()
        else:
            send_signal(self.process, number)

    def _break(self) -> None:
        """Press Ctrl-Break in its console; the check is skipped where that cannot be asked."""
        import pytest  # not above: a learner's tools do without it

        if self.arguments[0] in _MIND_CTRL_C_ALONE:
            pytest.skip("it minds Ctrl-C alone, which no program can send to one other on Windows")
        try:
            self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", 0))
        except OSError as error:
            pytest.skip(f"no console here in which to press Ctrl-Break: {error}")

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.signal(signal.SIGINT)

    def wait(self, seconds: float = SECONDS) -> int:
        """Wait for its end; its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it had not ended after {seconds:g} s: {self.output}") from None

    def rest_of_output(self) -> list[str]:
        """All it printed, after its end."""
        self.wait()
        self._reader.join(SECONDS)
        with contextlib.suppress(queue.Empty):
            while (line := self._lines.get_nowait()) is not None:
                self.output.append(line)
        return self.output


def send_signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    """Send a signal. After a SIGSTOP it does nothing more: that is waited for.

    Until the thread that the system gives the signal to has its turn, all others go on.
    """
    process.send_signal(number)
    if sys.platform != "win32" and number == signal.SIGSTOP:
        os.waitpid(process.pid, os.WUNTRACED)


class Server(Program):
    """One of our servers on a free port, ready: it has printed the address it listens on."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(module, "--port", str(port), *arguments, cwd=cwd, env=env)
        try:
            found = self.expect(r"[Ll]istening on (?:\[([^\]]+)\]|([^\s:]+)):(\d+)")
        except AssertionError:
            self.__exit__(AssertionError, None, None)
            raise
        self.host: str = found[1] or found[2]
        self.port = int(found[3])

    def connect(self) -> "Peer":
        """A new connection to it."""
        return Peer(self.host, self.port)


class Peer:
    """The test's end of a TCP connection that carries lines.

    `secure` makes of the connected socket something that behaves like one, and speaks TLS.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        receive_buffer_bytes: int = 0,
        connect_seconds: float = SECONDS,
        secure: Callable[[socket.socket], socket.socket] | None = None,
    ) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer_bytes:  # before connect(): it sets the window that is offered
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        # Before connect() as well: macOS refuses all options once the peer has gone.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(connect_seconds)
        try:
            # The zone of a link-local address is a number in an address, which getaddrinfo() finds.
            place = socket.getaddrinfo(host, port)[0][4] if "%" in host else (host, port)
            self.socket.connect(place)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(SECONDS)
        if secure:
            self.socket = secure(self.socket)
        self._unread = b""

    def __enter__(self) -> Self:
        """Give the peer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def send(self, *lines: str) -> None:
        """Send lines, in one piece."""
        self.send_bytes("".join(line + "\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def read_bytes_until_end(self, seconds: float = SECONDS) -> bytes:
        """Everything up to the end of the stream."""
        deadline = time.monotonic() + seconds
        while self._receive(deadline):
            pass
        data, self._unread = self._unread, b""
        return data

    def read_line(self, seconds: float = SECONDS) -> str:
        """The next line, without its newline. Fails at the end of the stream."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._unread:
            if not self._receive(deadline):
                raise AssertionError(f"the stream ended; unfinished: {self._unread!r}")
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def expect(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        """The next line must match `pattern` wholly."""
        line = self.read_line(seconds)
        found = re.fullmatch(pattern, line)
        assert found, f"expected a line like {pattern!r}, got {line!r}"
        return found

    def skip_to(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        """Read lines until one matches `pattern` wholly."""
        deadline = time.monotonic() + seconds
        while True:
            line = self.read_line(max(0.0, deadline - time.monotonic()))
            if found := re.fullmatch(pattern, line):
                return found

    def expect_end(self, seconds: float = SECONDS) -> None:
        """The stream must end here: nothing unread, then the peer's FIN (or a reset)."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ConnectionError):
            while self._receive(deadline):
                pass
        assert not self._unread, f"expected the end of the stream, got {self._unread!r}"

    def hold_back(self) -> None:
        """From here on what is sent waits for the end of our direction, and arrives with it.

        Linux can (tcp(7), TCP_CORK). Elsewhere the end is a moment behind.
        """
        if hasattr(socket, "TCP_CORK"):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)

    def half_close(self) -> None:
        """End our direction only (FIN); we can still read."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # macOS, where the peer has ended both already
                raise

    def reset(self) -> None:
        """Close with a reset (RST), as a program that crashes with unread input does."""
        with contextlib.suppress(OSError):  # macOS, where the peer has gone already
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def has_input(self) -> bool:
        """Whether something can be read at once. Proves nothing about a moment later."""
        has_pending = getattr(self.socket, "has_pending", False)  # TLS: taken, and not read
        return bool(self._unread or has_pending or select.select([self.socket], [], [], 0)[0])

    def can_read(self, seconds: float) -> bool:
        """Whether something can be read, or the end has come, within so many seconds."""
        return self.has_input() or bool(select.select([self.socket], [], [], seconds)[0])

    def _receive(self, deadline: float) -> bytes:
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"nothing came in time; unfinished: {self._unread!r}") from None
        self._unread += data
        return data


SIGNS = 64
"""More ports than any check has in use. Each takes a descriptor: where they grow without a bound,
so do the numbers that the programs of later checks are handed, and some have a limit (HAProxy)."""

_signs: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that nobody gets unless they ask for just this one, until `SIGNS` more were given.

    For a port that must be known before its server runs, or on which nobody is to listen. One that
    the system gives for 0 would not do: once it is free, the system gives it to the next who asks,
    and others do all the time. So it is one of those that no system gives unasked; and that it is
    taken, a UDP socket of the same number tells the other processes of these checks.
    """
    for port in random.SystemRandom().sample(GIVEN_BY_NO_SYSTEM, 1000):
        sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sign.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            sign.close()
        else:
            _signs.append(sign)
            if len(_signs) > SIGNS:
                _signs.popleft().close()
            return port
    raise AssertionError("of 1,000 ports, none is free")


def run(*arguments: str, seconds: float = SECONDS, cwd: Path = ROOT) -> tuple[int, str]:
    """Run `python -m ARGUMENTS...` to its end; its exit status and all its output."""
    with Program(*arguments, cwd=cwd) as program:
        program.end_of_input()
        status = program.wait(seconds)
        return status, "\n".join(program.rest_of_output())


def joined(commands: Sequence[str]) -> str:
    """Lines as one text, each with its newline."""
    return "".join(command + "\n" for command in commands)


def state_of(pid: int) -> str:
    """The letter by which ps tells what a process does; "" where there is none."""
    if Path("/proc/self/stat").exists():  # Linux, and far quicker
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
        return ""
    told = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True)
    return told.stdout.strip()[:1]
