"""What somebody has not seen follows them to the server of the room where they are now.

A proxy leads a phone that comes back to any server. What its dead connection has swallowed is kept
where it was. So:

1. The server where it is now says how many private lines it was shown before (Resume), and asks for
   its name (Enter).
2. The one that keeps more of them hands over those alone (HandOver), and forgets them. It knows the
   person by the same proof and the same name, whether anybody was told that they were gone or not.
3. The one where they are by then gives them to it, and counts on. So the next return is right, too.

So at one place of the stream, that of the Enter, all servers know what was seen until then: however
fast somebody goes from one to the next, no line is given twice, and none is left out.

In between, which is a millisecond, nothing overtakes: what others whisper to them waits, and so do
their own wishes. (A page that finds the echo of its line among what it has missed does not say it
again.)

All of this goes through the room's stream. So a line that is handed over is in one place of it, and
all agree who gets it. A server that is dead has taken along what it kept.
"""

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from phase4.hub.events import HandedOver, Person
from phase4.hub.link import Link
from phase4.hub.operations import MAX_NUMBER, HandOver
from phase4.server.coming_back import MOST_AWAY, ComingBack
from phase4.server.member import Member
from phase4.server.offering import proof_of
from phase4.server.unseen import UNSEEN_BYTES
from shared import message
from shared.framing import encode_line
from shared.message import Private

HANDED_SECONDS = 2.0
"""For what another server keeps. It needs a millisecond, or is cut off: then its lines come late,
behind what was said meanwhile. The page takes ten seconds of silence for an end."""

_LOOK_SECONDS = 0.25  # then it is asked whether that server lives
_MOST_WAITING = 256  # lines for one person meanwhile; more than people whisper in this time
_MOST_GONE = 4096  # people of whom it is known at which server they were last
_MOST_TO_HAND_BYTES = MOST_AWAY * UNSEEN_BYTES  # of more, their pages are told how many are lost
_HAND_OVER_BYTES = 200  # what one costs beside its lines


@dataclass(slots=True)
class Awaited:
    """Somebody has come whose lines are still to come from a server."""

    server: str
    said: list[Private] = field(default_factory=list)
    """To them, meanwhile."""

    is_over: threading.Event = field(default_factory=threading.Event)


class SharedComingBack(ComingBack):
    """As ComingBack. `link` is set before anybody can come in."""

    link: Link

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As ComingBack."""
        super().__init__(*arguments, **options)

        # All under the room's lock. Those who wait for what another server keeps.
        self._awaited: dict[Member, Awaited] = {}

        # At which server somebody was who has shown this proof, and is gone. The oldest first.
        self._was_at: OrderedDict[str, str] = OrderedDict()

        # What was seen by whoever is about to come in, by their server and their proof; as above.
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()

        # What is handed over once it is known what became of an old connection.
        self._held: dict[Member, HandOver] = {}

        # What is to be handed over; and the size of that, and of what is on its way. The latter is
        # UNSEEN_BYTES, or one: so a crowd that comes back at once makes no batch that is too large.
        self._to_hand: deque[HandOver] = deque()
        self._to_hand_bytes = self._on_the_way_bytes = 0

    # --- the server where they are now -----------------------------------------------------------

    def gone(self, person: Person) -> None:
        """Somebody is not there any more: what they have not seen may be at that server."""
        if person.proof:
            self._was_at[person.proof] = person.server
            self._was_at.move_to_end(person.proof)
            if len(self._was_at) > _MOST_GONE:
                self._was_at.popitem(last=False)

    def expect(self, member: Member, person: Person) -> None:
        """Somebody has just been let in here: let them wait for what another server keeps."""
        at = self._was_at.pop(person.proof, "")
        if at != self.link.server and at in self.link.state.servers and member.unseen is not None:
            self._awaited[member] = Awaited(at)

    def tell(self, member: Member | None, to: Person, private: Private) -> None:
        """Show somebody of this server a private message, or keep it for them.

        None: their connection is gone, and the room has not read it yet.
        """
        if member is None:
            unseen = self._kept_for(to.proof, to.fold)
            if unseen is not None:
                unseen.add(encode_line(message.format(private)))
        elif (awaited := self._awaited.get(member)) is None:
            self._voice.tell(member, private)
        else:
            awaited.said.append(private)
            if len(awaited.said) >= _MOST_WAITING:
                self._go_on(member)

    def take(self, event: HandedOver, member: Member | None, purpose: object) -> None:
        """Show `member`, for whom they are, lines that were handed over; or keep them for them.

        They are kept here where they were lost here: `member` is None, and there is something kept.
        """
        lines = [*_private_lines(event.lines)]
        is_elsewhere = event.to is not None and event.to.server != self.link.server
        if member is not None:
            self._show(member, event.lost, lines)
            if (awaited := self._awaited.get(member)) and awaited.server == event.server:
                self._go_on(member)
        elif not is_elsewhere and (unseen := self._kept_for(event.proof, event.fold)):
            unseen.lost += event.lost
            for line in lines:
                unseen.add(line)
        if isinstance(purpose, HandOver):
            self._on_the_way_bytes -= _size(purpose)
            self._hand_on()

    def wait(self, member: Member) -> None:
        """As ComingBack; but not for ever."""
        with self._fan_out.lock:
            awaited = self._awaited.get(member)
        if awaited is None:
            return
        if not awaited.is_over.wait(_LOOK_SECONDS) and not self.link.bury_if_gone(awaited.server):
            awaited.is_over.wait(HANDED_SECONDS - _LOOK_SECONDS)
        with self._fan_out:
            self._go_on(member)

    def stop_waiting(self) -> None:
        """Let nobody wait any more: the server stops. Under the lock."""
        for member in [*self._awaited]:
            self._go_on(member)

    def lost(self, member: Member) -> None:
        """As ComingBack: what waited for them is among it."""
        self._go_on(member)
        super().lost(member)

    def _go_on(self, member: Member) -> None:
        awaited = self._awaited.pop(member, None)
        if awaited is not None:
            for each in awaited.said:
                self._voice.tell(member, each)
            awaited.is_over.set()

    # --- the server where they were --------------------------------------------------------------

    def has_seen(self, server: str, proof: str, seen: int) -> None:
        """Whoever comes in at that server with this proof has seen so many."""
        self._seen[server, proof] = seen
        self._seen.move_to_end((server, proof))
        if len(self._seen) > _MOST_GONE:
            self._seen.popitem(last=False)

    def hand_over(self, person: Person, old: Member | None = None) -> None:
        """Hand over what is kept here for somebody who has come in elsewhere, if they count.

        The name of their `old` connection may have been asked for again by this server. Then wait
        for the answer, as it might be that which got it: `release`.
        """
        at = self._was_at.pop(person.proof, "")
        seen = self._seen.pop((person.server, person.proof), None)
        self._forget_old()
        unseen = self._kept_for(person.proof, person.fold)
        if seen is None or (unseen is None and at != self.link.server):
            return
        lost, lines = unseen.missed(seen) if unseen is not None else (0, [])
        self._away.pop(person.proof, None)
        texts = [each.decode().rstrip("\n") for each in lines]
        lost = min(lost, MAX_NUMBER - 1)  # a page may say what it likes, and say it again
        given = HandOver(person.fold, person.entry, person.proof, lost, texts)
        if self._to_hand_bytes + _size(given) > _MOST_TO_HAND_BYTES:
            given = given._replace(lost=lost + len(lines), lines=[])
        self._to_hand_bytes += _size(given)
        if old is not None:
            self._held[old] = given
        else:
            self._add(given)

    def release(self, old: Member) -> None:
        """Hand over what has waited for this."""
        if (given := self._held.pop(old, None)) is not None:
            self._add(given)

    def _add(self, given: HandOver) -> None:
        self._to_hand.append(given)
        self._hand_on()

    def _hand_on(self) -> None:
        """Have what is due go out, as far as it may be on its way together."""
        while self._to_hand:
            size = _size(self._to_hand[0])
            if self._on_the_way_bytes and self._on_the_way_bytes + size > UNSEEN_BYTES:
                return
            self._to_hand_bytes -= size
            self._say(self._to_hand.popleft())

    def _say(self, given: HandOver) -> None:
        self._on_the_way_bytes += _size(given)
        self.link.say(given, given)

    def say_again(self, purposes: list[object]) -> None:
        """Hand over once more what did not count, as this server was taken for dead."""
        self._on_the_way_bytes = 0
        for each in purposes:
            if isinstance(each, HandOver):
                self._say(each)
        for old in [*self._held]:  # what they waited for will not come
            self.release(old)

    @staticmethod
    def _shown_by(member: Member) -> str:
        return proof_of(member.secret)


def _size(given: HandOver) -> int:
    return _HAND_OVER_BYTES + sum(map(len, given.lines))


def _private_lines(texts: tuple[str, ...]) -> list[bytes]:
    """Those among them that are private lines: nothing else may come in this way."""
    parsed = map(message.parse, texts)
    return [encode_line(message.format(each)) for each in parsed if isinstance(each, Private)]
