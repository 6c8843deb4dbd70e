"""What the FanOut holds: what one connection is still owed, and what is added for all. No I/O."""

import threading
from collections import deque
from collections.abc import Callable

from phase4.server.log_file import Log
from phase4.server.personal import Personal
from shared.stream import Stream


class Outbox:
    """What one connection is still owed. Its socket is non-blocking and open until `released`."""

    __slots__ = (
        "connection",
        "finish_by",
        "is_broken",
        "must_hang_up",
        "released",
        "unsent",
        "unsent_bytes",
        "waits_since",
    )

    def __init__(self, connection: Stream) -> None:
        self.connection = connection

        # Set by the writing thread when it will never touch the socket again. Only then may the
        # socket be closed: its descriptor's number may go to the next connection, and what was
        # meant for one person would go to another.
        self.released = threading.Event()

        # See FanOut.hang_up. Only ever set, under the FanOut's lock.
        self.must_hang_up = False

        # All below belong to the writing thread. First what the socket has not taken yet, and its
        # size in bytes, which other threads may read, for show.
        self.unsent: deque[memoryview] = deque()
        self.unsent_bytes = 0

        # When the socket last took something, by time.monotonic(). Valid while data is unsent.
        self.waits_since = 0.0

        # Nothing more will be added: the outbox is released when it is empty, or at this time.
        self.finish_by = 0.0

        # Nothing can be sent to this socket any more.
        self.is_broken = False


class Batch:
    """What was added since the writing thread took the last one. Under the FanOut's lock."""

    __slots__ = ("finished", "lines", "logged", "numbers", "personal", "sent", "weight")

    def __init__(self) -> None:
        # What is said to everybody, in order; and by place, the numbers of the messages among it.
        self.lines: list[bytes] = []
        self.numbers: dict[int, int] = {}

        # The size in bytes of everything: also what is personal, and the entries of the logs.
        self.weight = 0

        self.personal: dict[Outbox, Personal] = {}
        self.logged: dict[Log, list[bytes]] = {}
        self.finished: list[Outbox] = []

        # To be called once all of it is in the logs, and was given to the sockets or outboxes.
        self.sent: list[Callable[[], object]] = []
