"""What the server tells about itself: one snapshot, shared by everybody who asks.

A monitor asks every few seconds, and a hundred of them ask a hundred times as often. To look at a
thousand people and to write them as JSON takes some milliseconds, in which no other thread of this
process runs Python. So a program that asks a moment after another one gets the same answer: to be
watched costs the same, however many watch.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from phase4.server.chat_log import ChatLog
from phase4.server.room import Room
from phase4.server.session import Session
from shared.status import Snapshot, format_snapshot
from shared.threaded_server import ThreadedServer
from shared.version import VERSION

if TYPE_CHECKING:
    from phase4.hub.link import Link

SNAPSHOT_SECONDS = 0.1
"""A snapshot serves everybody who asks for so long. It is half of the shortest interval of our
monitor, which therefore never gets the same one twice."""


class Shows(Protocol):
    """What a server tells its operator through: a Console, or what stands in for one."""

    dropped: int
    """Lines that were left out."""

    def print(self, text: str) -> None:
        """Show a line, soon. Any thread; never waits, never fails."""


class Figures:
    """Collects the figures of one server from its parts. Any thread may call any method."""

    def __init__(
        self,
        room: Room,
        log: ChatLog,
        console: Shows,
        servers: Sequence[ThreadedServer],
        *,
        max_people: int,
        link: "Link | None" = None,
    ) -> None:
        """`servers` accept people; what they turned away is counted. `link`: to a shared room."""
        self._link = link
        self._room = room
        self._log = log
        self._console = console
        self._servers = servers
        self._max_people = max_people
        self._started = time.time()

        # By time.monotonic(): the system's clock may be set while we run.
        self._up_since = time.monotonic()

        # Guards the sessions that run, and the bytes received in those that are over.
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()
        self._bytes_in_of_gone = 0

    @contextlib.contextmanager
    def counting(self, session: Session) -> Iterator[None]:
        """Count what `session` receives, while it runs and afterwards."""
        with self._lock:
            self._sessions.add(session)
        try:
            yield
        finally:
            with self._lock:
                self._sessions.discard(session)
                self._bytes_in_of_gone += session.bytes_in

    def snapshot(self) -> Snapshot:
        """The figures at this moment. Holds the room's lock only to copy a list."""
        with self._lock:
            bytes_in = self._bytes_in_of_gone + sum(each.bytes_in for each in self._sessions)
        room, files = self._room, self._log.files
        people = room.people()
        return Snapshot(
            server=f"phase4 {VERSION}",
            server_version=VERSION,
            pid=os.getpid(),
            started=self._started,
            up_seconds=time.monotonic() - self._up_since,
            time=time.time(),
            people_now=room.people_now,
            people_peak=room.people_peak,
            max_people=self._max_people,
            joins=room.joins,
            public_messages=room.public_messages,
            private_messages=room.private_messages,
            deliveries=room.fan_out.deliveries,
            bytes_in=bytes_in,
            bytes_out=room.fan_out.bytes_out,
            slow_disconnected=room.slow_disconnected,
            refused=sum(each.refused for each in self._servers) + room.refused,
            log_errors=sum(each.errors for each in files),
            log_lines_waiting=sum(each.waiting for each in files),
            log_lines_dropped=sum(each.dropped for each in files),
            console_lines_dropped=self._console.dropped,
            threads=threading.active_count(),
            resident_bytes=resident_bytes(),
            cpu_seconds=time.process_time(),
            **self._of_hub(),
            people=people,
        )

    def _of_hub(self) -> dict[str, Any]:
        """What a server tells of the room that it shares; nothing where it shares none."""
        if self._link is None:
            return {}
        return {
            "hub_lag_seconds": self._link.publisher.lag_seconds,
            "hub_away_seconds": self._link.outages.seconds,
            "hub_outages": self._link.outages.count,
            "servers": self._room.servers(),
        }

    def line(self) -> str:
        """One line for the console, with the time."""
        return f"[{time.strftime('%H:%M:%S')}] {self.counts()}"

    def counts(self) -> str:
        """The same without the time: how many people there are, and messages there were."""
        return f"{self._room.people_now} online, {self.messages()}"

    def messages(self) -> str:
        """How many messages there were."""
        room = self._room
        return f"{room.public_messages} public and {room.private_messages} private messages"


def resident_bytes(pid: int | str = "self") -> int | None:
    """The memory that a process holds now; None where the system does not say.

    Linux says it in proc(5), statm. The standard library knows no way elsewhere: the ru_maxrss of
    getrusage(2) is the most that the process ever held, which is another thing.
    """
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        page_bytes: int = os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):  # Windows' Python may see Linux' /proc, but has no sysconf()
        return None
    return int(pages) * page_bytes


class SharedSnapshot:
    """The snapshot that `take` gives, and its line, at most SNAPSHOT_SECONDS old. Any thread."""

    def __init__(self, take: Callable[[], Snapshot], *, seconds: float = SNAPSHOT_SECONDS) -> None:
        self._take = take
        self._seconds = seconds

        # Guards all below. It is not the room's: those who watch wait for each other, and nobody
        # else does.
        self._lock = threading.Lock()
        self._snapshot = Snapshot()

        # The line of the snapshot, once somebody has asked for it.
        self._line: bytes | None = None

        # By time.monotonic().
        self._good_until = float("-inf")

    def get(self) -> Snapshot:
        """The figures."""
        with self._lock:
            return self._fresh()

    def line(self) -> bytes:
        """The figures as the status port sends them."""
        with self._lock:
            snapshot = self._fresh()
            if self._line is None:
                self._line = format_snapshot(snapshot)
            return self._line

    def _fresh(self) -> Snapshot:
        if time.monotonic() >= self._good_until:
            self._snapshot, self._line = self._take(), None
            self._good_until = time.monotonic() + self._seconds
        return self._snapshot
