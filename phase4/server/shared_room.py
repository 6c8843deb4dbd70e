"""A room that several servers share: what its people say and want is asked for, and then happens.

The single server decides under its own lock. Here each wish goes to the hub, and is decided where
all servers agree, in the hub's state (phase4/hub/state.py). What has happened comes back, in one
order for all (happening.py).

Whoever asks for a name waits for the answer, in their own thread. Whoever says something goes on.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from phase4.accounts import nicknames
from phase4.hub.events import (
    Entered,
    Event,
    Person,
)
from phase4.hub.figures import ServerFigures, rows
from phase4.hub.operations import Leave, Rename, Say, Whisper
from phase4.server.happening import Happening
from phase4.server.member import Member
from phase4.server.offering import (
    CANDIDATES,
    as_offered,
    entry_of,
    proof_of,
    resume_of,
    speaker_of,
)
from phase4.server.outbox import Outbox
from phase4.server.people import find_by_address
from phase4.server.refusal import Refused
from phase4.server.roster import roster
from phase4.server.wish import Wish
from shared.message import Message, Notice
from shared.rights import Topic
from shared.status import RoomServer

_GHOST_SECONDS = 2.0  # how long a name of a server that may be dead is waited for
_LOOK_SECONDS = 0.1
_LAST_WORDS_SECONDS = 1.5  # for those to come back, where the hub does not answer


class SharedRoom(Happening):
    """Room's methods, for a room of several servers. `join_hub` comes before all others."""

    # --- figures: any thread ----------------------------------------------------------------------

    def own_figures(self) -> ServerFigures:
        """What this server tells the others of itself."""
        link = self.link
        return ServerFigures(
            public_messages=self.said_here,
            private_messages=self.whispered_here,
            deliveries=self.fan_out.deliveries,
            hub_lag_seconds=link.publisher.lag_seconds,
            hub_away_seconds=link.outages.seconds,
        )

    def servers(self) -> tuple[RoomServer, ...]:
        """A row for each server of the room."""
        with self.fan_out.lock:
            return rows(self.link.state, self.link.server, self.own_figures())

    @property
    def private_messages(self) -> int:
        """How many there were since the start, at all servers."""
        return self._voice.private_messages + self._whispered_elsewhere

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
        with self.fan_out.lock:
            names = [*self.logins.free([wanted] if wanted else ())]
        if names:
            yield names
        while True:
            with self.fan_out.lock:
                names = [*islice(self.logins.free(others), CANDIDATES)]
            if not names:
                return
            yield names

    def resume(self, member: Member, wanted: str) -> bool:
        """Give a member the place of their own lost connection, at whichever server it was."""
        proof = proof_of(member.secret)
        with self.fan_out.lock:
            old = self.link.state.people.get(nicknames.fold(wanted))
            if old is None or not proof or old.proof != proof:
                return False
            if old.server != self.link.server:
                self._check_open()  # first: they may be better off where they are
        return isinstance(self._ask_for(member, [old.name], old.name), Entered)

    def _ask_for(self, member: Member, names: Iterable[str], wanted: str) -> Event | None:
        entry = entry_of(member, names, wanted)
        return self.link.ask(entry, Wish(member), first=resume_of(member))

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

    def leave(self, member: Member, reason: str = "", last_words: str = "") -> None:
        """As Room. Then the thread of this member waits a moment until all they said came back."""
        super().leave(member, reason, last_words)
        with self.fan_out.lock:
            may_wait = member.outbox in self._leaving
        if may_wait and not member.outbox.released.wait(_LAST_WORDS_SECONDS):
            with self.fan_out:
                self._let_go(member.outbox)

    def _leave(
        self, member: Member, reason: str, last_words: str, end: Callable[[Outbox], None]
    ) -> None:
        if not member.name:
            super()._leave(member, reason, last_words, end)
            return
        # Of their own will: all that they have said comes back before, and what they whispered is
        # shown to them. Else they are gone at once.
        may_wait = not reason and self.link.is_up and not self._is_closed
        self._end(member, last_words, self.fan_out.stop_listening if may_wait else end)
        self._people.release(member)
        self._note(self._now(), f"{member.name} left" + (f" ({reason})" if reason else ""))
        if member.arrival:  # else they are gone for the others, and are so again once they are back
            self.link.say(Leave(member.arrival, reason))
        if may_wait:
            self._leaving[member.outbox] = member
            self.link.publisher.after(lambda: self._let_go(member.outbox))

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
            speaker = speaker_of(member)
        self.link.ask(Rename(speaker, [as_offered(name)]), Wish(member))

    def close(self, text: str) -> list[Outbox]:
        """As Room; and let the other servers know that this one ends."""
        unsaid = self.link.stop()
        with self.fan_out:
            self._tell_unsaid(unsaid, "the server stops")
            self.coming_back.stop_waiting()
            for outbox in [*self._leaving]:
                self._let_go(outbox)
        return super().close(text)

    # --- talking --------------------------------------------------------------------------------

    def say(self, member: Member, text: str) -> None:
        """A public message. Raises Refused. Waits while the room is away and too much waits."""
        self._wait_for_hub(member)
        with self.fan_out.lock:
            if member.is_gone:
                return
            if member.is_hushed:
                self._gate.check_public(member)
            self.link.say(Say(speaker_of(member), text), member)

    def whisper(self, member: Member, to: str, text: str) -> None:
        """A private message to a name (or an address, where those are shown). As `say`."""
        self._wait_for_hub(member)
        with self.fan_out.lock:
            if member.is_gone:
                return
            person = self._find(to)
            if member.is_hushed:
                self._gate.check_private(member, person.account)
            asked = Whisper(speaker_of(member), person.fold, person.entry, to, text)
            self.link.say(asked, member)

    def _find(self, to: str) -> Person:
        """The person of this name, or at this address. Raises Refused."""
        people = self.link.state.people
        person = people.get(nicknames.fold(to))
        return person or find_by_address(people.values(), to, shown=self._show_addresses)

    def _wait_for_hub(self, member: Member) -> None:
        """Not before each line: whoever wants to leave, or asks who is here, need not wait."""
        outbox = member.outbox
        self.link.publisher.wait_for_room(is_over=lambda: member.is_gone or outbox.is_broken)

    # --- answers --------------------------------------------------------------------------------

    def pong(self, member: Member, text: str) -> None:
        """Answer once all that this person said has come back, however long that takes."""
        self._wait_for_hub(member)
        with self.fan_out:
            self.link.publisher.after(lambda: self._answer(member, Notice(self._now().wire, text)))

    def tell(self, member: Member, *messages: Message) -> None:
        """As Room, in turn."""
        self._in_turn(member, lambda: self._answer(member, *messages))

    def notify(self, member: Member, *texts: str) -> None:
        """As Room, in turn."""

        def answer() -> None:
            now = self._now().wire
            self._answer(member, *(Notice(now, text) for text in texts))

        self._in_turn(member, answer)

    def tell_topic(self, member: Member) -> None:
        """As Room, in turn."""

        def answer() -> None:
            self._answer(member, Topic(self._now().wire, self._gate.state.topic))

        self._in_turn(member, answer)

    def catch_up(self, member: Member) -> None:
        """Wait, for a moment at most, until all that this person said has come back."""
        has_come = threading.Event()
        self._in_turn(member, has_come.set)
        has_come.wait(_LAST_WORDS_SECONDS)

    def _in_turn(self, member: Member, answer: Callable[[], None]) -> None:
        """Answer behind all that this person has said before; while the room is away, at once."""
        with self.fan_out:
            if member.name and self.link.is_up:
                self.link.publisher.after(answer)
            else:
                answer()

    def _answer(self, member: Member, *messages: Message) -> None:
        if self._hears(member):
            for each in messages:
                self._tell(member, each)

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
        """Tell a member the names of everybody here, in turn."""

        def answer() -> None:
            if not self._hears(member):
                return
            now = self._now().wire
            if self._who_at != now:
                people = sorted(self.link.state.people.values(), key=lambda each: each.fold)
                self._who_lines = roster(now, people, show_addresses=self._show_addresses)
                self._who_at = now
            self.fan_out.deliver(self._who_lines, member.outbox)

        self._in_turn(member, answer)
