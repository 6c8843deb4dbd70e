"""Who is here, and what they say to each other.

Everything that changes who is here, or that anybody is to hear, happens inside `with self._out:`,
the FanOut's lock. So a name is looked up and claimed in one step, a message is logged and queued
in one step, and everybody sees the same things in the same order.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from phase4.server import nicknames
from phase4.server.chat_log import ChatLog
from phase4.server.clock import Clock
from phase4.server.outbox import FanOut, Outbox
from shared import message
from shared.address import Address, ip_address
from shared.framing import encode_line
from shared.goodbye import shut_down
from shared.message import (
    DISCONNECTED_BY_OPERATOR,
    Error,
    Joined,
    Left,
    Message,
    Notice,
    Online,
    Private,
    Renamed,
    Welcome,
)
from shared.status import Person

_MOST_NAMED = 10  # in an error: behind a relay or a router, everybody has the same address
_LIST_BYTES = 4000  # names in one line of a /who answer; a longer list comes as several lines


class Refused(Exception):
    """What was asked for cannot be done; the text is a sentence for the one who asked.

    It may quote what they typed: it is cleaned where it is made a line (commands.handle).
    """


class NotHere(Refused):
    """Nobody here is called so."""


class RoomFull(Refused):
    """There are as many people as are allowed."""


@dataclass(eq=False, slots=True)
class Member:
    """A connection, and the person behind it once they have a name."""

    outbox: Outbox
    address: Address
    name: str = ""  # "" before the claim; under the lock
    since: float = 0.0  # Unix time, seconds
    messages: int = 0  # sent, public and private; under the lock
    is_gone: bool = False  # nothing is added for them any more; under the lock

    @property
    def host(self) -> str:
        """The address without the port."""
        return self.address.host


class Room:
    """The one conversation of a server. Any thread may call any method."""

    def __init__(
        self,
        fan_out: FanOut,
        log: ChatLog,
        show: Callable[[str], None],
        *,
        max_people: int,
        on_duplicate: str,
        show_addresses: bool,
    ) -> None:
        self._out = fan_out
        self._log = log
        self._show = show
        self._max_people = max_people
        self._on_duplicate = on_duplicate
        self.show_addresses = show_addresses
        # All below: under the FanOut's lock.
        self._clock = Clock()
        self._members: dict[str, Member] = {}  # by nicknames.fold(name)
        self._looks: dict[str, Member] = {}  # the same, by nicknames.look(name)
        self._connected: dict[Outbox, Member] = {}  # with those who have no name yet
        self._who_lines = b""  # what answers /who
        self._who_at = ""  # and when that was made; "" when it is true no longer
        self._is_closed = False
        self.people_peak = 0
        self.joins = 0
        self.public_messages = 0
        self.private_messages = 0
        self.slow_disconnected = 0
        self.refused = 0  # connections that were accepted, and found no room

    def open(self, text: str) -> None:
        """Note in connections.txt that the server has started: what follows is a new run."""
        with self._out:
            self._clock.tick()
            self._out.log(self._log.connections, encode_line(f"{self._clock.log} {text}"))

    # --- coming and going -----------------------------------------------------------------------

    def connect(self, member: Member) -> None:
        """Somebody is connected, and has no name yet. Raises RoomFull."""
        with self._out:
            self._connected[member.outbox] = member
            self._check_open()

    def join(self, member: Member, wanted: str) -> None:
        """Let somebody in under a name: the one they want, or what the server does instead.

        An empty name asks for a random one. Raises nicknames.BadNickname, Refused (the name is
        taken and the server was told to reject) or RoomFull.
        """
        wanted = nicknames.normalise(wanted) if wanted else ""
        is_in = bool(wanted) and self._join_as(member, (wanted,))
        if not is_in:
            others = nicknames.alternatives(wanted, self._on_duplicate)
            if not self._join_as(member, others, instead_of=wanted):
                raise Refused(f"The name {wanted} is taken.")

    def _join_as(self, member: Member, names: Iterable[str], instead_of: str = "") -> bool:
        """Claim the first name that nobody has, and announce it; False if all are taken."""
        with self._out:
            self._check_open()
            if member.is_gone:  # evicted since they gave it: nobody would release the name again
                raise RoomFull("Others took your place; try again later.")
            name = next(self._free(names), None)
            if name is None:
                return False
            self._claim(member, name)
            member.since = time.time()
            self.joins += 1
            self.people_peak = max(self.people_peak, len(self._members))
            self._clock.tick()
            self._tell(member, Welcome(self._clock.wire, name, len(self._members)))
            if instead_of:
                text = f"The name {instead_of} is taken; you are {name}."
                self._tell(member, Notice(self._clock.wire, text))
            self._announce(Joined(self._clock.wire, name))
            self._out.listen(member.outbox)  # after the announcement: it is for the others
            self._note(f"{name} joined from {member.address}")
        return True

    def _check_open(self) -> None:
        if self._is_closed:
            raise RoomFull("The server is stopping.")
        if len(self._members) >= self._max_people:
            self.refused += 1
            raise RoomFull("The server is full; try again later.")

    def _free(self, names: Iterable[str]) -> Iterator[str]:
        return (name for name in names if self._holder(name) is None)

    def _holder(self, name: str) -> Member | None:
        """Who has this name, or one that could be taken for it."""
        same = self._members.get(nicknames.fold(name))
        return same or self._looks.get(nicknames.look(name))

    def _claim(self, member: Member, name: str) -> None:
        self._members[nicknames.fold(name)] = member
        self._looks[nicknames.look(name)] = member
        member.name = name
        self._who_at = ""

    def _release(self, member: Member) -> None:
        del self._members[nicknames.fold(member.name)]
        del self._looks[nicknames.look(member.name)]
        self._who_at = ""

    def leave(self, member: Member, reason: str = "", last_words: str = "") -> None:
        """Somebody goes, for whatever reason; again does no harm. The name is free at once.

        `last_words` are an Error for the one who goes.
        """
        with self._out:
            if not member.is_gone:
                self._leave(member, reason, last_words, end=self._out.finish)

    def disconnect(self, name: str) -> bool:
        """The operator ends somebody's connection; whether somebody of that name was here.

        They read all that was for them, then why, then the end. Waits for nobody.
        """
        with self._out:
            member = self._members.get(nicknames.fold(name))
            if member is not None:
                reason, last_words = "disconnected by the operator", DISCONNECTED_BY_OPERATOR
                self._leave(member, reason, last_words, end=self._out.hang_up)
        return member is not None

    def _leave(
        self, member: Member, reason: str, last_words: str, end: Callable[[Outbox], None]
    ) -> None:
        member.is_gone = True
        self._connected.pop(member.outbox, None)
        if last_words:
            self._tell(member, Error(last_words))
        end(member.outbox)
        self._clock.tick()
        if member.name:
            self._release(member)
            self._announce(Left(self._clock.wire, member.name, reason))
            self._note(f"{member.name} left" + (f" ({reason})" if reason else ""))
        elif reason:
            self._note(f"{member.address} was refused: {reason}")

    def cut(self, outbox: Outbox, reason: str) -> None:
        """Somebody is disconnected because they do not read. The writing thread calls this."""
        with self._out:
            member = self._connected.get(outbox)
            if member is not None:
                self.slow_disconnected += 1
                self._leave(member, reason, "", end=self._out.finish)

    def evict_nameless(self) -> None:
        """End a connection without a name, to make room for others.

        The oldest of those from the address that has most of them: who opens very many connections
        takes the places from themselves.
        """
        with self._out:  # to the end: meanwhile they might give a name
            nameless = [each for each in self._connected.values() if not each.name]
            if not nameless:
                return
            [(host, _)] = Counter(each.host for each in nameless).most_common(1)
            member = next(each for each in nameless if each.host == host)
            self._leave(member, "gave no name while others waited", "", end=self._out.finish)
        shut_down(member.outbox.connection)

    def rename(self, member: Member, wanted: str) -> None:
        """Give somebody another name. Raises nicknames.BadNickname or Refused."""
        name = nicknames.normalise(wanted)
        with self._out:
            if member.is_gone:
                return
            holder = self._holder(name)
            if holder is not None and holder is not member:
                raise Refused(f"The name {holder.name} is taken.")
            if name == member.name:
                raise Refused(f"You are {name} already.")
            old = member.name
            self._release(member)
            self._claim(member, name)
            self._clock.tick()
            self._announce(Renamed(self._clock.wire, old, name))
            self._note(f"{old} is now {name}")

    def close(self, text: str) -> list[Outbox]:
        """Tell everybody, let nobody in any more, and give the outboxes that are to be emptied."""
        with self._out:
            self._is_closed = True
            self._clock.tick()
            self._announce(Notice(self._clock.wire, text))
            self._note(text)
            outboxes = list(self._connected)
            for member in self._connected.values():
                member.is_gone = True
                self._out.finish(member.outbox)
            self._connected.clear()
            self._members.clear()
        return outboxes

    def wait_for_room(self) -> None:
        """Wait while more is being said than the writing thread has taken. Not for that thread."""
        self._out.wait_for_room()

    # --- talking --------------------------------------------------------------------------------

    def say(self, member: Member, text: str) -> None:
        """A public message. `text` is clean (shared.message.clean)."""
        with self._out:
            if member.is_gone:
                return
            self._clock.tick()
            body = encode_line(f"{member.name}: {text}")
            # The same bytes as message.format(Public(...)), made once for the wire and the log.
            self._out.log(self._log.public, b"%b %b" % (self._clock.log.encode(), body))
            self._out.broadcast(b"[%b] %b" % (self._clock.wire.encode(), body), member.outbox)
            self.public_messages += 1
            member.messages += 1

    def whisper(self, member: Member, to: str, text: str) -> None:
        """A private message to a name (or an address, where those are shown). Raises Refused."""
        with self._out:
            if member.is_gone:
                return
            recipient = self._find(to)
            self._clock.tick()
            private = Private(self._clock.wire, member.name, recipient.name, text)
            entry = f"{self._clock.log} {member.name} -> {recipient.name}: {text}"
            self._out.log(self._log.private, encode_line(entry))
            self._tell(recipient, private)
            if recipient is not member:
                self._tell(member, private)
            self.private_messages += 1
            member.messages += 1

    def _find(self, to: str) -> Member:
        """The member called `to`; an address serves where addresses are shown. Raises Refused."""
        member = self._members.get(nicknames.fold(to))
        if member is not None:
            return member
        host = _as_address(to) if self.show_addresses else ""
        found = [each for each in self._members.values() if host and each.host == host]
        if not found:
            raise NotHere(f"Nobody here is called {to}.")
        if len(found) > 1:
            names = sorted(each.name for each in found)
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            some = ", ".join(names[:_MOST_NAMED])
            raise Refused(f"Several people are connected from {host}: {some}{more}. Use a name.")
        return found[0]

    def has(self, name: str) -> bool:
        """Whether somebody here is called so at this moment."""
        with self._out.lock:
            return nicknames.fold(name) in self._members

    # --- answers --------------------------------------------------------------------------------

    def tell(self, member: Member, *messages: Message) -> None:
        """Say something to one connection alone."""
        with self._out:
            if not member.is_gone:
                for each in messages:
                    self._tell(member, each)

    def notify(self, member: Member, *texts: str) -> None:
        """Tell one person something, as notices with the time."""
        with self._out:
            if not member.is_gone:
                self._clock.tick()
                for text in texts:
                    self._tell(member, Notice(self._clock.wire, text))

    def tell_who(self, member: Member) -> None:
        """Answer somebody who asks who is here."""
        with self._out:
            if not member.is_gone:
                self._out.deliver(self._who(), member.outbox)

    def _who(self) -> bytes:
        """The lines that answer /who; the same bytes for all who ask before anything changes.

        Five bytes ask for many thousand. Without a memory, a few hundred people who ask as often as
        they may would take all the time there is.
        """
        self._clock.tick()
        if self._who_at != self._clock.wire:
            lines = [encode_line(message.format(each)) for each in self._online()]
            self._who_lines, self._who_at = b"".join(lines), self._clock.wire
        return self._who_lines

    def _online(self) -> Iterator[Online]:
        people = sorted(self._members.values(), key=lambda each: nicknames.fold(each.name))
        texts = (
            [f"{each.name} ({each.host})" for each in people]
            if self.show_addresses
            else [each.name for each in people]
        )
        total, part, size = len(texts), list[str](), 0
        for text in texts:
            size += len(text.encode()) + 2
            if size > _LIST_BYTES:
                yield Online(self._clock.wire, total, tuple(part), more=True)
                part, size = [], len(text.encode()) + 2
            part.append(text)
        yield Online(self._clock.wire, total, tuple(part))

    def people(self) -> tuple[Person, ...]:
        """Everybody, for the status snapshot."""
        with self._out.lock:
            members = list(self._members.values())
        # Formatted without the lock: a reader of the status port must not hold up the chat.
        return tuple(
            Person(
                each.name, str(each.address), each.since, each.messages, each.outbox.unsent_bytes
            )
            for each in members
        )

    @property
    def is_closed(self) -> bool:
        """Whether the server is stopping."""
        return self._is_closed

    @property
    def people_now(self) -> int:
        """How many people are here."""
        return len(self._members)

    # --- holding the lock -----------------------------------------------------------------------

    def _tell(self, member: Member, what: Message) -> None:
        self._out.deliver(encode_line(message.format(what)), member.outbox)

    def _announce(self, what: Message) -> None:
        self._out.broadcast(encode_line(message.format(what)))

    def _note(self, text: str) -> None:
        """An entry in connections.txt, and a line on the console."""
        self._clock.tick()
        self._out.log(self._log.connections, encode_line(f"{self._clock.log} {text}"))
        self._show(f"[{self._clock.wire}] {text}")


def _as_address(text: str) -> str:
    """An IP address in its usual form, or nothing."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
