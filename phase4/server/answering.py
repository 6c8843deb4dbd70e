"""What a room tells one person alone, and what it tells of those who are here."""

from collections.abc import Callable, Sequence

from phase4.server.clock import Moment
from phase4.server.gate import Gate
from phase4.server.member import Member
from phase4.server.outbox import FanOut
from phase4.server.past import Numbered
from phase4.server.people import People
from shared.message import Message, Notice, Numbers
from shared.rights import Topic
from shared.status import Person


class Answering:
    """A part of Room, which sets all attributes. Any thread may call any method."""

    fan_out: FanOut
    _people: People
    _gate: Gate
    _now: Callable[[], Moment]
    _tell: Callable[[Member, Message], None]

    def tell(self, member: Member, *messages: Message) -> None:
        """Say something to one connection alone."""
        with self.fan_out:
            if not member.is_gone:
                for each in messages:
                    self._tell(member, each)

    def show(
        self, member: Member, found: Sequence[Numbered], answer: Callable[[str], Sequence[Message]]
    ) -> None:
        """Send what was said before to one connection alone.

        `answer` gets the time, and gives what stands before it, at first, and what stands behind.
        """
        with self.fan_out:
            if not member.is_gone:
                head, *tail = answer(self._now().wire)
                self._tell(member, head)
                self.fan_out.deliver(b"".join(line for _, line in found), member.outbox)
                for each in tail:
                    self._tell(member, each)

    def number(self, member: Member, *, wanted: bool) -> None:
        """Show this person the numbers of messages from here on, or not any more."""
        with self.fan_out:
            if not member.is_gone:
                self.fan_out.count(member.outbox, wanted=wanted)
                self._tell(member, Numbers(self._now().wire, wanted))

    def notify(self, member: Member, *texts: str) -> None:
        """Tell one person something, as notices with the time."""
        with self.fan_out:
            if not member.is_gone:
                now = self._now()
                for text in texts:
                    self._tell(member, Notice(now.wire, text))

    def pong(self, member: Member, text: str) -> None:
        """Answer a /ping: all that this person said before has arrived."""
        self.notify(member, text)

    def catch_up(self, member: Member) -> None:
        """Wait until all that this person said is in the past: it is. Without the lock."""

    def tell_who(self, member: Member) -> None:
        """Tell a member the names of everybody here."""
        with self.fan_out:
            if not member.is_gone:
                self.fan_out.deliver(self._people.who(self._now().wire), member.outbox)

    def tell_topic(self, member: Member) -> None:
        """Tell a member what the room is about."""
        with self.fan_out:
            if not member.is_gone:
                self._tell(member, Topic(self._now().wire, self._gate.state.topic))

    def names(self) -> list[str]:
        """Those of everybody here."""
        with self.fan_out.lock:
            return [each.name for each in self._people]

    def people(self) -> tuple[Person, ...]:
        """Everybody who is connected to this server, for the status snapshot."""
        with self.fan_out.lock:
            members = list(self._people)
        # Formatted without the lock: a reader of the status port must not hold up the chat.
        return tuple(
            Person(
                name=each.name,
                address=str(each.address),
                since=each.since,
                messages=each.messages,
                outbox_bytes=each.outbox.unsent_bytes,
                bytes_in=each.bytes_in,
            )
            for each in members
        )
