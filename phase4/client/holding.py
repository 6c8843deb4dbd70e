"""What was sent just before a loss is held back, until it is known what of it has arrived. No I/O.

The server's history tells that (phase4/client/own_said.py). Of a server that keeps none, and where
the answer does not come, nothing is known: then all of it is sent again.

What is said to one person is in no history. But the server reads lines in their order: so a private
line has arrived where a public one behind it has. One with none behind it is sent again.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from phase4.client.dialogue import Dialogue
from phase4.client.missed import Seen
from phase4.client.send_queue import SendQueue
from shared.request import Say, parse

HOLD_SECONDS = 10.0
"""After a return nothing of the person's waits longer. An answer takes milliseconds, as a rule; but
the server may not know yet that the old connection is lost, and still take lines from it."""


class Holding:
    """Knows when to hold back. It outlives connections."""

    def __init__(self, lines: SendQueue, seen: Seen, clock: Callable[[], float]) -> None:
        self._lines = lines
        self._seen = seen
        self._clock = clock
        self._until = 0.0
        # The number of the last message that had come when we looked last.
        self._number: int | None = None

    @property
    def due(self) -> list[float]:
        """By the clock, when it has been long enough; empty where nothing is held back."""
        return [self._until] if self._lines.is_held else []

    @property
    def is_overdue(self) -> bool:
        """Whether something has been held back for long enough."""
        return self._lines.is_held and self._clock() >= self._until

    def connected(self) -> None:
        """There is another connection. What may have arrived is held back."""
        self._lines.is_held = self._lines.rewound > 0

    def came_in(self) -> None:
        """The time begins."""
        self._until = self._clock() + HOLD_SECONDS

    def end_within(self, seconds: float) -> None:
        """The client ends: half of the time that is left is for what is held back."""
        self._until = min(self._until, self._clock() + seconds / 2)

    def note_sent(self, lines: Iterable[tuple[int, bytes]], now: datetime) -> None:
        """These are on their way, each with its number among all that the person has sent."""
        for number, line in lines:
            match parse(line.decode(errors="replace").rstrip("\n")):
                case Say(said):
                    self._seen.own.sent(number, said, now)

    def let_go(self, dialogue: Dialogue) -> None:
        """Hold nothing back. What is known to have arrived is not `rewound` any more."""
        dialogue.seek_own_no_more()
        self._lines.is_held = False
        self._lines.found(self._seen.own.found)
        if dialogue.has_caught_up and dialogue.read_up_to is not None:
            self._seen.own.begin(max(dialogue.read_up_to, self._seen.number or 0))
        else:
            self._seen.own.lose_count()

    def look(self, dialogue: Dialogue) -> None:
        """To be called after each line. Where no own line is on its way, and a message comes: those
        to come have higher numbers, and those that were said have lower ones.
        """
        before, self._number = self._number, self._seen.number
        is_quiet = not self._lines.has_sent and not self._lines.is_held
        if self._number not in (None, before) and is_quiet and dialogue.has_caught_up:
            self._seen.own.begin(self._number or 0)


def sent_again(count: int) -> str:
    """What the person is told of so many lines."""
    what = "A line" if count == 1 else f"{count} lines"
    return f"{what} that may not have arrived {'was' if count == 1 else 'were'} sent again."
