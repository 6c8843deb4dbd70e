"""Servers of one room that read and say things when a check tells them to, and a page."""

import contextlib
from types import SimpleNamespace
from typing import Any, cast

from phase4.accounts.moderation import Moderation
from phase4.hub.events import Whispered
from phase4.hub.operations import Begin, Operation, decode, encode
from phase4.hub.state import State
from phase4.server.clock import SteadyClock
from phase4.server.gate import Gate
from phase4.server.member import Member
from phase4.server.offering import entry_of, resume_of
from phase4.server.outbox import Outbox
from phase4.server.refusal import Refused
from phase4.server.shared_room import SharedRoom
from phase4.server.unseen import Unseen
from phase4.server.wish import Wish
from shared.address import Address
from shared.message import Private, parse
from tests.phase4.hub.samples import TIME


def new_room(log: object, **options: Any) -> SharedRoom:
    """One that logs there, and that nobody watches. It takes no link yet."""
    return SharedRoom(
        cast(Any, log),
        lambda time, text: None,
        print,
        max_people=100,
        on_duplicate="number",
        show_addresses=False,
        gate=Gate((), Moderation(), SteadyClock()),
        **options,
    )


class Server:
    """A room whose link is moved by hand: it says and reads what is due when it is told to."""

    def __init__(self, name: str, stream: list[bytes]) -> None:
        """As the hub's link, it is `server`, and has a `state`."""
        self.server = name
        self.state = State()
        self.publisher = SimpleNamespace(wait_for_room=lambda is_over: None)
        self.has_resumed, self.is_up = False, True
        self.whispers: list[str] = []
        self.announced: list[str] = []
        self.got: dict[Outbox, list[str]] = {}
        self._stream = stream
        self._position = self._number = 0
        self._due: list[tuple[Operation, object]] = []
        self._flights: dict[int, list[object]] = {}
        log = SimpleNamespace(public=None, private=None, connections=None, retry=None)
        self.room = new_room(log)
        self.room.fan_out.deliver = self._deliver  # type: ignore[method-assign]
        self.room.fan_out.broadcast = self._broadcast  # type: ignore[method-assign]
        file = SimpleNamespace(read=lambda: None)
        self.room.join_hub(cast(Any, self), cast(Any, file))
        self.say(Begin(0))

    def load(self, _: bytes | None) -> dict[str, Any]:
        """As Link."""
        return {}

    def say(self, operation: Operation, purpose: object = None) -> None:
        """As Link."""
        self._due.append((operation, purpose))

    def _deliver(self, line: bytes, outbox: Outbox) -> None:
        self.got.setdefault(outbox, []).append(line.decode().rstrip("\n"))

    def _broadcast(self, line: bytes, sender: Outbox | None = None, number: int = 0) -> None:
        self.announced.append(line.decode().rstrip("\n").partition("] ")[2])

    def publish(self) -> None:
        """Append what is due."""
        if self._due:
            self._number += 1
            operations = [each for each, _ in self._due]
            self._flights[self._number] = [each for _, each in self._due]
            self._stream.append(encode(self.server, self._number, operations))
            self._due = []

    def read(self, count: int) -> None:
        """Read so many entries more."""
        for data in self._stream[self._position : self._position + count]:
            self._position += 1
            batch = decode(data)
            is_ours = batch.server == self.server
            purposes = self._flights.pop(batch.number) if is_ours else []
            with self.room.fan_out:
                time = TIME + self._position
                for place, event in self.state.apply(batch, time):
                    purpose = purposes[place] if is_ours and place >= 0 else None
                    self.room.take(event, purpose, is_ours=is_ours, time=time)
                    self._note(event)
                if self.state.is_dead(self.server):
                    self._begin_again()

    def skip_to(self, other: "Server") -> None:
        """Go on at the snapshot of another server, by which this one is dead."""
        self._position = other._position
        with self.room.fan_out:
            self.state = other.state.copy()
            self._begin_again()

    def _note(self, event: object) -> None:
        if isinstance(event, Whispered):
            self.whispers.append(event.text)

    def _begin_again(self) -> None:
        """Take another name: the others took this server for dead. Holding the lock."""
        purposes = [each for flight in self._flights.values() for each in flight]
        purposes += [each for _, each in self._due]
        self.server += "again"
        self._due, self._flights, self._number = [], {}, 0
        self.say(Begin(0))
        self.room.buried(purposes)

    def close(self) -> None:
        """Give its descriptors back."""
        self.room.fan_out._wakeup.close()

    @property
    def is_done(self) -> bool:
        """Whether it has nothing to do."""
        return not self._due and self._position == len(self._stream)


def settle(*servers: Server) -> None:
    """Have all say and read what there is, in turn."""
    while not all(each.is_done for each in servers):
        for each in servers:
            each.publish()
            each.read(1)


class Page:
    """Somebody's. It counts the private lines that it has shown."""

    def __init__(self, name: str = "Wendy") -> None:
        self.name = name
        self._secret = f"{name}'s"
        self.shown: list[str] = []
        self._at: tuple[Server, Member, Wish] | None = None
        self._taken = 0

    def come(self, server: Server) -> None:
        """Connect to a server. The connection before is silent from here on."""
        member = Member(Outbox(cast(Any, None)), Address("192.0.2.7", 1))
        member.secret, member.unseen = self._secret, Unseen(len(self.shown))
        server.room.connect(member)
        wish = Wish(member)
        resume = resume_of(member)
        assert resume is not None
        server.say(resume)
        server.say(entry_of(member, [self.name], self.name), wish)
        self._at, self._taken = (server, member, wish), 0

    @property
    def is_coming(self) -> bool:
        """Whether the server has not answered yet."""
        return self._at is not None and not self._at[2]._is_decided.is_set()

    @property
    def got(self) -> list[str]:
        """All that has come to its connection."""
        return self._at[0].got.setdefault(self._at[1].outbox, []) if self._at is not None else []

    def show(self, count: int = 1_000_000) -> None:
        """Show so many of the private lines that have come, and that it has not shown yet."""
        private = [each.text for each in map(parse, self.got) if isinstance(each, Private)]
        new = private[self._taken : self._taken + count]
        self._taken += len(new)
        self.shown += new

    def whisper(self, to: str, text: str) -> None:
        """Say this to somebody, once all that was missed is here, and where it is not cut off."""
        if self._at is not None:
            server, member, _ = self._at
            if member.arrival and member not in server.room.coming_back._awaited:
                with contextlib.suppress(Refused):
                    server.room.whisper(member, to, text)

    def lose(self) -> None:
        """The server notices that the connection is dead."""
        if self._at is not None:
            server, member, _ = self._at
            server.room.leave(member, "connection lost")

    def be_impatient(self) -> None:
        """What another server keeps does not come in time."""
        if self._at is not None:
            server, member, _ = self._at
            with server.room.fan_out:
                server.room.coming_back._go_on(member)
