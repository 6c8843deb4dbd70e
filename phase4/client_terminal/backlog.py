"""What is shown when lines come faster than a terminal can show them. No terminal here.

A terminal draws perhaps ten thousand lines a second, and a hostile server sends a million. To show
all would make what is on the screen minutes old, and to hold all would fill the memory. So the
newest are shown, and those that concern the person; a line says how many are left out.
"""

import contextlib
import itertools
import operator
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from phase4.client import Client, Disconnected, Event, Received
from phase4.client.block import speaker_of
from phase4.client.event_queue import EVENT_QUEUE_SIZE
from phase4.client_terminal.look import concerns
from shared import message

MAX_BEHIND_LINES = EVENT_QUEUE_SIZE // 2
MAX_BEHIND_CHARACTERS = 500_000
"""What may wait to be shown: a second of drawing. If there is more, lines are left out."""

SHOWN_OF_EXCESS_LINES = 500
SHOWN_OF_EXCESS_CHARACTERS = 50_000
"""Then the newest so many are shown, and as many of the others that concern the person."""


class LeftOut(Received):
    """Says how many lines are left out: somebody may have come, gone or changed their name."""

    __slots__ = ()


LINGER_SECONDS = 0.03
"""From a line to taking those that came with it: one block is one batch. Nobody notices it."""

_Placed = tuple[int, Received]  # a line, and its place among all events


def take_batch(client: Client, is_over: Callable[[], bool]) -> list[Event]:
    """Wait for an event, and take those that came with it; of too many, those to show.

    Once `is_over()` says so, the person has left, and only the end is still to be shown.
    """
    first = client.events.get()
    if isinstance(first, Received) and speaker_of(first.message):
        time.sleep(LINGER_SECONDS)
    taken = itertools.chain([first], _others_in(client.events, is_over))
    if is_over():
        return [event for event in taken if isinstance(event, Disconnected)]
    return without_excess(taken, client.name, client.clock.time())


def _others_in(events: queue.Queue[Event], is_over: Callable[[], bool]) -> Iterator[Event]:
    """As many as there are now: they may come faster than they are taken."""
    was_over = is_over()
    with contextlib.suppress(queue.Empty):
        for _ in range(events.qsize()):
            if is_over() and not was_over:
                break
            yield events.get_nowait()


def without_excess(events: Iterable[Event], own_name: str, now: str) -> list[Event]:
    """The events to show, in order. Only lines are left out, and a line says how many.

    It never holds more lines than a backlog may have, however many `events` there are.
    """
    kept: list[tuple[int, Event]] = []
    lines = 0
    personal = _Newest(SHOWN_OF_EXCESS_LINES, SHOWN_OF_EXCESS_CHARACTERS)

    def put_by(line: _Placed) -> None:
        if concerns(line[1].message, own_name):
            personal.add(line)

    newest = _Newest(MAX_BEHIND_LINES, MAX_BEHIND_CHARACTERS, put_by)
    for place, event in enumerate(events):
        if isinstance(event, Received):
            lines += 1
            newest.add((place, event))
        else:
            kept.append((place, event))
    if lines > len(newest.lines):
        newest.shrink(SHOWN_OF_EXCESS_LINES, SHOWN_OF_EXCESS_CHARACTERS)
    if left_out := lines - len(newest.lines) - len(personal.lines):
        kept.append((newest.lines[0][0], _said(left_out, now)))
    in_order = sorted([*kept, *personal.lines, *newest.lines], key=operator.itemgetter(0))
    return [event for _, event in in_order]


class _Newest:
    """The newest of many lines: as many as there is space for, and one at least."""

    def __init__(
        self, lines: int, characters: int, push_out: Callable[[_Placed], None] = lambda _: None
    ) -> None:
        """`push_out` is given each line that has to make way for a newer one."""
        self.lines: deque[_Placed] = deque()
        self._characters = 0
        self._limits = (lines, characters)
        self._push_out = push_out

    def add(self, line: _Placed) -> None:
        """Take the next line."""
        self.lines.append(line)
        self._characters += _size(line)
        self.shrink(*self._limits)

    def shrink(self, lines: int, characters: int) -> None:
        """Push the oldest out until there are no more than so many."""
        while len(self.lines) > max(lines, 1) or (
            self._characters > characters and len(self.lines) > 1
        ):
            line = self.lines.popleft()
            self._characters -= _size(line)
            self._push_out(line)


def _size(line: _Placed) -> int:
    return len(message.format(line[1].message))


def _said(left_out: int, now: str) -> LeftOut:
    said = f"{left_out:,} lines are left out: they came faster than they can be shown."
    return LeftOut(message.Notice(now, said))
