"""Who is here, and what they say to each other.

Everything that changes who is here, or that anybody is to hear, happens inside `with
self.fan_out:`, under the FanOut's lock. So a name is looked up and claimed in one step, a message
is logged and queued in one step, and everybody sees the same things in the same order.
"""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from phase4.accounts import nicknames
from phase4.accounts.moderation_file import ModerationFile
from phase4.server.answering import Answering
from phase4.server.chat_log import ChatLog
from phase4.server.clock import Clock
from phase4.server.coming_back import ComingBack
from phase4.server.gate import Gate
from phase4.server.hand import Floor, Hand
from phase4.server.letters import Letters
from phase4.server.logins import Logins
from phase4.server.member import Member
from phase4.server.outbox import FanOut, Outbox
from phase4.server.past import Past
from phase4.server.people import People
from phase4.server.refusal import Refused, RoomFull
from phase4.server.turnstile import Turnstile
from phase4.server.voice import Voice
from phase4.transport.newcomers import Newcomer
from shared.framing import encode_line
from shared.goodbye import shut_down
from shared.message import (
    LOGGED_IN_ELSEWHERE,
    Error,
    Joined,
    Left,
    Notice,
    Private,
    Welcome,
)
from shared.status import RoomServer

if TYPE_CHECKING:
    from phase4.accounts.accounts import Accounts


class Room(Answering):
    """The one conversation of a server. Any thread may call any method.

    `show` is told who comes and goes, as show("14:03:05", "Bob joined ..."), and `report` what is
    wrong with the server itself. Both are called under the lock or by the writing thread: they must
    not wait, and must raise nothing.
    """

    # What a room that several servers share has in their place.
    _logins_of: type[Logins] = Logins
    _letters_of: type[Letters] = Letters
    _hand_of: type[Hand] = Hand
    _coming_back_of: type[ComingBack] = ComingBack

    def __init__(
        self,
        log: ChatLog,
        show: Callable[[str, str], None],
        report: Callable[[str], None],
        *,
        max_people: int,
        on_duplicate: str,
        show_addresses: bool,
        gate: Gate,
        moderation: ModerationFile | None = None,
        remember: Callable[[threading.Lock], Past] = Past,
        open_accounts: Callable[[FanOut], "Accounts | None"] = lambda lock: None,
        clock: Clock | None = None,
    ) -> None:
        """`remember(lock)` makes what the room knows of what was said before.

        `open_accounts(lock)` makes what it knows of registered names; None: nobody registers.
        `gate` knows who is kept out or silent; `moderation` is where that is kept.
        """
        # Its lock guards everything below that changes.
        self.fan_out = FanOut(self._cut, on_tick=log.retry, report=report)

        self.past = remember(self.fan_out.lock)
        self.turnstile = Turnstile()
        self._log = log
        self._max_people = max_people
        self._on_duplicate = on_duplicate
        self._people = People(show_addresses=show_addresses, settle=gate.settle)

        self._voice = voice = Voice(self.fan_out, log, show, clock or Clock())
        self._now, self._tell = voice.now, voice.tell
        self._announce, self._note = voice.announce, voice.note

        shared = (self.fan_out, self._people, voice, open_accounts(self.fan_out))
        self.logins = self._logins_of(
            *shared, gate, let_in=self.let_in, leave=self._leave, check_open=self._check_open
        )
        self.letters = self._letters_of(*shared, gate)

        self.coming_back = self._coming_back_of(self.fan_out, voice)

        # Everybody who is connected, also those who have no name yet.
        self._connected: dict[Outbox, Member] = {}

        self._gate = gate
        floor = Floor(self.fan_out, self._people, self._connected, voice, self._expel)
        self.hand = self._hand_of(floor, gate, moderation)

        # The server is stopping. Only ever set.
        self._is_closed = False

        # Figures since the start. Other threads read them without the lock, for show. `refused`
        # counts connections that were accepted and turned away, as too many people were here.
        self.people_peak = self.joins = self.slow_disconnected = self.refused = 0
        self.public_messages = 0

    def open(self, text: str) -> None:
        """Note in connections.txt that the server has started: what follows is a new run."""
        with self.fan_out:
            self._voice.log_connection(self._now(), text)

    # --- coming and going -----------------------------------------------------------------------

    def connect(self, member: Member) -> None:
        """Take in a connection that has no name yet. Raises RoomFull."""
        with self.fan_out:
            self._connected[member.outbox] = member
            self._check_open(may_replace=True)
            self._gate.check_host(member.host)

    def join(self, member: Member, wanted: str) -> None:
        """Let a member in under a name: the one that is wanted, or another one instead.

        An empty name asks for a random one. Raises nicknames.BadNickname, Refused (the name is
        registered, or taken and the server was told to reject) or RoomFull.
        """
        wanted = nicknames.normalise(wanted) if wanted else ""
        with self.fan_out.lock:
            self.logins.check_free(wanted)
        is_in = bool(wanted) and self._join_as(member, (wanted,))
        if not is_in:
            others = nicknames.alternatives(wanted, self._on_duplicate)
            if not self._join_as(member, others, instead_of=wanted):
                raise Refused(f"The name {wanted} is taken.")

    def resume(self, member: Member, wanted: str) -> bool:
        """Give a member the place of their own lost connection, which nobody has noticed yet.

        Whether they had one: under this name, of a program that has shown the same secret. They are
        logged in as it was. Nobody is told that they were away. Raises RoomFull.
        """
        if not member.secret:
            return False
        from hmac import compare_digest  # not above: it loads OpenSSL, and most rooms have no page

        with self.fan_out:
            old = self._people.called(wanted)
            if old is None or not compare_digest(old.secret, member.secret):
                return False
            member.account = old.account
            # Who comes back again and again may speak no faster than others.
            member.lines, member.questions = old.lines, old.questions
            self.let_in(member, old.name, replaces=old)
        return True

    def _join_as(self, member: Member, names: Iterable[str], instead_of: str = "") -> bool:
        """Claim the first name that nobody has, and announce it; False if all are taken."""
        with self.fan_out:
            self._check_open()
            name = next(iter(self.logins.free(names)), None)
            if name is None:
                return False
            remark = f"The name {instead_of} is taken; you are {name}." if instead_of else ""
            self.let_in(member, name, remark)
        return True

    def let_in(
        self,
        member: Member,
        name: str,
        remark: str = "",
        replaces: Member | None = None,
        *,
        is_back: bool = False,
    ) -> None:
        """Let a member in under a name, or in the place of another connection. Holding the lock.

        `is_back`: it was one at another server, so nobody is told. Raises RoomFull.
        """
        is_back = is_back or replaces is not None
        self._check_open(may_replace=replaces is not None)
        if member.is_gone:  # evicted meanwhile: nobody would release the name again
            raise RoomFull("Others took your place; try again later.")
        if replaces is not None:
            self._end(replaces, LOGGED_IN_ELSEWHERE, self.fan_out.hang_up)
            self._people.release(replaces)
        self._people.claim(member, name)
        member.since = time.time()
        now = self._now()
        self._tell(member, Welcome(now.wire, name, self.people_now))
        if remark:
            self._tell(member, Notice(now.wire, remark))
        self.logins.greet(member)
        if past := self.past.greeting(now.wire):
            self.fan_out.deliver(past, member.outbox)
        for each in self._gate.greeting(name, now.wire):
            self._tell(member, each)
        self.coming_back.is_back(member)
        if not is_back:
            self.joins += 1
            self.people_peak = max(self.people_peak, self.people_now)
            self._announce(Joined(now.wire, name))
            self._note(now, f"{name} joined from {member.address}")
        else:
            before = f"from {replaces.address}" if replaces is not None else "at another server"
            how = "logged in" if not member.secret else "came back"
            where = f"{member.address}, and their connection {before} was ended"
            self._note(now, f"{name} {how} from {where}")
        self.fan_out.listen(member.outbox)  # after the announcement: it is for the others

    def _check_open(self, *, may_replace: bool = False) -> None:
        """Raise RoomFull; but not where somebody `may_replace` their own lost connection."""
        if self._is_closed:
            raise RoomFull("The server is stopping.")
        if len(self._people) < self._max_people:
            return
        if not (may_replace and any(each.account or each.secret for each in self._people)):
            self.refused += 1
            raise RoomFull("The server is full; try again later.")

    def leave(self, member: Member, reason: str = "", last_words: str = "") -> None:
        """Let a member go; a second time does no harm. The name is free at once.

        `reason` is for the others, `last_words` are an Error for the member.
        """
        with self.fan_out:
            if not member.is_gone:
                self._leave(member, reason, last_words, end=self.fan_out.finish)

    def _expel(self, member: Member, reason: str, last_words: str) -> None:
        """Let a member go who reads everything that was for them, then why, then the end."""
        self._leave(member, reason, last_words, end=self.fan_out.hang_up)

    def _leave(
        self, member: Member, reason: str, last_words: str, end: Callable[[Outbox], None]
    ) -> None:
        self._end(member, last_words, end)
        now = self._now()
        if member.name:
            self._people.release(member)
            self._announce(Left(now.wire, member.name, reason))
            self._note(now, f"{member.name} left" + (f" ({reason})" if reason else ""))
        elif reason:
            self._note(now, f"{member.address} was refused: {reason}")

    def _end(self, member: Member, last_words: str, end: Callable[[Outbox], None]) -> None:
        member.is_gone = True
        self._connected.pop(member.outbox, None)
        self.coming_back.lost(member)
        if last_words:
            self._tell(member, Error(last_words))
        end(member.outbox)

    def _cut(self, outbox: Outbox, reason: str) -> None:
        """Disconnect a member that does not read. The writing thread calls this."""
        with self.fan_out:
            member = self._connected.get(outbox)
            if member is not None:
                self.slow_disconnected += 1
                self._leave(member, reason, "", end=self.fan_out.finish)

    def newcomers(self) -> list[Newcomer]:
        """Those who have no name yet: each may be ended, to make space for others."""
        with self.fan_out.lock:
            nameless = [each for each in self._connected.values() if not each.name]
        return [Newcomer(each.network, each.came, partial(self._evict, each)) for each in nameless]

    def _evict(self, member: Member) -> bool:
        with self.fan_out:
            if member.is_gone or member.name:
                return False
            self._leave(member, "not in yet while others waited", "", end=self.fan_out.finish)
        shut_down(member.outbox.connection)
        return True

    def rename(self, member: Member, wanted: str) -> None:
        """Give a member another name. Raises nicknames.BadNickname or Refused."""
        name = nicknames.normalise(wanted)
        with self.fan_out:
            if member.is_gone:
                return
            self._gate.check_renaming(member)
            self.logins.check_free(name, member)
            holder = self._people.holder(name)
            if holder is not None and holder is not member:
                raise Refused(f"The name {holder.name} is taken.")
            if name == member.name:
                raise Refused(f"You are {name} already.")
            self.logins.give(member, name)

    def close(self, text: str) -> list[Outbox]:
        """Tell everybody, let nobody in any more, and give the outboxes that are to be emptied."""
        with self.fan_out:
            self._is_closed = True
            now = self._now()
            self._announce(Notice(now.wire, text))
            self._note(now, text)
            outboxes = list(self._connected)
            for member in self._connected.values():
                member.is_gone = True
                self.fan_out.finish(member.outbox)
            self._connected.clear()
            self._people.clear()
        return outboxes

    # --- talking --------------------------------------------------------------------------------

    def say(self, member: Member, text: str) -> None:
        """A public message. `text` is clean (shared.message.clean). Raises Refused."""
        with self.fan_out:
            if member.is_gone:
                return
            if member.is_hushed:
                self._gate.check_public(member)
            self._utter(member.name, text, member)

    def _utter(self, name: str, text: str, sender: Member | None) -> None:
        """Log a public message, and let everybody hear it but the sender. Holding the lock."""
        now = self._now()
        body = encode_line(f"{name}: {text}")
        # The same bytes as message.format(Public(...)), made once for the wire and the log.
        entry = b"%b %b" % (now.log.encode(), body)
        self.fan_out.log(self._log.public, entry)
        line = b"[%b] %b" % (now.wire.encode(), body)
        outbox = sender.outbox if sender is not None else None
        self.fan_out.broadcast(line, outbox, self.past.add(entry))
        self.public_messages += 1
        if sender is not None:
            sender.messages += 1

    def whisper(self, member: Member, to: str, text: str) -> None:
        """A private message to a name (or an address, where those are shown). Raises Refused."""
        with self.fan_out:
            if member.is_gone:
                return
            recipient = self._people.find(to)
            if member.is_hushed:
                self._gate.check_private(member, recipient.account)
            now = self._now()
            private = Private(now.wire, member.name, recipient.name, text)
            self._voice.log_private(now, private, member)
            self._tell(recipient, private)
            if recipient is not member:
                self._tell(member, private)

    def wait_for_room(self, member: Member) -> None:
        """Wait while more is said than can be taken. Without the lock, before each line."""
        self.fan_out.wait_for_room()

    def has(self, name: str) -> bool:
        """Whether somebody has this name: here at this moment, or registered."""
        with self.fan_out.lock:
            return self._people.called(name) is not None or self.logins.is_registered(name)

    # --- figures ------------------------------------------------------------------------------

    def servers(self) -> tuple[RoomServer, ...]:
        """A row for each server of the room, for the status snapshot; none: there is one."""
        return ()

    @property
    def private_messages(self) -> int:
        """How many there were since the start."""
        return self._voice.private_messages

    @property
    def is_closed(self) -> bool:
        """Whether the server is stopping."""
        return self._is_closed

    @property
    def people_now(self) -> int:
        """How many people are here."""
        return len(self._people)
