"""What the scripts that show a phase's flaw have in common: a server, and people who talk to it.

`python -m phase1.flaw` and its like start a server of their own on a free port. They take another
server's module as an argument, so that you can ask the next phase's whether it has the flaw too.
"""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from shared.defaults import HOST, MAX_SERVER_LINE_BYTES
from shared.framing import LineDecoder, encode_line

START_SECONDS = 10.0  # a server starts in a tenth of a second; a slow machine is no failure


class Person:
    """A connection that says lines and hears lines."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), START_SECONDS)
        self._decoder = LineDecoder(MAX_SERVER_LINE_BYTES)
        self._unheard: list[str] = []

    def __enter__(self) -> Self:
        """Give the person."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self.socket.close()

    def say(self, line: str) -> None:
        """Send a line."""
        self.socket.sendall(encode_line(line))

    def hears(self, line: str, seconds: float) -> bool:
        """Listen for `line`, passing over all others; False if it has not come after `seconds`."""
        deadline = time.monotonic() + seconds
        while (heard := self.next_line(deadline - time.monotonic())) is not None:
            if heard == line:
                return True
        return False

    def next_line(self, seconds: float) -> str | None:
        """The next line; None where none has come after `seconds`, or the server has ended."""
        deadline = time.monotonic() + seconds
        while not self._unheard:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                return None
            self._unheard += [each for each in self._decoder.feed(data) if isinstance(each, str)]
        return self._unheard.pop(0)


@contextmanager
def running_server(module: str) -> Iterator[int]:
    """Run `python -m MODULE --port 0`; gives the port it listens on. It is ended on leaving."""
    with subprocess.Popen(
        [sys.executable, "-m", module, "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        too_late = threading.Timer(START_SECONDS, process.kill)  # ends the wait for its first line
        too_late.start()
        try:
            assert process.stdout is not None
            found = re.match(r"Listening on \S+:(\d+)$", process.stdout.readline())
            too_late.cancel()
            if not found:
                sys.exit(f"{module} did not say where it listens.")
            # What it prints must be read, or it would wait for us in print().
            threading.Thread(target=_read_to_the_end, args=(process.stdout,), daemon=True).start()
            yield int(found[1])
        finally:
            too_late.cancel()
            process.terminate()
            try:
                process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _read_to_the_end(lines: Iterable[str]) -> None:
    for _ in lines:
        pass
