"""What has happened in a room that several servers share, done at one of them.

The hub tells it in one order for all (phase4/hub/link.py): who has come in and who has left, what
was said, whose name is whose. Most of it concerns everybody here. Some is for one person, whose
thread may wait for it (wish.py).
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from phase4.hub import events
from phase4.hub.events import Event, Person
from phase4.hub.link import Link
from phase4.hub.operations import Begin, Leave, Operation, Order
from phase4.server.clock import HubClock
from phase4.server.deeds import Again, from_json, to_json
from phase4.server.hand import Giver
from phase4.server.hub_file import HubFile
from phase4.server.log_file import loss
from phase4.server.member import Member
from phase4.server.outbox import Outbox
from phase4.server.refusal import Refused, RoomFull
from phase4.server.room import Room
from phase4.server.shared_coming_back import SharedComingBack
from phase4.server.shared_hand import SharedHand
from phase4.server.shared_logins import SharedLetters, SharedLogins
from phase4.server.shared_returns import Returns
from phase4.server.wish import ANSWER_SECONDS, UNREACHABLE, Return, Wish
from shared import message
from shared.message import LOGGED_IN_ELSEWHERE, Error, Joined, Left, Notice, Private
from shared.rights import THE_OPERATOR

AWAY = "The room is away; what you say waits."
BACK = "The room is back."


class Happening(Room):
    """A room that is told what happens: phase4.hub.link.Follows."""

    logins: SharedLogins
    letters: SharedLetters
    hand: SharedHand
    coming_back: SharedComingBack
    _logins_of = SharedLogins
    _letters_of = SharedLetters
    _hand_of = SharedHand
    _coming_back_of = SharedComingBack

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As Room."""
        self._hub_clock = HubClock()
        self._show_addresses = bool(options["show_addresses"])
        super().__init__(*arguments, clock=self._hub_clock, **options)
        self.link: Link
        self._file: HubFile

        # What is to be done without the lock: orders that were carried out, and letters that wait.
        self._unsettled: list[Wish | None] = []
        self._nudged: list[Member] = []

        # Those who leave of their own will, and what they do once all that they said has come back.
        self._leaving: dict[Outbox, Member] = {}

        # What the people of this server have said, for the figures.
        self.said_here = self.whispered_here = 0
        self._whispered_elsewhere = 0  # from and to others

        # By how much our log is ahead of what all servers number: by messages of before this era.
        self._ahead = 0

        # Those whom the others took for gone.
        self._returns = Returns()

        # The answer to /who, and the time that it shows; "" once the answer is wrong.
        self._who_lines, self._who_at = b"", ""

    def join_hub(self, link: Link, file: HubFile) -> None:
        """Share the room. Raises EngineDown."""
        self.link, self._file = link, file
        self.logins.link = self.letters.link = self.hand.link = self.coming_back.link = link
        link.load(file.read())
        if link.has_resumed:  # all that it knows of is logged; an old log may have been deleted
            self.past.skip(max(0, link.state.said - self._said()))

    def go_on_at(self, more: dict[str, Any], *, before: int, is_other_era: bool) -> None:
        """What operators have decided holds as it does elsewhere. Without the lock."""
        if is_other_era:  # all that our log knows of is from before
            self._ahead = max(0, self._said() - before)
            self.hand.begin_anew()
        if isinstance(text := more.get("moderation"), str):
            self.hand.take_over(text)

    @property
    def people_now(self) -> int:
        """How many people are here, at all servers."""
        return len(self.link.state.people)

    # --- one event after the other ----------------------------------------------------------------

    def take(self, event: Event, purpose: object, *, is_ours: bool, time: float) -> None:
        """Do what has happened. Holding the lock."""
        with self._hub_clock.standing_at(time):
            self._take(event, purpose, is_ours=is_ours)

    def _take(self, event: Event, purpose: object, *, is_ours: bool) -> None:
        match event:
            case events.Said(person, text, number):
                self._take_said(person, text, number, purpose)
            case events.Whispered(person, to, text):
                self._take_whispered(person, to, text, purpose)
            case events.Unsaid() if isinstance(purpose, Member) and not purpose.is_gone:
                self._tell(purpose, Error("A line of yours was not said. Send it again."))
            case events.NotHere(_, to, _) if isinstance(purpose, Member) and not purpose.is_gone:
                self._tell(purpose, Error(f"Nobody here is called {to}. Nothing was sent."))
            case events.Entered():
                self._take_entered(event, purpose)
            case events.Taken() if isinstance(purpose, Wish):
                purpose.decide(event)
            case events.Taken() if isinstance(purpose, Return):
                self._take_none_free(purpose.member)
            case events.Elsewhere(person) if isinstance(purpose, Return):
                self._take_elsewhere(purpose.member, person)
                self.coming_back.release(purpose.member)
            case events.Renamed(old, new):
                self._take_renamed(old, new, purpose)
            case events.MadeWay(old, new):
                self._take_renamed(old, new, None)
                self._tell_made_way(old, new)
            case events.LoggedIn(old, new):
                self._take_login(old, new, purpose)
            case events.Ousted(person):
                self._take_ousted(person)
            case events.Resumed(server, proof, seen) if not is_ours:
                self.coming_back.has_seen(server, proof, seen)
            case events.HandedOver(_, to, _, proof):
                member = self._member_of(to) if to is not None else self._returns.find([proof])
                self.coming_back.take(event, member, purpose)
            case events.Nudged(account):
                self._nudged += [each for each in self._people if each.account == account]
            case events.NotRenamed(holder) if isinstance(purpose, Wish):
                name = holder.name if holder is not None else "you asked for"
                purpose.decide(event, Refused(f"The name {name} is taken."))
            case events.Left(person, reason):
                self._take_left(person, reason)
            case events.Ended(server, people, is_lost):
                self._take_ended(server, people, is_lost=is_lost)
            case events.Ordered(by, order):
                self._take_order(by, order, purpose)
            case events.BeganAnew(said):
                self._ahead += said
                self._who_at = ""
                self.hand.begin_anew()
            case events.Began(server, more):
                self._ahead = max(0, self._ahead - more)
                if not is_ours:
                    self._log_now(f"The server {server} shares this room")
                    return
                self._returns.begin(self.link.state.era)
                if self.hand.has_begun_anew():
                    self._unsettled.append(None)
            case events.Missing(server, count):
                self._log_now(f"{count} batches of the server {server} are missing")

    def _take_said(self, person: Person, text: str, number: int, purpose: object) -> None:
        missing = number + self._ahead - self.past.next_number
        if missing < 0:
            return  # it is in our log already: we read again what we had read before
        if missing:
            self._skip(missing)
        sender = purpose if isinstance(purpose, Member) else None
        self.said_here += sender is not None
        self._utter(person.name, text, sender)

    def _skip(self, count: int) -> None:
        """Say in the log how many messages it lacks."""
        self.past.skip(count)
        self.fan_out.log(self._log.public, loss(count))

    def _take_whispered(self, person: Person, to: Person, text: str, purpose: object) -> None:
        now = self._now()
        private = Private(now.wire, person.name, to.name, text)
        sender = purpose if isinstance(purpose, Member) else None
        recipient = self._member_of(to)
        if sender is None and not self._is_here(to):
            self._whispered_elsewhere += 1
            return
        self._voice.log_private(now, private, sender)
        self.whispered_here += sender is not None
        if self._is_here(to):
            self.coming_back.tell(recipient, to, private)
        if sender is not None and sender is not recipient and self._hears(sender):
            self._tell(sender, private)
        elif sender is not None and person is not to:  # lost meanwhile: they read it once back
            self.coming_back.tell(None, person, private)

    def _is_here(self, person: Person) -> bool:
        return person.server == self.link.server

    def _member_of(self, person: Person | None) -> Member | None:
        """Them, where they are at this server, and still connected."""
        return self._people.called(person.name) if person and self._is_here(person) else None

    def _hears(self, member: Member) -> bool:
        return not member.is_gone or member.outbox in self._leaving

    def _take_entered(self, event: events.Entered, purpose: object) -> None:
        person, replaced = event.person, event.replaced
        self._who_at = ""
        self.logins.hear_of(person.account)
        old = self._member_of(replaced)
        if replaced is not None:
            self.coming_back.gone(replaced)
        if isinstance(purpose, Wish):
            self._take_in(purpose, event, old)
            return
        gone = self._returns.find(person.shown) if not self._is_here(person) else None
        for each in (old, gone):
            if each is not None:
                self._take_elsewhere(each, person)
        self.coming_back.hand_over(person, gone if self._returns.have_asked else None)
        if isinstance(purpose, Return):
            self._take_back(purpose.member, person)
        elif replaced is None and (gone is None or gone.name != person.name):
            self.joins += 1
            self.people_peak = max(self.people_peak, self.people_now)
            self._announce(Joined(self._now().wire, person.name))

    def _take_elsewhere(self, member: Member, person: Person) -> None:
        """Somebody is `person` now, at another server: their old connection here is over."""
        self._returns.is_over(member)
        if member.is_gone:
            return
        self._end(member, LOGGED_IN_ELSEWHERE, self.fan_out.hang_up)
        self._people.release(member)
        self._note(self._now(), f"{member.name} came back through another server")
        if member.name != person.name:
            self._announce(Left(self._now().wire, member.name, ""))

    def _take_none_free(self, member: Member) -> None:
        """All names are others' that were asked for somebody whom the others took for gone."""
        self.coming_back.release(member)
        if not member.is_gone:
            words = "Your name was taken while this server was cut off."
            self._expel(member, "name taken meanwhile", words)

    def _take_back(self, member: Member, person: Person) -> None:
        """Somebody has their name again after the others took them for gone, or another one."""
        self._returns.is_over(member)
        if member.is_gone:
            self.link.say(Leave(person.arrival, ""))
            self.coming_back.release(member)
            return
        member.arrival, member.entered = person.arrival, person.since
        if member.name != person.name:
            old = member.name
            self._give(member, person.name)
            self.logins.has_other_name(member)
            text = f"The name {old} was taken meanwhile; you are {person.name}."
            self._tell(member, Notice(self._now().wire, text))
            self._announce(message.Renamed(self._now().wire, old, person.name))

    def _give(self, member: Member, name: str) -> None:
        self._note(self._now(), f"{member.name} is now {name}")
        self._people.release(member)
        self._people.claim(member, name)

    def _take_in(self, wish: Wish, event: events.Entered, old: Member | None) -> None:
        person, member = event.person, wish.member
        is_other = bool(event.wanted) and event.wanted != person.name
        remark = f"The name {event.wanted} is taken; you are {person.name}." if is_other else ""
        self.logins.own(member, person.account)
        member.arrival, member.entered = person.arrival, person.since
        if old is not None and old.secret and old.secret == member.secret:  # as Room.resume
            member.lines, member.questions = old.lines, old.questions
        try:
            is_back = event.replaced is not None
            self.let_in(member, person.name, remark, replaces=old, is_back=is_back)
        except RoomFull as error:
            if old is not None:  # the others know of it no more
                self._end(old, LOGGED_IN_ELSEWHERE, self.fan_out.hang_up)
                self._people.release(old)
            self.link.say(Leave(person.arrival, ""))
            wish.decide(None, error)
        else:
            self.coming_back.expect(member, person)
            wish.decide(event)

    def _take_renamed(self, old: Person, new: Person, purpose: object) -> None:
        self._who_at = ""
        member = self._member_of(old)
        if member is not None:
            self._give(member, new.name)
            self.logins.has_other_name(member)
        elif self._is_here(old):  # gone meanwhile, and they said so under the old name
            self.link.say(Leave(new.arrival, ""))
        self._announce(message.Renamed(self._now().wire, old.name, new.name))
        if isinstance(purpose, Wish):
            purpose.decide(None)

    def _tell_made_way(self, old: Person, new: Person) -> None:
        if (member := self._member_of(new)) is not None:
            text = f"The name {old.name} is registered, and its owner has come; you are {new.name}."
            self._tell(member, Notice(self._now().wire, text))

    def _take_login(self, old: Person, new: Person, purpose: object) -> None:
        self._who_at = ""
        self.logins.hear_of(new.account)
        self.logins.hear_of_end(old.account if old.account != new.account else "")
        member = self._member_of(old)
        if new.name != old.name:
            if member is not None:
                self._give(member, new.name)
            self._announce(message.Renamed(self._now().wire, old.name, new.name))
        if member is not None and new.account:
            member.entered = new.since
            self.logins.own(member, new.account)
            self.logins.greet(member)
            self._note(self._now(), f"{new.name} is logged in")
        elif member is not None and member.account:
            self.logins.log_out_here(member)
        if isinstance(purpose, Wish):
            purpose.decide(None)

    def _take_ousted(self, person: Person) -> None:
        if (member := self._member_of(person)) is not None:
            self._end(member, LOGGED_IN_ELSEWHERE, self.fan_out.hang_up)
            self._people.release(member)
        self._take_left(person, "logged in from elsewhere")

    def _take_left(self, person: Person, reason: str) -> None:
        self._who_at = ""
        self.coming_back.gone(person)
        self._announce(Left(self._now().wire, person.name, reason))

    def _take_ended(self, server: str, people: Iterable[Person], *, is_lost: bool) -> None:
        self._who_at = ""
        if server == self.link.server:
            self._returns.await_all(self._people)  # `buried` comes next
            for each in people:
                if self._people.called(each.name) is None:  # they left meanwhile
                    self._take_left(each, "")
            return
        how = "was lost" if is_lost else "has stopped"
        self._log_now(f"The server {server} {how}")
        for each in people:
            self._take_left(each, "server lost" if is_lost else "")

    def _take_order(self, by: str, order: dict[str, Any], purpose: object) -> None:
        wish = purpose if isinstance(purpose, Wish) else None
        deed = from_json(order)
        if deed is None:
            return  # of a newer server
        if isinstance(deed, Again):
            if self.hand.hold_again(deed):
                self._unsettled.append(None)
            return
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
        if not (self._unsettled or self._nudged):  # nearly always; only our thread adds
            return
        with self.fan_out.lock:
            unsettled, self._unsettled = self._unsettled, []
            nudged, self._nudged = self._nudged, []
        for member in nudged:
            self.letters.deliver(member)
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
        self._who_at = ""
        self._tell_unsaid(purposes, "this server was cut off")
        for member, question in self._returns.ask_all(self._people, self.link.state):
            self.link.say(question, Return(member))
        self.coming_back.say_again(purposes)

    def _tell_unsaid(self, purposes: Iterable[object], why: str) -> None:
        """Tell our people what will not happen of what they wanted. Holding the lock."""
        unsaid = Counter[Member]()
        for each in purposes:
            if isinstance(each, Wish):
                each.decide(None, RoomFull(UNREACHABLE))
            elif isinstance(each, Member) and self._hears(each):
                unsaid[each] += 1
        for member, count in unsaid.items():
            lines = "line of yours was" if count == 1 else "lines of yours were"
            self._tell(member, Error(f"{count} {lines} not said: {why}."))

    def away(self, *, is_away: bool) -> None:
        """Tell everybody that the room is away, or back."""
        with self.fan_out:
            self._announce(Notice(self._now().wire, AWAY if is_away else BACK))
            for outbox in [*self._leaving]:
                self._let_go(outbox)

    def _let_go(self, outbox: Outbox) -> None:
        if self._leaving.pop(outbox, None) is not None:
            self.fan_out.finish(outbox)

    def wait_for_batch(self) -> None:
        """Wait until the writing thread has taken what is too much for one batch."""
        self.fan_out.wait_for_room()

    def _said(self) -> int:
        """How many messages our log knows of."""
        return self.past.next_number - 1

    def first_words(self) -> list[Operation]:
        """How much our log knows of, and what operators had decided. Holding the lock."""
        state = self.link.state
        self._ahead = max(self._ahead, self._said() - state.said)
        held = self.hand.held_before()
        orders = [Order(THE_OPERATOR, to_json(held))] if held is not None else []
        return [*orders, Begin(state.before + self._ahead)]

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
