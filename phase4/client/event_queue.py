"""The queue between the socket thread and whoever shows what it tells. It has a bound.

When it is full the socket is not read, so TCP makes the server wait: nothing is lost, and nothing
grows. (From phase 2's client, where the two threads had nothing between them but the screen.)
"""

import queue
from collections.abc import Callable

from phase4.client.events import Event, PeopleChanged

EVENT_QUEUE_SIZE = 10_000
"""Events that wait for the client: a second or two of the fastest flood that it can show."""


class EventQueue(queue.Queue[Event]):
    """Tells the socket thread when the client has made room.

    The two `wants_` flags are set by the socket thread *before* it looks, and read by the taking
    thread *after* it has taken, so one of the two always sees the other.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__(EVENT_QUEUE_SIZE)
        self.wants_room = False  # a put has failed, or is about to be tried
        self.wants_people_taken = False  # there is a newer list of people
        self.has_people = False  # a PeopleChanged is in the queue, or on its way into it
        self._ring = ring

    def _get(self) -> Event:  # queue.Queue calls this under its lock
        event = super()._get()
        if isinstance(event, PeopleChanged):
            self.has_people = False
            if self.wants_people_taken:
                self._ring()
        # At half, not at each: the threads would take turns for every single event.
        if self.wants_room and self._qsize() == self.maxsize // 2:
            self._ring()
        return event

    def offer(self, event: Event) -> bool:
        """Put, unless it is full; whether it was put. The socket thread only."""
        self.wants_room = True
        try:
            self.put_nowait(event)
        except queue.Full:
            return False
        self.wants_room = False
        return True
