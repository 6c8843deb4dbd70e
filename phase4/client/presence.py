"""Where a person stands with a server, as every client that shows a conversation keeps it.

It is folded: each event makes the next Presence of the one before. So the two can be compared, and
what a client shows depends on nothing else that has happened.

>>> Presence().starting().after(Welcomed("Ann"), 0.0).state
<State.IN: 'in the conversation'>
"""

import enum
from dataclasses import dataclass, replace

from phase4.client.events import (
    Connected,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    Secured,
    Welcomed,
)


class State(enum.Enum):
    """How far the person has come."""

    ASKING = "the person has to say where to, or give another name, or a password"
    CONNECTING = "on the way in; it is the server's turn"
    IN = "in the conversation"
    AWAY = "the connection is lost, and being tried again"
    OVER = "ended, or given up"


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a person stands. Nobody changes one; the methods make the next."""

    state: State = State.ASKING
    was_in: bool = False
    """Whether there has been a conversation: there is something to go back to."""

    secured: Secured | None = None
    """What TLS has agreed on, while there is a connection."""

    retry_at: float | None = None
    """When the next try begins, while it is being waited for."""

    end: Disconnected | None = None
    """The last event, once it is over."""

    @property
    def is_in(self) -> bool:
        """Whether the person is in the conversation, even if the connection is lost for a while."""
        return self.state in (State.IN, State.AWAY)

    def starting(self) -> "Presence":
        """The person has said where to, or has given another name."""
        return replace(self, state=State.CONNECTING, retry_at=None, end=None)

    def retrying(self) -> "Presence":
        """The pause is over, or was cut short."""
        return replace(self, retry_at=None)

    def left(self) -> "Presence":
        """The client is let go of; its events do not count any more."""
        return replace(self, state=State.OVER, secured=None, retry_at=None)

    def after(self, event: Event, now: float) -> "Presence":
        """What `event` makes of it, at the time `now`."""
        match event:
            case Connected():
                return self.retrying()
            case Secured():
                return replace(self, secured=event)
            case NameRefused() | PasswordAsked():
                return replace(self, state=State.ASKING)
            case Welcomed():
                return replace(self, state=State.IN, was_in=True, retry_at=None)
            case ConnectionLost(seconds=seconds):
                return replace(self, state=State.AWAY, secured=None, retry_at=now + seconds)
            case Disconnected():
                return replace(self.left(), end=event)
        return self
