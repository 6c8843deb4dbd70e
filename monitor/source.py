"""Where the figures come from: one snapshot, fetched; and a thread that fetches again and again.

New here: a client whose every wait has a deadline. A status port may refuse, stall in the middle of
its line, send something else, or never stop sending; each of these is a sentence in the end, within
STATUS_SECONDS, and none of them holds up the keys, because the screen never waits for the network:
`Poller` does, in a thread of its own. From shared/: the format of the answer (status.py) and the
limits (defaults.py).
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from monitor.history import History, Moment, retry_seconds
from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import MAX_STATUS_BYTES, RECV_BYTES, REPORT_SECONDS, STATUS_SECONDS
from shared.goodbye import hang_up, shut_down
from shared.status import Snapshot, StatusError, parse_snapshot


class SourceError(Exception):
    """There is no snapshot; the text is a sentence that says why. It does not name the address."""


class NothingListensError(SourceError):
    """The machine is there, and no server is: it has not been started, or not with this port."""


class UnreadableError(SourceError):
    """Something answered that is not a status port, or not of our version."""


class Source:
    """A status port. One thread fetches; any thread may close."""

    def __init__(self, host: str, port: int, *, seconds: float = STATUS_SECONDS) -> None:
        self.address = str(Address(host, port))
        self._host = host
        self._port = port
        self._seconds = seconds  # for one fetch, from looking up the name to the end of the line
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None  # of the fetch going on; under _lock
        self._closed = False  # only ever set; under _lock

    def fetch(self) -> Snapshot:
        """Connect, read one line, close. Raises SourceError within `seconds`.

        Only the system's look-up of a host's name may take longer; nobody can put a deadline on it.
        """
        deadline = Deadline(self._seconds)
        try:
            return parse_snapshot(self._read_line(deadline))
        except StatusError as error:
            raise UnreadableError(str(error)) from error

    def close(self) -> None:
        """End a fetch that is going on, and let no other begin."""
        with self._lock:
            self._closed = True
            if self._connection:
                shut_down(self._connection)  # wakes the thread that waits in recv()

    def _read_line(self, deadline: Deadline) -> bytes:
        connection = self._connect(deadline)
        try:
            return self._read(connection, deadline)
        except TimeoutError as error:
            raise SourceError(
                f"It took the connection and gave no whole answer in {self._seconds:g} s."
            ) from error
        except OSError as error:
            raise SourceError(f"It broke off: {error.strerror or error}.") from error
        finally:
            with self._lock:
                self._connection = None
            hang_up(connection)

    def _read(self, connection: socket.socket, deadline: Deadline) -> bytes:
        """The answer up to its newline, or up to its end if the server left the newline out."""
        answer = b""
        while b"\n" not in answer:
            connection.settimeout(deadline.timeout())
            data = connection.recv(RECV_BYTES)
            if not data:
                break
            answer += data
            if len(answer) > MAX_STATUS_BYTES:
                raise UnreadableError(
                    f"It sent over {MAX_STATUS_BYTES:,} bytes: this is not a status port."
                )
        if not answer:
            raise SourceError("It hung up without an answer.")
        return answer.partition(b"\n")[0]

    def _connect(self, deadline: Deadline) -> socket.socket:
        """A connection to the first of the host's addresses that takes one."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SourceError(f"No host {self._host!r} was found: {reason}.") from error
        failure = OSError("no address")
        for index, (family, kind, protocol, _, address) in enumerate(found):
            # Each address gets its share of the time: a dead one must leave some for the next.
            share = deadline.seconds_left / (len(found) - index)
            connection = socket.socket(family, kind, protocol)
            self._announce(connection)
            try:
                connection.settimeout(max(0.001, share))
                connection.connect(address)
            except OSError as error:
                connection.close()
                failure = error
                continue
            return connection
        if isinstance(failure, ConnectionRefusedError):
            raise NothingListensError("Nothing listens there.")
        raise SourceError(self._why(failure))

    def _announce(self, connection: socket.socket) -> None:
        """Let `close` find the connection; not to be used if it has been called already."""
        with self._lock:
            if self._closed:
                connection.close()
                raise SourceError("This source is closed.")
            self._connection = connection

    def _why(self, error: OSError) -> str:
        if isinstance(error, TimeoutError):
            return f"It does not take the connection within {self._seconds:g} s."
        return f"It cannot be reached: {error.strerror or error}."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one fetch: a snapshot, or else the problem."""

    at: Moment
    snapshot: Snapshot | None
    problem: str = ""
    is_unreadable: bool = False  # something did answer, but not with a snapshot
    seconds: float = 0.0  # from the connection's beginning to the snapshot's end


def remember(history: History, answer: Answer) -> None:
    """Make an answer a part of the history. The history's thread."""
    if answer.snapshot:
        history.succeed(answer.snapshot, answer.at, answer.seconds)
    else:
        history.fail(answer.problem, answer.at, unreadable=answer.is_unreadable)


_MAX_ANSWERS = 100  # that nobody took; the oldest go first
_JOIN_SECONDS = 0.5


class Poller:
    """Fetches every `interval_seconds`, in a thread of its own. Use it in a `with` statement.

    `on_answer` is called in that thread, when there is something to take.
    """

    def __init__(
        self,
        source: Source,
        interval_seconds: float = REPORT_SECONDS,
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._on_answer = on_answer
        self._changed = threading.Condition()
        self._interval_seconds = interval_seconds  # under _changed
        self._stopping = False  # under _changed
        self._answers: deque[Answer] = deque(maxlen=_MAX_ANSWERS)  # under _changed
        # A daemon, for the one wait that has no deadline (see Source.fetch).
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, also in the middle of a fetch."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._source.close()
        self._thread.join(_JOIN_SECONDS)

    def take(self) -> list[Answer]:
        """The answers since the last call, oldest first. Never waits for the network."""
        with self._changed:
            answers = list(self._answers)
            self._answers.clear()
        return answers

    def set_interval(self, seconds: float) -> None:
        """Fetch this often from now on, and at once if that much time has gone by."""
        with self._changed:
            self._interval_seconds = seconds
            self._changed.notify()

    def _run(self) -> None:
        while not self._is_stopping():
            started = time.monotonic()
            answer = self._fetch()
            with self._changed:
                self._answers.append(answer)
            self._on_answer()
            self._wait(started, is_gone=answer.snapshot is None)

    def _is_stopping(self) -> bool:
        with self._changed:
            return self._stopping

    def _fetch(self) -> Answer:
        began = time.monotonic()
        try:
            snapshot = self._source.fetch()
        except UnreadableError as error:
            return Answer(Moment.now(), None, str(error), is_unreadable=True)
        except SourceError as error:
            return Answer(Moment.now(), None, str(error))
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame: said, and tried again
            return Answer(Moment.now(), None, f"A fault in this program: {error!r}.")
        return Answer(Moment.now(), snapshot, seconds=time.monotonic() - began)

    def _wait(self, started: float, *, is_gone: bool) -> None:
        """Until the next fetch is due. A server that is gone is looked for more often."""
        with self._changed:
            while not self._stopping:
                interval = self._interval_seconds
                if is_gone:
                    interval = retry_seconds(interval)
                left = started + interval - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
