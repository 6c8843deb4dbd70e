"""What holds in the room for this person: the topic, whether one may write, and as whom one is in.

As Presence, it is folded: each event makes the next one. Of a server that has none of this, all is
empty.

>>> state = RoomState().after(Received(Writing("10:00:00", is_open=False)))
>>> state.may_write, state.after(Received(LoggedIn("10:00:01", "Ann", is_operator=True))).may_write
(False, True)
"""

from dataclasses import dataclass, replace

from phase4.client.events import Connected, ConnectionLost, Disconnected, Event, Received, Welcomed
from shared.message import Message
from shared.rights import LoggedIn, LoggedOut, Topic, Writing

CLOSED = "The room is closed to writing. Private messages still go."


@dataclass(frozen=True, slots=True)
class RoomState:
    """Nobody changes one; `after` makes the next."""

    account: str = ""
    """As whom the person is logged in; empty: they are not."""
    is_operator: bool = False
    topic: str = ""
    is_closed: bool = False
    # Whether the server has not let the person in yet, on this connection.
    _is_new: bool = False

    @property
    def may_write(self) -> bool:
        """Whether this person may say something to everybody."""
        return self.is_operator or not self.is_closed

    def after(self, event: Event) -> "RoomState":
        """What `event` makes of it."""
        match event:
            case Connected():
                return replace(self, account="", is_operator=False, _is_new=True)
            case Welcomed() if self._is_new:  # what there is comes after this
                return replace(self, topic="", is_closed=False, _is_new=False)
            case ConnectionLost() | Disconnected():
                return replace(self, account="", is_operator=False)
            case Received(said):
                return self._heard(said)
        return self

    def _heard(self, said: Message) -> "RoomState":
        match said:
            case LoggedIn(_, name, is_operator):
                return replace(self, account=name, is_operator=is_operator)
            case LoggedOut():
                return replace(self, account="", is_operator=False)
            case Topic(text=text):
                return replace(self, topic=text)
            case Writing(is_open=is_open):
                return replace(self, is_closed=not is_open)
        return self
