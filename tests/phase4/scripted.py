"""A server that a check plays line by line, and a client whose events it waits for.

For all that a real server would never say, or not at the wished moment.
"""

import queue
import socket
from collections.abc import Callable
from typing import TypeVar

from phase4.connection import (
    Connection,
    Disconnected,
    Event,
    PeopleChanged,
    Received,
    Welcomed,
)
from shared import message
from tests.harness import SECONDS, Peer

WELCOME = "[10:00:00] * Welcome, Ann! 1 online. /help lists the commands."
NOBODY_ELSE = "[10:00:00] * 1 online: Ann"

AnyEvent = TypeVar("AnyEvent", bound=Event)


class Client(Connection):
    """A connection, and how a check waits for its events."""

    def next(self) -> Event:
        """The next event."""
        try:
            return self.events.get(timeout=SECONDS)
        except queue.Empty:
            raise AssertionError("no event came in time") from None

    def until(self, kind: type[AnyEvent]) -> AnyEvent:
        """Take events until one of this kind."""
        while not isinstance(event := self.next(), kind):
            assert not isinstance(event, Disconnected), event
        return event

    def received(self) -> message.Message:
        """The next line to show."""
        return self.until(Received).message

    def until_in(self) -> None:
        """Take events until this client is in, as Ann and alone."""
        assert self.until(Welcomed) == Welcomed("Ann")
        assert self.received() == message.parse(WELCOME)
        self.until_people("Ann")

    def until_people(self, *names: str) -> None:
        """Take events until exactly these are online."""
        while self.until(PeopleChanged).names != names:
            pass
        assert self.people == names


class ScriptedServer:
    """A listener, and the one connection that the check plays the server on."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        self.port: int = self.listener.getsockname()[1]

    def accept(self) -> "Speaker":
        """The client's connection."""
        return Speaker(self.listener.accept()[0])


class Speaker(Peer):
    """The server's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def prompt(self) -> str:
        """Ask for the name; the answer."""
        self.send(message.NICKNAME_PROMPT)
        return self.read_line()

    def let_in(self) -> None:
        """Do all that a server does until the person is in, who is Ann, and alone."""
        self.prompt()
        self.send(WELCOME)
        self.expect("/who")
        self.send(NOBODY_ELSE)


Connect = Callable[..., Client]
"""connect(port, name="Ann", host="127.0.0.1", *, reconnect=False): it has been started."""
