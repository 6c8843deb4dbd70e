"""The way of the events from the client's thread into Tk's loop. Main thread only.

Tk's loop cannot wait for a queue, but it has timers: so it looks into the queue now and then, takes
a bounded batch, and goes on. It never waits for the other thread.
"""

import queue
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from phase4.client import Client, Event, PeopleChanged, Received
from shared import message

POLL_MILLISECONDS = 50
"""Between two looks into the queue: 20 a second look like at once, and cost next to nothing."""

BATCH_EVENTS = 200
"""Events drawn in one go. Keys and the mouse get their turn between two batches, however fast
lines come."""

BUSY_MILLISECONDS = 5
"""To the next look, while there is more than one batch."""


@dataclass(frozen=True, slots=True)
class InboxCalls:
    """What an inbox asks of the window."""

    client: Callable[[], Client | None]
    """Whose events are taken."""

    is_open: Callable[[], bool]
    """Called before each look: whether there is to be one."""

    draw: Callable[[list[message.Message], PeopleChanged | None], None]
    """Show these lines, and the latest list of people if there is a new one."""

    change: Callable[[Event], None]
    """Show what any other event means. Each comes after what was received before it."""


class Inbox:
    """Looks into the client's queue, from `look` on, until `close`."""

    def __init__(self, root: tk.Misc, calls: InboxCalls) -> None:
        self._root = root
        self._calls = calls
        self._timer = ""

    def look(self) -> None:
        """Draw what came, and look again soon."""
        if not self._calls.is_open():
            return
        events = self.take()
        try:
            self._hand_on(events)
        finally:  # a fault in one line must not end the looking
            pause = BUSY_MILLISECONDS if len(events) == BATCH_EVENTS else POLL_MILLISECONDS
            self._timer = self._root.after(pause, self.look)

    def take(self) -> list[Event]:
        """The next events, at most BATCH_EVENTS."""
        events: list[Event] = []
        client = self._calls.client()
        try:
            while client is not None and len(events) < BATCH_EVENTS:
                events.append(client.events.get_nowait())
        except queue.Empty:
            pass
        return events

    def close(self) -> None:
        """No look comes after this."""
        if self._timer:
            self._root.after_cancel(self._timer)

    def _hand_on(self, events: list[Event]) -> None:
        received: list[message.Message] = []
        people: PeopleChanged | None = None
        for event in events:
            match event:
                case Received(each):
                    received.append(each)
                case PeopleChanged():
                    people = event  # of several in one batch, the last says it all
                case _:
                    self._calls.draw(received, people)
                    received, people = [], None
                    self._calls.change(event)
        self._calls.draw(received, people)
