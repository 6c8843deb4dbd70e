"""An operator's hand: what orders do to the people who are here.

One mechanism, wherever an order comes from: a person in the room who is an operator, the server's
own terminal, or its window. The words that people type become orders in operating.py.

An order and what it does are one step under the room's lock: nobody comes in or is heard between
the two. Afterwards, without the lock, what holds now is written to moderation.json.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from phase4.accounts.held import Hold, Target, address_of, shown
from phase4.accounts.moderation import (
    MAX_BANS,
    MAX_MUTES,
    Ban,
    Moderation,
    Mute,
    Order,
    Outcome,
    SetTopic,
    SetWriting,
    Unban,
    Unmute,
)
from phase4.accounts.moderation_file import ModerationFile, from_text, to_text
from phase4.server.clock import Moment, until_text
from phase4.server.deeds import Deed, Kick
from phase4.server.gate import Gate, Somebody
from phase4.server.member import Member
from phase4.server.outbox import FanOut, Outbox
from phase4.server.people import People
from phase4.server.refusal import NotHere, Refused
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
        return AT_THE_SERVER if self.name == THE_OPERATOR else self.name

    def is_(self, somebody: Somebody | None) -> bool:
        """Whether it is this person. Nobody else has their name."""
        return self.member is not None and somebody is not None and somebody.name == self.name


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
        self._to_end: list[Member] = []  # under the lock of the floor
        self._try_again_at = 0.0  # by time.monotonic(); of the thread that calls `look`
        self._kept = 0  # of the changes, so many were written down
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
            return sorted(each.name for each in self._everybody() if _is_in(each.host, network))

    def is_operator(self, member: Member) -> bool:
        """Whether this person may give orders."""
        with self._floor.fan_out.lock:
            return self._gate.is_operator(member)

    # --- orders ---------------------------------------------------------------------------------

    def kick(self, giver: Giver, name: str, why: str) -> bool:
        """End somebody's connection; whether they were here. Raises Refused.

        That person reads everything that was for them, then why, then the end.
        """
        try:
            return self._give(giver, Kick(name, why), lambda: self._check_kick(giver, name))
        except NotHere:
            return False

    def ban(self, giver: Giver, target: Target, seconds: float | None) -> Sequence[Somebody]:
        """Keep somebody out, and end their connections; whose these were. Raises Refused."""
        met: list[Somebody] = []

        def check() -> None:
            self._check_ban(giver, target)
            met.extend(self._met_by(target))

        self._give(giver, Ban(target, seconds, giver.name), check)
        return met

    def unban(self, giver: Giver, target: Target) -> bool:
        """Lift a ban; whether there was one."""
        return self._give(giver, Unban(target))

    def mute(self, giver: Giver, name: str, seconds: float | None) -> bool:
        """Let nobody hear a name; whether somebody here has it. Raises Refused."""
        self._give(
            giver,
            Mute(name, seconds, giver.name),
            lambda: self._check_is_not_an_operators(giver, name, "muted"),
        )
        with self._floor.fan_out.lock:
            return self._holder(name) is not None

    def unmute(self, giver: Giver, name: str) -> bool:
        """Let a name speak again; whether it was muted."""
        return self._give(giver, Unmute(name))

    def set_topic(self, giver: Giver, text: str) -> bool:
        """Say what the room is about; empty: there is no topic. Whether that is new."""
        return self._give(giver, SetTopic(text, giver.name))

    def set_writing(self, giver: Giver, *, is_open: bool) -> bool:
        """Let everybody write to all, or operators alone; whether that is new."""
        return self._give(giver, SetWriting(is_open, giver.name))

    # --- their steps ----------------------------------------------------------------------------

    def _give(self, giver: Giver, deed: Deed, check: Callable[[], object] = lambda: None) -> bool:
        """Do it, unless the check raises Refused; whether it changed anything."""
        with self._floor.fan_out:
            check()
            has_changed = self.carry_out(giver, deed)
        if has_changed:
            self.settle()
        return has_changed

    def carry_out(self, giver: Giver, deed: Deed) -> bool:
        """Do what was ordered; whether it changed anything. Holding the lock; `settle` follows.

        Raises Refused where there is no space for it.
        """
        if isinstance(deed, Kick):
            return self._kick(giver, deed)
        outcome = self._gate.state.apply(deed, self._gate.clock.now())
        if outcome is Outcome.FULL:
            full = f"There are {MAX_BANS} bans" if isinstance(deed, Ban) else f"{MAX_MUTES} mutes"
            raise Refused(f"{full} already. Lift one of them; /bans lists them.")
        if outcome is Outcome.AS_BEFORE:
            return False
        self.changes += 1
        self._follow(giver, deed)
        return True

    def settle(self) -> None:
        """What needs no lock after `carry_out`. Raises Refused where the disk takes nothing."""
        with self._floor.fan_out.lock:
            to_end, self._to_end = self._to_end, []
        for each in to_end:
            shut_down(each.outbox.connection)
        self._keep()

    def _kick(self, giver: Giver, deed: Kick) -> bool:
        member = self._floor.people.called(deed.name)
        if member is not None:
            by, behind = giver.in_a_sentence, f": {deed.why}" if deed.why else ""
            words = f"Disconnected by {by}{behind or '.'}"
            self._floor.expel(member, f"disconnected by {by}{behind}", words)
        return True

    def _follow(self, giver: Giver, order: Order) -> None:
        """Tell those who are to know of an order, and let it hold for those who are here."""
        match order:
            case Ban(target, seconds):
                self._follow_ban(giver, target, seconds)
            case Unban(target):
                self._tell_operators(giver, f"{giver.name} lifted the ban of {shown(target)}")
            case Mute(name, seconds):
                self._follow_mute(giver, name, seconds)
            case Unmute(name):
                self._settle_all()  # several may look like that name
                self._announce(f"{giver.name} lets {name} speak again")
            case SetTopic(text):
                did = f"set the topic: {text}" if text else "removed the topic"
                now = self._note(f"{giver.name} {did}")
                self._floor.voice.announce(Topic(now.wire, text, giver.name))
            case SetWriting(is_open):
                self._settle_all()
                did = "opened" if is_open else "closed"
                now = self._note(f"{giver.name} {did} the room to writing")
                self._floor.voice.announce(Writing(now.wire, is_open, giver.name))

    def _follow_ban(self, giver: Giver, target: Target, seconds: float | None) -> None:
        until = self._until(seconds)
        self._tell_operators(giver, f"{giver.name} banned {shown(target)}{until}")
        self._expel_banned(giver, target, until)

    def _expel_banned(self, giver: Giver, target: Target, until: str) -> None:
        you = "You are" if isinstance(target, str) else "This address is"
        reason = f"banned by {giver.in_a_sentence}"
        for each in self._connections_of(target):
            self._floor.expel(each, reason, f"{you} banned{until}." if each.name else "")
            if not each.name:  # its thread waits for a name, or in the middle of a handshake
                self._to_end.append(each)

    def _follow_mute(self, giver: Giver, name: str, seconds: float | None) -> None:
        now = self._announce(f"{giver.name} muted {name}{self._until(seconds)}")
        member = self._floor.people.holder(name)
        if member is not None:
            self._gate.settle(member)
            for each in self._gate.greeting_of_muted(member.name, now.wire):
                self._floor.voice.tell(member, each)

    def _settle_all(self) -> None:
        for each in self._floor.people:
            self._gate.settle(each)

    def _announce(self, entry: str) -> Moment:
        now = self._note(entry)
        self._floor.voice.announce(Notice(now.wire, f"{entry}."))
        return now

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

    def _connections_of(self, target: Target) -> list[Member]:
        """Those whom a ban keeps out, also without a name, who are connected to this server."""
        if isinstance(target, str):
            member = self._floor.people.holder(target)
            return [member] if member else []
        return [each for each in self._floor.connected.values() if _is_in(each.host, target)]

    def _met_by(self, target: Target) -> list[Somebody]:
        """Those whom a ban keeps out and who are here."""
        if isinstance(target, str):
            holder = self._holder(target)
            return [holder] if holder else []
        return [each for each in self._everybody() if _is_in(each.host, target)]

    # --- who is here; holding the lock ------------------------------------------------------------

    def _everybody(self) -> Iterable[Somebody]:
        return self._floor.people

    def _called(self, name: str) -> Somebody | None:
        return self._floor.people.called(name)

    def _holder(self, name: str) -> Somebody | None:
        return self._floor.people.holder(name)

    # --- nobody locks an operator out by mistake --------------------------------------------------

    def _check_kick(self, giver: Giver, name: str) -> None:
        somebody = self._called(name)
        if somebody is None:
            raise NotHere(f"Nobody here is called {name}.")
        if giver.is_(somebody):
            raise Refused("That is you; /quit leaves.")
        if giver.member and self._gate.is_operator(somebody):
            raise Refused(f"{somebody.name} is an operator. Nobody was disconnected.")

    def _check_is_not_an_operators(self, giver: Giver, name: str, done: str) -> None:
        if giver.is_(self._holder(name)):
            raise Refused(f"That is you. Nobody was {done}.")
        if operator := self._gate.operator_called(name):
            raise Refused(f"{operator} is an operator's name. Nobody was {done}.")

    def _check_ban(self, giver: Giver, target: Target) -> None:
        if isinstance(target, str):
            self._check_is_not_an_operators(giver, target, "banned")
            return
        if any(each.version == target.version and each.overlaps(target) for each in _LOOPBACK):
            raise Refused(f"{shown(target)} is this machine itself. Nobody was banned.")
        for each in self._everybody():
            is_you = giver.is_(each)
            if (is_you or self._gate.is_operator(each)) and _is_in(each.host, target):
                they = "You are" if is_you else f"{each.name}, an operator, is"
                raise Refused(f"{they} connected from there ({each.host}). Nobody was banned.")

    # --- over a restart -------------------------------------------------------------------------

    def look(self) -> None:
        """Try again to write down what could not be written. The thread that waits for a stop."""
        now = time.monotonic()
        if self._file is not None and self._file.is_behind and now >= self._try_again_at:
            self._try_again_at = now + RETRY_SECONDS
            self._file.save(self._text)

    def close(self) -> None:
        """Write down what nobody has had the time to: the server stops, perhaps amid an order."""
        if self._kept != self.changes:
            with contextlib.suppress(Refused):
                self._keep()

    def _keep(self) -> None:
        """Write down what holds now. Raises Refused where that cannot be: all else is done."""
        if self._file is None:
            return
        changes = self.changes
        if why := self._file.save(self._text):
            raise Refused(f"It is done. Over a restart it is kept once that can be written: {why}")
        self._kept = changes

    def _text(self) -> str:
        with self._floor.fan_out.lock:
            return self.as_text()

    def as_text(self) -> str:
        """What holds now, as it is written down. Holding the lock."""
        clock = self._gate.clock
        now = clock.now()
        return to_text(self._gate.state, now, clock.on_the_wall(now))

    def take_over(self, text: str) -> None:
        """From now on this holds, and not what held before; unless it cannot be read."""
        with contextlib.suppress(ValueError), self._floor.fan_out.lock:
            self._gate.state = self._state_of(text)
            self.changes += 1

    def _state_of(self, text: str) -> Moderation:
        """What `as_text` was made of. Raises ValueError."""
        clock = self._gate.clock
        now = clock.now()
        return from_text(text, now, clock.on_the_wall(now))[0]


_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


def _is_in(host: str, network: Network) -> bool:
    address = address_of(host)
    return address is not None and address in network
