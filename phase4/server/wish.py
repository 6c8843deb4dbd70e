"""What the thread of one person waits for, in a room that several servers share."""

import threading
from dataclasses import dataclass

from phase4.hub.events import Event
from phase4.server.hand import Giver
from phase4.server.member import Member
from phase4.server.refusal import Refused, RoomFull

ANSWER_SECONDS = 10.0
"""How long somebody waits for an answer. The hub needs a millisecond, or is away."""

UNREACHABLE = "The room cannot be reached now; try again later."


@dataclass(frozen=True)
class Return:
    """Somebody asks for their name again, whom the others took for gone."""

    member: Member


class Wish:
    """Made by the one that waits; decided once, by the link's thread."""

    def __init__(self, member: Member | None = None, giver: Giver | None = None) -> None:
        """Of a `member` who wants a name; of a `giver` of an order."""
        self._member = member
        self.giver = giver
        self.has_changed = False
        self._event: Event | None = None
        self._error: Refused | None = None
        self._is_decided = threading.Event()

    @property
    def member(self) -> Member:
        """Who wants a name."""
        assert self._member is not None
        return self._member

    def decide(self, event: Event | None, error: Refused | None = None) -> None:
        """Wake whoever waits."""
        self._event, self._error = event, error
        self._is_decided.set()

    def wait(self) -> Event | None:
        """What has become of it. Raises Refused."""
        if not self._is_decided.wait(ANSWER_SECONDS):
            raise RoomFull(UNREACHABLE)
        if self._error is not None:
            raise self._error
        return self._event
