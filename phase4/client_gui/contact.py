"""The client that the window listens to, and where one stands with its server. Main thread only.

Nothing is shown here: `app` does that.
"""

import time
from collections.abc import Iterable
from dataclasses import replace

from phase4.client import Client, Event, NameRefused, PasswordAsked, Received, Trust
from phase4.client.presence import Presence, State
from phase4.client.room_state import RoomState
from phase4.client_gui.ending import CLOSE_SECONDS, close_behind
from phase4.client_gui.target import Target
from shared.message import Message
from shared.rights import Right


class Contact:
    """One client at a time; between two, none."""

    def __init__(self, target: Target, trust: Trust | None, password: str = "") -> None:
        """`trust` says whose certificates will do where the target has TLS; None: any, as long as
        it does not change. `password`: that of the name, at this server.
        """
        self._password, self._password_is_for = password, target.place
        self.target = target
        self.trust = trust or Trust()
        self.client: Client | None = None
        """None: the window is not connected to any server."""
        self.presence = Presence()
        self.room = RoomState()
        """What holds in the room."""
        self.asked_name = ""
        """Of which name the password was asked for last."""

    @property
    def is_away(self) -> bool:
        """Whether the connection is lost, and being tried again."""
        return self.presence.state is State.AWAY

    @property
    def people(self) -> tuple[str, ...]:
        """Those online."""
        return self.client.people if self.client is not None else ()

    def asks_at(self, target: Target) -> bool:
        """Whether the server of this target waits for another name."""
        is_same_server = replace(target, name="") == replace(self.target, name="")
        is_asking = self.client is not None and self.presence.state is State.ASKING
        return is_asking and is_same_server

    def begin(self, target: Target, password: str = "") -> None:
        """Let a new client connect there. The one before has to be let go of."""
        self.target = target
        trust = self.trust if target.has_tls else None
        if not password and target.place == self._password_is_for:
            password = self._password
        self.client = Client(
            *(target.host, target.port, target.name),
            password=password,
            reconnect=True,
            trust=trust,
        )
        self.client.start()
        self.presence = self.presence.starting()

    def try_name(self, name: str) -> None:
        """Give another name, which the server waits for. Raises SendError where it does not."""
        assert self.client is not None
        self.target = replace(self.target, name=name)
        self.client.send_name(name)
        self.presence = self.presence.starting()

    def is_asked(self, name: str) -> bool:
        """Whether the server waits for the password of this name."""
        return self.presence.state is State.ASKING and self.asked_name == name

    def try_password(self, password: str) -> None:
        """Log in, as the server has asked. Raises SendError where it does not."""
        assert self.client is not None
        self.client.send_password(password)
        self.presence = self.presence.starting()

    def retry_now(self) -> bool:
        """Where the connection is lost, do not wait for the next try; whether it is."""
        if self.client is None or not self.is_away:
            return False
        self.client.retry_now()
        return True

    def stop_trying(self) -> None:
        """Do not connect again by itself any more; Disconnected will come."""
        if self.client is not None and self.is_away:
            close_behind(self.client)

    def after(self, event: Event) -> Presence:
        """Note what an event changes; how it was before."""
        before, self.presence = self.presence, self.presence.after(event, time.monotonic())
        self.room = self.room.after(event)
        if isinstance(event, PasswordAsked | NameRefused):
            self.asked_name = event.name if isinstance(event, PasswordAsked) else ""
        return before

    def heard(self, received: Iterable[Message]) -> None:
        """Note what the server said of the room."""
        for each in received:
            if isinstance(each, Right):
                self.room = self.room.after(Received(each))

    def let_go(self, *, wait: bool = False) -> None:
        """Have no client any more. Its end is waited for by a thread: the window goes on."""
        old, self.client = self.client, None
        self.presence = self.presence.left()
        self.room = RoomState()
        if old is not None and wait:
            old.close(CLOSE_SECONDS)
        elif old is not None:
            close_behind(old)
