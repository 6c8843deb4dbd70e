"""An operator's hand: what orders do to the people who are here.

One mechanism, wherever an order comes from: a person in the room who is an operator, the server's
own terminal, or its window. The words that people type become orders in operating.py.

An order and what it does are one step under the room's lock: nobody comes in or is heard between
the two. Afterwards, without the lock, what holds now is written to moderation.json.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from phase4.accounts.held import Hold, Target, address_of, shown
from phase4.accounts.moderation import (
    MAX_BANS,
    MAX_MUTES,
    Ban,
    Mute,
    Order,
    Outcome,
    SetTopic,
    SetWriting,
    Unban,
    Unmute,
)
from phase4.accounts.moderation_file import ModerationFile, to_text
from phase4.server.clock import Moment, until_text
from phase4.server.gate import Gate
from phase4.server.member import Member
from phase4.server.outbox import FanOut, Outbox
from phase4.server.people import People
from phase4.server.refusal import Refused
from phase4.server.voice import Voice
from shared.address import Network, ip_network
from shared.goodbye import shut_down
from shared.message import Notice
from shared.rights import THE_OPERATOR, Topic, Writing

AT_THE_SERVER = "the operator"
"""THE_OPERATOR, as it stands within a sentence."""

RETRY_SECONDS = 10.0
"""Between two tries to write what could not be written."""


@dataclass(frozen=True)
class Floor:
    """What of the room an order reaches. All of it under the lock of `fan_out`."""

    fan_out: FanOut
    people: People
    connected: dict[Outbox, Member]
    voice: Voice

    expel: Callable[[Member, str, str], None]
    """expel(member, reason for the others, last words)."""


@dataclass(frozen=True, slots=True)
class Giver:
    """Whoever gives an order: an operator in the room, or somebody at the server itself."""

    name: str = THE_OPERATOR
    member: Member | None = None

    @property
    def in_a_sentence(self) -> str:
        """As it stands within one."""
        return self.name if self.member else AT_THE_SERVER


@dataclass(frozen=True, slots=True)
class Entry:
    """A ban or a mute, to be shown. `until`: by the system's clock; None: it has no end."""

    target: str
    until: float | None
    by: str


@dataclass(frozen=True, slots=True)
class View:
    """What holds now."""

    topic: str
    is_open: bool
    bans: tuple[Entry, ...]
    mutes: tuple[Entry, ...]


class Hand:
    """Does what operators order. Any thread may call any method."""

    def __init__(self, floor: Floor, gate: Gate, file: ModerationFile | None) -> None:
        """`file`: where it is kept over a restart; None: nowhere."""
        self._floor = floor
        self._gate = gate
        self._file = file
        self._try_again_at = 0.0  # by time.monotonic(); of the thread that calls `look`
        self.changes = 0
        """How often anything has changed."""

    def view(self) -> View:
        """What holds now."""
        state = self._gate.state
        with self._floor.fan_out.lock:
            now = self._gate.clock.now()
            bans, mutes = state.bans(now), state.all_mutes(now)
            topic, is_open = state.topic, state.is_open
        return View(topic, is_open, self._entries(bans), self._entries(mutes))

    def _entries(self, holds: Iterable[Hold]) -> tuple[Entry, ...]:
        wall = self._gate.clock.on_the_wall
        return tuple(
            Entry(shown(each.target), None if each.until is None else wall(each.until), each.by)
            for each in holds
        )

    # --- who may --------------------------------------------------------------------------------

    def check(self, member: Member, tried: str) -> None:
        """Raises Refused where this person is not an operator; `tried` goes to the log."""
        with self._floor.fan_out:
            if not self._gate.is_operator(member):
                now = self._floor.voice.now()
                self._floor.voice.note(now, f"{member.name} is not an operator, and tried {tried}")
                raise Refused("Only an operator may do that.")

    def connected_from(self, network: Network) -> list[str]:
        """The names of those who are here from there."""
        with self._floor.fan_out.lock:
            return sorted(each.name for each in self._floor.people if _is_in(each.host, network))

    def is_operator(self, member: Member) -> bool:
        """Whether this person may give orders."""
        with self._floor.fan_out.lock:
            return self._gate.is_operator(member)

    # --- orders ---------------------------------------------------------------------------------

    def kick(self, giver: Giver, name: str, why: str) -> bool:
        """End somebody's connection; whether they were here. Raises Refused.

        That person reads everything that was for them, then why, then the end.
        """
        with self._floor.fan_out:
            member = self._floor.people.called(name)
            if member is None:
                return False
            self._check_may_be_kicked(giver, member)
            by = giver.in_a_sentence
            behind = f": {why}" if why else ""
            words = f"Disconnected by {by}{behind or '.'}"
            self._floor.expel(member, f"disconnected by {by}{behind}", words)
            return True

    def ban(self, giver: Giver, target: Target, seconds: float | None) -> list[Member]:
        """Keep somebody out, and end their connections; whose these were. Raises Refused."""
        with self._floor.fan_out:
            self._check_may_be_banned(giver, target)
            self._apply(Ban(target, seconds, giver.name), f"There are {MAX_BANS} bans already.")
            until = self._until(seconds)
            self._tell_operators(giver, f"{giver.name} banned {shown(target)}{until}")
            met = self._met_by(target)
            you = "You are" if isinstance(target, str) else "This address is"
            reason = f"banned by {giver.in_a_sentence}"
            for each in met:
                self._floor.expel(each, reason, f"{you} banned{until}." if each.name else "")
        for each in met:
            if not each.name:  # its thread waits for a name, or in the middle of a handshake
                shut_down(each.outbox.connection)
        self._keep()
        return [each for each in met if each.name]

    def unban(self, giver: Giver, target: Target) -> bool:
        """Lift a ban; whether there was one."""
        entry = f"{giver.name} lifted the ban of {shown(target)}"
        return self._do(Unban(target), lambda: self._tell_operators(giver, entry))

    def mute(self, giver: Giver, name: str, seconds: float | None) -> bool:
        """Let nobody hear a name; whether somebody here has it. Raises Refused."""
        with self._floor.fan_out:
            self._check_is_not_an_operators(giver, name, "muted")
            self._apply(Mute(name, seconds, giver.name), f"{MAX_MUTES} are muted already.")
            entry = f"{giver.name} muted {name}{self._until(seconds)}"
            now = self._note(entry)
            self._floor.voice.announce(Notice(now.wire, f"{entry}."))
            member = self._floor.people.holder(name)
            if member is not None:
                self._gate.settle(member)
                for each in self._gate.greeting_of_muted(member.name, now.wire):
                    self._floor.voice.tell(member, each)
        self._keep()
        return member is not None

    def unmute(self, giver: Giver, name: str) -> bool:
        """Let a name speak again; whether it was muted."""

        def announce() -> None:
            entry = f"{giver.name} lets {name} speak again"
            now = self._note(entry)
            self._floor.voice.announce(Notice(now.wire, f"{entry}."))
            for each in self._floor.people:  # several may look like that name
                self._gate.settle(each)

        return self._do(Unmute(name), announce)

    def set_topic(self, giver: Giver, text: str) -> bool:
        """Say what the room is about; empty: there is no topic. Whether that is new."""

        def announce() -> None:
            did = f"set the topic: {text}" if text else "removed the topic"
            now = self._note(f"{giver.name} {did}")
            self._floor.voice.announce(Topic(now.wire, text, giver.name))

        return self._do(SetTopic(text, giver.name), announce)

    def set_writing(self, giver: Giver, *, is_open: bool) -> bool:
        """Let everybody write to all, or operators alone; whether that is new."""

        def announce() -> None:
            for each in self._floor.people:
                self._gate.settle(each)
            did = "opened" if is_open else "closed"
            now = self._note(f"{giver.name} {did} the room to writing")
            self._floor.voice.announce(Writing(now.wire, is_open, giver.name))

        return self._do(SetWriting(is_open, giver.name), announce)

    # --- their steps ----------------------------------------------------------------------------

    def _do(self, order: Order, announce: Callable[[], object]) -> bool:
        """Apply an order that needs no space; whether it changed anything."""
        with self._floor.fan_out:
            if self._gate.state.apply(order, self._gate.clock.now()) is not Outcome.DONE:
                return False
            self.changes += 1
            announce()
        self._keep()
        return True

    def _apply(self, order: Order, full: str) -> None:
        if self._gate.state.apply(order, self._gate.clock.now()) is Outcome.FULL:
            raise Refused(f"{full} Lift one of them; /bans lists them.")
        self.changes += 1

    def _note(self, entry: str) -> Moment:
        now = self._floor.voice.now()
        self._floor.voice.note(now, entry)
        return now

    def _tell_operators(self, giver: Giver, entry: str) -> None:
        """What only operators are told: an address is nobody else's business."""
        now = self._note(entry)
        for each in self._floor.people:
            if each is not giver.member and self._gate.is_operator(each):
                self._floor.voice.tell(each, Notice(now.wire, f"{entry}."))

    def _until(self, seconds: float | None) -> str:
        return "" if seconds is None else f" until {until_text(time.time() + seconds)}"

    def _met_by(self, target: Target) -> list[Member]:
        """Those whom a ban keeps out and who are here, also without a name."""
        if isinstance(target, str):
            member = self._floor.people.holder(target)
            return [member] if member else []
        return [each for each in self._floor.connected.values() if _is_in(each.host, target)]

    # --- nobody locks an operator out by mistake --------------------------------------------------

    def _check_may_be_kicked(self, giver: Giver, member: Member) -> None:
        if member is giver.member:
            raise Refused("That is you; /quit leaves.")
        if giver.member and self._gate.is_operator(member):
            raise Refused(f"{member.name} is an operator. Nobody was disconnected.")

    def _check_is_not_an_operators(self, giver: Giver, name: str, done: str) -> None:
        if giver.member and self._floor.people.holder(name) is giver.member:
            raise Refused(f"That is you. Nobody was {done}.")
        if operator := self._gate.operator_called(name):
            raise Refused(f"{operator} is an operator's name. Nobody was {done}.")

    def _check_may_be_banned(self, giver: Giver, target: Target) -> None:
        if isinstance(target, str):
            self._check_is_not_an_operators(giver, target, "banned")
            return
        if any(each.version == target.version and each.overlaps(target) for each in _LOOPBACK):
            raise Refused(f"{shown(target)} is this machine itself. Nobody was banned.")
        for each in self._floor.people:
            is_one = each is giver.member or self._gate.is_operator(each)
            if is_one and _is_in(each.host, target):
                who = "You are" if each is giver.member else f"{each.name}, an operator, is"
                raise Refused(f"{who} connected from there ({each.host}). Nobody was banned.")

    # --- over a restart -------------------------------------------------------------------------

    def look(self) -> None:
        """Try again to write down what could not be written. The thread that waits for a stop."""
        now = time.monotonic()
        if self._file is not None and self._file.is_behind and now >= self._try_again_at:
            self._try_again_at = now + RETRY_SECONDS
            self._file.save(self._text)

    def _keep(self) -> None:
        """Write down what holds now. Raises Refused where that cannot be: all else is done."""
        if self._file is not None and (why := self._file.save(self._text)):
            raise Refused(f"It is done. Over a restart it is kept once that can be written: {why}")

    def _text(self) -> str:
        with self._floor.fan_out.lock:
            clock = self._gate.clock
            now = clock.now()
            return to_text(self._gate.state, now, clock.on_the_wall(now))


_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


def _is_in(host: str, network: Network) -> bool:
    address = address_of(host)
    return address is not None and address in network
