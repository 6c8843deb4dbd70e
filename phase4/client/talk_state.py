"""How a client stands with its server: what outlives connections, and what there is now.

A Talk (talk.py) is this, and what changes it. So what is only looked at stands here, and what is
done stands there.
"""

import time
from collections.abc import Callable, Sequence

from phase4.client.account import Account, name_and_password
from phase4.client.clock import ServerClock
from phase4.client.dialogue import Dialogue, Stage
from phase4.client.events import Event
from phase4.client.holding import Holding
from phase4.client.missed import Seen
from phase4.client.send_queue import SendQueue
from shared import message


class TalkState:
    """What a client knows of itself. Not for two threads at once."""

    def __init__(
        self,
        name: str,
        password: str = "",
        *,
        reconnects: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reconnects`: after `lost`, `connected` may come again, and nothing said is lost.

        `password`: that of the name, for a server where it is registered.
        """
        self.name = ""
        """The name that the server gave; empty before. It stays while the connection is lost."""
        self.people_are_news = False
        """Whether `people` may have changed. Its reader takes this back."""
        self.server_clock = ServerClock()
        """It may be read by any thread."""
        self._reconnects = reconnects
        self._clock = clock
        name, typed = name_and_password(name)
        self._wanted_name = message.clean(name)
        self._account = Account(self._wanted_name, password or typed)
        self._seen = Seen()
        self._lines = SendQueue(keeps_sent=reconnects)
        # None while there is no connection.
        self._dialogue: Dialogue | None = None
        self._can_write = True
        # Whether it was welcomed at least once: from then on lines may wait for a return.
        self._was_in = False
        # Whether a connection was lost, and has not come back yet.
        self._is_away = False
        # Whether the person has said goodbye.
        self._is_leaving = False
        # When it has to end, once `close` was called.
        self._close_by: float | None = None
        self._is_over = False
        # When the question was asked that is under way, and when the next one is due.
        self._asked_at: float | None = None
        self._ask_by = 0.0
        self._lag_seconds: float | None = None
        self._holding = Holding(self._lines, self._seen, clock)
        # What has happened, and nobody has taken.
        self._news: list[Event] = []
        # Sentences for the person, once they are in.
        self._remarks: Sequence[str] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, and nobody has closed it."""
        return self._dialogue is not None and not self.is_closing and not self._is_over

    @property
    def is_away(self) -> bool:
        """Whether a connection that was lost has not come back yet."""
        return self._is_away and not self._is_over

    @property
    def is_confidential(self) -> bool:
        """Whether nobody on the way can read what is sent; as on the last connection."""
        return self._account.is_confidential

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called, or the person has left where nobody could be told."""
        return self._close_by is not None

    @property
    def may_return(self) -> bool:
        """Whether a connection that is lost now is worth another one."""
        return self._reconnects and self._was_in and not self._is_leaving and not self.is_closing

    @property
    def has_said_all(self) -> bool:
        """Whether `close` was called, and all that was to be sent is written."""
        return self.is_closing and not self._lines.wire and not self._lines.is_held_up

    @property
    def must_end(self) -> bool:
        """Whether `close` was called, and its time is up."""
        return self._close_by is not None and self._clock() >= self._close_by

    @property
    def is_unanswered(self) -> bool:
        """Whether it has been the server's turn for so long that it is not a chat server."""
        dialogue = self._dialogue
        return dialogue is not None and dialogue.awaits_server and self._clock() >= dialogue.due

    @property
    def due(self) -> float | None:
        """By the clock, when to look again: `to_write`, `must_end` or `is_unanswered` changes then.

        None: not before something is received or said.
        """
        due = [self._close_by] if self._close_by is not None else []
        if self._dialogue is not None and self._dialogue.awaits_server:
            due.append(self._dialogue.due)
        elif self._is_in:
            due += [self._ask_by] * self._may_ask + self._holding.due
        return min(due, default=None)

    @property
    def lag_seconds(self) -> float | None:
        """How long the server takes to answer, or has not answered now; None: not known."""
        if self._asked_at is None:
            return self._lag_seconds
        return max(self._lag_seconds or 0.0, self._clock() - self._asked_at)

    @property
    def unsent(self) -> tuple[str, ...]:
        """The lines that are not known to have arrived, oldest first."""
        return tuple(self._lines.unsent())

    def people(self) -> tuple[str, ...]:
        """The people online, sorted without regard to case; none while there is no connection."""
        return self._dialogue.roster.in_order() if self._dialogue is not None else ()

    @property
    def knows_people(self) -> bool:
        """Whether `people` are all that the server has told of, and not only the first heard of."""
        return self._dialogue is not None and self._dialogue.roster.is_known

    @property
    def _is_in(self) -> bool:
        return self._dialogue is not None and self._dialogue.stage is Stage.IN

    @property
    def _is_refused(self) -> bool:
        """Whether the person has to give another name."""
        return self._dialogue is not None and self._dialogue.stage is Stage.REFUSED

    @property
    def arrived(self) -> int:
        """How many of the lines that `send` took the server is known to have."""
        return self._lines.arrived

    @property
    def _may_ask(self) -> bool:
        """Not after a goodbye: to answer a socket that is closed, a server sends a reset.

        But where lines are held up, so is the goodbye.
        """
        is_going = self._is_leaving or self.is_closing
        must_not = is_going and not self._lines.is_held_up
        return self._reconnects and self._asked_at is None and not must_not and self._can_write
