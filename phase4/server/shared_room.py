"""A room that several servers share: what its people say and want is asked for, and then happens.

The single server decides under its own lock. Here each wish goes to the hub, and is decided where
all servers agree, in the hub's state (phase4/hub/state.py). What has happened comes back, in one
order for all; `take` then does what Room does at once.

Whoever asks for a name waits for the answer, in their own thread. Whoever says something goes on.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from phase4.accounts import nicknames
from phase4.accounts.moderation_file import ModerationFile
from phase4.hub.link import Link
from phase4.hub.operations import Enter, Leave, Rename, Say, Whisper
from phase4.hub.state import (
    Began,
    Ended,
    Entered,
    Event,
    Missing,
    NotHere,
    NotRenamed,
    Ordered,
    Person,
    Renamed,
    Said,
    Taken,
    Unsaid,
    Whispered,
)
from phase4.hub.state import Left as HasLeft
from phase4.server.clock import Clock
from phase4.server.deeds import from_json
from phase4.server.gate import Gate
from phase4.server.hand import Floor, Giver, Hand
from phase4.server.hub_file import HubFile
from phase4.server.log_file import loss
from phase4.server.member import Member
from phase4.server.outbox import Outbox
from phase4.server.people import find_by_address
from phase4.server.refusal import Refused, RoomFull
from phase4.server.room import Room
from phase4.server.roster import roster
from phase4.server.shared_hand import SharedHand
from phase4.server.wish import ANSWER_SECONDS, UNREACHABLE, Wish
from shared import message
from shared.message import LOGGED_IN_ELSEWHERE, Error, Joined, Left, Notice, Private

_CANDIDATES = 24  # names that are offered at once: what is free here nearly always is everywhere
_GHOST_SECONDS = 2.0  # how long a name of a server that may be dead is waited for
_LOOK_SECONDS = 0.1

AWAY = "The room is away; what you say waits."
BACK = "The room is back."


class HubClock(Clock):
    """The engine's time: every server shows and logs the same. Under the room's lock."""

    def __init__(self) -> None:
        super().__init__(self._estimate)
        self._time = self._at = 0.0

    def set(self, engine_time: float) -> None:
        """It is this late now: Unix time in seconds."""
        self._time, self._at = engine_time, time.monotonic()

    def _estimate(self) -> float:
        return self._time + time.monotonic() - self._at if self._at else time.time()


@dataclass(frozen=True)
class Return:
    """Somebody asks for their name again, whom the others took for gone."""

    member: Member


class SharedRoom(Room):
    """Room's methods, for a room of several servers. `join_hub` comes before all others."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As Room."""
        self._hub_clock = HubClock()
        self._show_addresses = bool(options["show_addresses"])
        super().__init__(*arguments, clock=self._hub_clock, **options)
        self.link: Link
        self._file: HubFile

        # What operators have ordered and was carried out, until it is settled: without the lock.
        self._unsettled: list[Wish | None] = []

        # Those who leave of their own will, and what they do once all that they said has come back.
        self._leaving: dict[Outbox, Member] = {}

        # The answer to /who, and the time that it shows; "" once the answer is wrong.
        self._who_lines, self._who_at = b"", ""

    def join_hub(self, link: Link, file: HubFile) -> None:
        """Share the room. Raises EngineDown."""
        self.link, self._file = link, file
        more = link.load(file.read())
        if isinstance(text := more.get("moderation"), str):
            self.hand.take_over(text)

    def _new_hand(self, floor: Floor, gate: Gate, file: ModerationFile | None) -> Hand:
        return SharedHand(floor, gate, file, lambda: self.link)

    @property
    def people_now(self) -> int:
        """How many people are here, at all servers."""
        return len(self.link.state.people)

    # --- coming and going -----------------------------------------------------------------------

    def join(self, member: Member, wanted: str) -> None:
        """Let a member in. As Room; raises RoomFull as well where the hub does not answer."""
        wanted = nicknames.normalise(wanted) if wanted else ""
        with self.fan_out.lock:
            self._check_open()
            self.logins.check_free(wanted)
        if wanted:
            self._wait_for_ghost(wanted)
        others = nicknames.alternatives(wanted, self._on_duplicate)
        for names in self._offers(wanted, others):
            if isinstance(self._ask_for(member, names, wanted), Entered):
                return
        raise Refused(f"The name {wanted} is taken.")

    def _offers(self, wanted: str, others: Iterator[str]) -> Iterator[list[str]]:
        """Names that are free as far as we know. The hub decides, and may know better."""
        if wanted:
            with self.fan_out.lock:
                is_free = self._is_free(wanted)
            if is_free:
                yield [wanted]
        while True:
            with self.fan_out.lock:
                free = (each for each in others if self._is_free(each))
                names = [*islice(free, _CANDIDATES)]
            if not names:
                return
            yield names

    def resume(self, member: Member, wanted: str) -> bool:
        """Give a member the place of their own lost connection, at whichever server it was."""
        proof = _proof(member)
        with self.fan_out.lock:
            old = self.link.state.people.get(nicknames.fold(wanted))
        if old is None or not proof or old.proof != proof:
            return False
        return isinstance(self._ask_for(member, [old.name], old.name), Entered)

    def _ask_for(self, member: Member, names: Iterable[str], wanted: str) -> Event | None:
        wish = Wish(member)
        self.link.say(_enter(member, names, wanted), wish)
        return wish.wait()

    def _is_free(self, name: str) -> bool:
        return self._holder(name) is None and self._gate.is_free(name)

    def _holder(self, name: str) -> Person | None:
        """Whoever has this name, or one that looks like it."""
        return self.link.state.holder(nicknames.fold(name), nicknames.look(name))

    def _wait_for_ghost(self, name: str) -> None:
        """Wait a moment where a name is held through a server that has just died.

        Whoever comes back after that finds their own ghost, which is gone only after the lease.
        """
        give_up_at = time.monotonic() + _GHOST_SECONDS
        while time.monotonic() < give_up_at:
            with self.fan_out.lock:
                holder = self._holder(name)
            if holder is None or not self.link.bury_if_gone(holder.server):
                return
            time.sleep(_LOOK_SECONDS)

    def _leave(
        self, member: Member, reason: str, last_words: str, end: Callable[[Outbox], None]
    ) -> None:
        if not member.name:
            super()._leave(member, reason, last_words, end)
            return
        # Of their own will: all that they have said comes back before, and what they whispered is
        # shown to them. Else they are gone at once.
        may_wait = not reason and self.link.is_up and not self._is_closed
        self._end(member, last_words, self._put_off if may_wait else end)
        if may_wait:
            self._leaving[member.outbox] = member
        self._people.release(member)
        self._note(self._now(), f"{member.name} left" + (f" ({reason})" if reason else ""))
        self.link.say(Leave(nicknames.fold(member.name), reason), member)

    @staticmethod
    def _put_off(outbox: Outbox) -> None:
        """Instead of an end."""

    def _let_go(self, outbox: Outbox) -> None:
        if self._leaving.pop(outbox, None) is not None:
            self.fan_out.finish(outbox)

    def rename(self, member: Member, wanted: str) -> None:
        """Give a member another name. As Room; raises RoomFull where the hub does not answer."""
        name = nicknames.normalise(wanted)
        with self.fan_out.lock:
            if member.is_gone:
                return
            self._gate.check_renaming(member)
            self.logins.check_free(name, member)
            if name == member.name:
                raise Refused(f"You are {name} already.")
            fold = nicknames.fold(member.name)
        wish = Wish(member)
        self.link.say(Rename(fold, name, nicknames.fold(name), nicknames.look(name)), wish)
        wish.wait()

    def close(self, text: str) -> list[Outbox]:
        """As Room; and let the other servers know that this one ends."""
        self.link.stop()
        with self.fan_out:
            for outbox in [*self._leaving]:
                self._let_go(outbox)
        return super().close(text)

    # --- talking --------------------------------------------------------------------------------

    def say(self, member: Member, text: str) -> None:
        """A public message. Raises Refused."""
        with self.fan_out.lock:
            if member.is_gone:
                return
            if member.is_hushed:
                self._gate.check_public(member)
            self.link.say(Say(nicknames.fold(member.name), text), member)

    def whisper(self, member: Member, to: str, text: str) -> None:
        """A private message to a name (or an address, where those are shown). Raises Refused."""
        with self.fan_out.lock:
            if member.is_gone:
                return
            fold = self._find(to)
            if member.is_hushed:
                self._gate.check_private(member, "")
            self.link.say(Whisper(nicknames.fold(member.name), fold, to, text), member)

    def _find(self, to: str) -> str:
        """The fold of the person of this name, or at this address. Raises Refused."""
        fold, people = nicknames.fold(to), self.link.state.people
        return (
            fold
            if fold in people
            else find_by_address(people.values(), to, shown=self._show_addresses).fold
        )

    def wait_for_room(self, member: Member) -> None:
        """Wait while more is said than can be taken, or while the room is away."""
        super().wait_for_room(member)
        self.link.publisher.wait_for_room(is_over=lambda: member.is_gone)

    def pong(self, member: Member, text: str) -> None:
        """Answer once all that this person said has come back."""

        def answer() -> None:
            if not member.is_gone:
                self._tell(member, Notice(self._now().wire, text))

        with self.fan_out:
            self.link.publisher.after(answer)

    def has(self, name: str) -> bool:
        """Whether somebody has this name, at any server."""
        with self.fan_out.lock:
            is_here = nicknames.fold(name) in self.link.state.people
            return is_here or self.logins.is_registered(name)

    def names(self) -> list[str]:
        """Those of everybody here, at all servers."""
        with self.fan_out.lock:
            return [each.name for each in self.link.state.people.values()]

    def tell_who(self, member: Member) -> None:
        """Tell a member the names of everybody here."""
        with self.fan_out:
            if member.is_gone:
                return
            now = self._now().wire
            if self._who_at != now:
                people = sorted(self.link.state.people.values(), key=lambda each: each.fold)
                self._who_lines = roster(now, people, show_addresses=self._show_addresses)
                self._who_at = now
            self.fan_out.deliver(self._who_lines, member.outbox)

    # --- what the link tells: phase4.hub.link.Follows ---------------------------------------------

    def take(self, event: Event, purpose: object, *, is_ours: bool, time: float) -> None:
        """Do what has happened. Holding the lock."""
        self._hub_clock.set(time)
        match event:
            case Said(person, text, number):
                self._take_said(person, text, number, purpose)
            case Whispered(person, to, text):
                self._take_whispered(person, to, text, purpose)
            case Unsaid() if isinstance(purpose, Member) and not purpose.is_gone:
                self._tell(purpose, Error("A line of yours was not said. Send it again."))
            case NotHere(_, to, _) if isinstance(purpose, Member) and not purpose.is_gone:
                self._tell(purpose, Error(f"Nobody here is called {to}. Nothing was sent."))
            case Entered():
                self._take_entered(event, purpose)
            case Taken() if isinstance(purpose, Wish):
                purpose.decide(event)
            case Taken() if isinstance(purpose, Return) and not purpose.member.is_gone:
                self._expel(
                    purpose.member, "", "Your name was taken while this server was cut off."
                )
            case Renamed(old, new):
                self._take_renamed(old, new, purpose)
            case NotRenamed(holder) if isinstance(purpose, Wish):
                name = holder.name if holder is not None else "you asked for"
                purpose.decide(event, Refused(f"The name {name} is taken."))
            case HasLeft(person, reason):
                self._take_left(person, reason)
                if isinstance(purpose, Member):
                    self._let_go(purpose.outbox)
            case Ended(server, people, is_lost):
                self._take_ended(server, people, is_lost=is_lost)
            case Ordered(by, order):
                self._take_order(by, order, purpose)
            case Began(server) if not is_ours:
                self._log_now(f"The server {server} shares this room")
            case Missing(server, count):
                self._log_now(f"{count} batches of the server {server} are missing")

    def _take_said(self, person: Person, text: str, number: int, purpose: object) -> None:
        missing = number - self.past.next_number
        if missing < 0:
            return  # it is in our log already: we read again what we had read before
        if missing:
            self._skip(missing)
        sender = purpose if isinstance(purpose, Member) else None
        self._utter(person.name, text, sender)

    def _skip(self, count: int) -> None:
        """Say in the log how many messages it lacks."""
        self.past.skip(count)
        self.fan_out.log(self._log.public, loss(count))

    def _take_whispered(self, person: Person, to: Person, text: str, purpose: object) -> None:
        now = self._now()
        private = Private(now.wire, person.name, to.name, text)
        sender = purpose if isinstance(purpose, Member) else None
        recipient = self._people.called(to.name) if self._is_here(to) else None
        if sender is None and recipient is None:
            return
        self._voice.log_private(now, private, sender)
        if recipient is not None:
            self._tell(recipient, private)
        if sender is not None and sender is not recipient and self._hears(sender):
            self._tell(sender, private)

    def _is_here(self, person: Person) -> bool:
        return person.server == self.link.server

    def _hears(self, member: Member) -> bool:
        return not member.is_gone or member.outbox in self._leaving

    def _take_entered(self, event: Entered, purpose: object) -> None:
        person, replaced = event.person, event.replaced
        self._who_at = ""
        old = self._people.called(replaced.name) if replaced and self._is_here(replaced) else None
        if isinstance(purpose, Wish):
            self._take_in(purpose, event, old)
            return
        if old is not None:
            self._end(old, LOGGED_IN_ELSEWHERE, self.fan_out.hang_up)
            self._people.release(old)
            self._note(self._now(), f"{person.name} came back through another server")
        if isinstance(purpose, Return):
            self._take_back(purpose.member, person)
        elif replaced is None:
            self.people_peak = max(self.people_peak, self.people_now)
            self._announce(Joined(self._now().wire, person.name))

    def _take_back(self, member: Member, person: Person) -> None:
        """Somebody has their name again after the others took them for gone, or another one."""
        if member.is_gone:
            return  # a Leave is behind it
        if member.name != person.name:
            old = member.name
            self._give(member, person.name)
            text = f"The name {old} was taken meanwhile; you are {person.name}."
            self._tell(member, Notice(self._now().wire, text))
            self._announce(message.Renamed(self._now().wire, old, person.name))

    def _give(self, member: Member, name: str) -> None:
        self._note(self._now(), f"{member.name} is now {name}")
        self._people.release(member)
        self._people.claim(member, name)

    def _take_in(self, wish: Wish, event: Entered, old: Member | None) -> None:
        person, member = event.person, wish.member
        is_other = bool(event.wanted) and event.wanted != person.name
        remark = f"The name {event.wanted} is taken; you are {person.name}." if is_other else ""
        try:
            is_back = event.replaced is not None
            self.let_in(member, person.name, remark, replaces=old, is_back=is_back)
        except RoomFull as error:
            self.link.say(Leave(person.fold, ""))
            wish.decide(None, error)
        else:
            wish.decide(event)

    def _take_renamed(self, old: Person, new: Person, purpose: object) -> None:
        self._who_at = ""
        member = self._people.called(old.name) if self._is_here(old) else None
        if member is not None:
            self._give(member, new.name)
        self._announce(message.Renamed(self._now().wire, old.name, new.name))
        if isinstance(purpose, Wish):
            purpose.decide(None)

    def _take_left(self, person: Person, reason: str) -> None:
        self._who_at = ""
        self._announce(Left(self._now().wire, person.name, reason))

    def _take_ended(self, server: str, people: Iterable[Person], *, is_lost: bool) -> None:
        self._who_at = ""
        if server == self.link.server:
            return  # `buried` comes next
        how = "was lost" if is_lost else "has stopped"
        self._log_now(f"The server {server} {how}")
        for each in people:
            self._take_left(each, "server lost" if is_lost else "")

    def _take_order(self, by: str, order: dict[str, Any], purpose: object) -> None:
        wish = purpose if isinstance(purpose, Wish) else None
        deed = from_json(order)
        if deed is None:
            return  # of a newer server
        giver = wish.giver if wish is not None and wish.giver is not None else Giver(by)
        try:
            has_changed = self.hand.carry_out(giver, deed)
        except Refused as error:
            if wish is not None:
                wish.decide(None, error)
            return
        if wish is not None:
            wish.has_changed = has_changed
        self._unsettled.append(wish)

    def settle(self) -> None:
        """Write down what was ordered, and answer whoever has. Without the lock."""
        with self.fan_out.lock:
            unsettled, self._unsettled = self._unsettled, []
        if not unsettled:
            return
        error: Refused | None = None
        try:
            self.hand.settle()
        except Refused as refused:
            error = refused
        for wish in unsettled:
            if wish is not None:
                wish.decide(None, error)

    def _log_now(self, text: str) -> None:
        self._note(self._now(), text)

    def buried(self, purposes: list[object]) -> None:
        """Tell our people what was not said, and ask for their names again. Holding the lock."""
        self._note(self._now(), "The others took this server for dead; its people come back")
        unsaid: dict[Member, int] = {}
        for each in purposes:
            if isinstance(each, Wish):
                each.decide(None, RoomFull(UNREACHABLE))
            elif isinstance(each, Member) and not each.is_gone:
                unsaid[each] = unsaid.get(each, 0) + 1
        for outbox in [*self._leaving]:
            self._let_go(outbox)
        for member, count in unsaid.items():
            lines = "line of yours was" if count == 1 else "lines of yours were"
            self._tell(member, Error(f"{count} {lines} not said: this server was cut off."))
        for member in [*self._people]:
            self._come_back(member)

    def _come_back(self, member: Member) -> None:
        """Ask for the name of somebody whom the others took for gone."""
        numbered = nicknames.alternatives(member.name, "number")
        names = [member.name, *islice(numbered, _CANDIDATES)]
        self.link.say(_enter(member, names, member.name), Return(member))

    def away(self, *, is_away: bool) -> None:
        """Tell everybody that the room is away, or back."""
        with self.fan_out:
            self._announce(Notice(self._now().wire, AWAY if is_away else BACK))
            for outbox in [*self._leaving]:
                self._let_go(outbox)

    def wait_for_batch(self) -> None:
        """Wait until the writing thread has taken what is too much for one batch."""
        self.fan_out.wait_for_room()

    def said(self) -> int:
        """How many messages our log knows of."""
        return self.past.next_number - 1

    def more(self) -> dict[str, Any]:
        """What operators have decided. Holding the lock."""
        return {"moderation": self.hand.as_text()}

    def keep(self, snapshot: Callable[[], bytes]) -> None:
        """Write a snapshot down, once all that it knows of is logged."""
        is_logged = threading.Event()
        data = snapshot()
        with self.fan_out:
            self.fan_out.when_sent(is_logged.set)
        if is_logged.wait(ANSWER_SECONDS):
            self._file.write(data)


def _enter(member: Member, names: Iterable[str], wanted: str) -> Enter:
    offered: list[Any] = [[each, nicknames.fold(each), nicknames.look(each)] for each in names]
    return Enter(offered, member.host, wanted, _proof(member))


def _proof(member: Member) -> str:
    """What shows that this is the same person, and tells nobody the secret."""
    return hashlib.sha256(member.secret.encode()).hexdigest() if member.secret else ""
