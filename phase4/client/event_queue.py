"""The queue between the socket thread and the one that shows what it tells. It has a bound.

When it is full the socket is not read, so TCP makes the server wait: nothing is lost, and nothing
grows. (From phase 2's client, where the two threads had nothing between them but the screen.)
"""

import contextlib
import dataclasses
import queue
from collections import deque
from collections.abc import Callable

from phase4.client.events import Event, PeopleChanged, Received

EVENT_QUEUE_SIZE = 10_000
"""Events that wait for their reader: a second or two of the fastest flood that it can show."""

MAX_QUEUED_CHARACTERS = 4_000_000
"""In the lines that wait: as many long ones as there may be short ones would be 160 MB."""


class EventQueue(queue.Queue[Event]):
    """Tells the socket thread when its reader has made space.

    The two `wants_` flags are set by the socket thread *before* it looks, and read by the taking
    thread *after* it has taken, so one of the two always sees the other.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__(EVENT_QUEUE_SIZE)
        # Whether a put has failed, or is about to be tried.
        self.wants_space = False
        # Whether there is a newer list of people.
        self.wants_people_taken = False
        # Whether a PeopleChanged is in the queue, or on its way into it. The socket thread sets
        # it, and the taking thread takes it back.
        self.has_people = False
        # The characters in the lines that wait; written under the queue's own lock.
        self._characters = 0
        # Events that found no space. The socket is not read meanwhile. The socket thread's alone.
        self.pending: deque[Event] = deque()
        self._ring = ring

    def _put(self, event: Event) -> None:  # queue.Queue calls this under its lock
        super()._put(event)
        self._characters += _characters_of(event)

    def _get(self) -> Event:  # queue.Queue calls this under its lock
        event = super()._get()
        before = self._characters
        self._characters -= _characters_of(event)
        if isinstance(event, PeopleChanged):
            self.has_people = False
            if self.wants_people_taken:
                self._ring()
        # At half, not at each: the threads would take turns for every single event.
        half = MAX_QUEUED_CHARACTERS // 2
        is_half = self._qsize() == self.maxsize // 2 or self._characters < half <= before
        if self.wants_space and is_half:
            self._ring()
        return event

    def offer(self, event: Event) -> bool:
        """Put, unless it is full; whether it was put. The socket thread only."""
        self.wants_space = True
        if self._characters > MAX_QUEUED_CHARACTERS:
            return False
        try:
            self.put_nowait(event)
        except queue.Full:
            return False
        self.wants_space = False
        return True

    def tell(self, event: Event) -> None:
        """Put, or let it wait in `pending`. The socket thread only."""
        self.pending.append(event)
        self.flush()

    def flush(self) -> None:
        """Put what is pending, as far as there is space. The socket thread only."""
        while self.pending and self.offer(self.pending[0]):
            self.pending.popleft()

    def force(self, event: Event) -> None:
        """Put, and drop what is in the way of it. The socket thread, or `close` in its place."""
        while not self.offer(event):
            with contextlib.suppress(queue.Empty):
                self.get_nowait()


def _characters_of(event: Event) -> int:
    """Roughly how much memory an event takes: its texts."""
    if not isinstance(event, Received):
        return 0
    message = event.message
    values = (getattr(message, field.name) for field in dataclasses.fields(message))
    return sum(len(value) for value in values if isinstance(value, str))
