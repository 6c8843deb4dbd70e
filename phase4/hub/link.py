"""One server's link to the room that it shares: reads what the engine has put in order.

Two threads, both ended by `stop`:

    publisher   appends what our people say and want           (publisher.py)
    follower    reads what all servers append, and applies it  (here)

**Nothing is shown before it has come back.** So the engine's order is the order of everybody's
screen and of every server's log, and a server that is cut off shows its people nothing that the
others have not.

**The engine goes, and comes back.** Then the follower first gives it again what it has read and the
engine has lost (a machine that lost its power may have forgotten the last second); then what was in
flight. A batch that so comes twice is known by its number.

**A server dies.** Whoever has heard nothing of it for a *lease* buries it. That is an operation as
all others, so all agree on when. Clocks play no part in it: each measures how long it heard
nothing, and only while it heard others. A server that was merely cut off reads that it was buried;
nothing of what it had in flight counts any more. It is *fenced*, and begins again under another
name.

**A server knows nothing of what was before.** There is no snapshot, and the stream does not hold
the beginning. Then the room begins anew with it (state.py), and all others are buried by that. It
also does where a server knows what nobody can come to any more, by what is in the stream.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager

from phase4.hub.beginning import Start, beginning_of, find_beyond, find_start
from phase4.hub.engine import Engine, EngineDown, Entry
from phase4.hub.events import Began, Happened
from phase4.hub.follows import Follows, T, Wish
from phase4.hub.heard import Heard
from phase4.hub.operations import (
    BadBatch,
    Batch,
    Bury,
    End,
    Operation,
    decode,
    encode,
    end_of,
    given_again,
    is_given_again,
)
from phase4.hub.outages import Outages
from phase4.hub.publisher import BEAT_SECONDS, GATHER_SECONDS, Flight, Publisher
from phase4.hub.recent import Recent
from phase4.hub.snapshot import to_bytes
from phase4.hub.state import State
from shared.deadline import Deadline
from shared.defaults import HUB_LEASE_SECONDS

SNAPSHOT_SECONDS = 5.0
"""Between two snapshots, for servers that begin."""

SETTLE_SECONDS = 8.0
"""After the engine was away nothing new is appended before the others are back as well: they may
have to give it again what it has lost, and whoever is back has done so. If nothing is given again
for so long, they are not waited for any more. It takes some of them ANSWER_SECONDS to notice that
the engine was away, and whoever then needs longer than a lease would be taken for dead."""

MOST_SETTLE_SECONDS = 30.0
"""Nor are they after this time. Much may have to be given again, and each disk takes its time."""

_BUSY_BYTES = 400  # more is not what one person has said at a time
_READ_SECONDS = 1.0
_RETRY_SECONDS = 0.2
_STOP_SECONDS = 0.5


class Link:
    """Reads and applies. `state` is under the room's lock."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        room: Follows,
        lock: AbstractContextManager[None],
        *,
        figures: Callable[[], dict[str, object]],
        report: Callable[[str], None],
        is_broken: threading.Event,
        lease_seconds: float = HUB_LEASE_SECONDS,
    ) -> None:
        """`name` is this process's, as the engine was told. `report` tells the operator.

        `is_broken` is set where a fault in this program ends a thread.
        """
        self.state = State()
        self.outages = Outages(room, report)
        self._engine = engine
        self._name = name
        self._lives = 1
        self._room = room
        self._lock = lock
        self._report = report
        self._is_broken = is_broken
        self.publisher = Publisher(
            engine,
            f"{name}.1",
            figures=figures,
            on_down=self._went_down,
            on_taken=self._came_up,
            on_beat=self._snapshots,
        )
        self.has_resumed = False
        """Whether it goes on where this server's own log ends."""

        # The follower's.
        self._knows = False  # the past: by a snapshot, or as it has read how the room began
        self._is_in = False  # our Begin has come back: before, a snapshot would lack it
        self._recent = Recent()
        self._heard = Heard(lease_seconds)
        self._has_begun = False
        self._is_ending = False  # only ever set, by `stop`
        self._has_lost = False  # the engine's snapshot, as well
        self._awaited: set[str] = set()  # servers that are not back since the engine is
        self._end = ""  # where the stream ended then: what stands behind it is new
        self._unsaid: list[object] = []  # what came back after our end

        self._must_repair = False  # both threads set it

        self._stopping = threading.Event()
        self._snapshot_at = time.monotonic()  # at once: who begins next begins there
        self._threads = [
            threading.Thread(target=self._run, args=(each,), name=name, daemon=True)
            for name, each in (("publisher", self.publisher.run), ("follower", self._follow))
        ]

    # --- start and stop -------------------------------------------------------------------------

    def load(self, kept: bytes | None) -> None:
        """Begin where this server has stopped, or else at the room's snapshot.

        `kept` is what the room was last given to keep. Raises EngineDown.
        """
        start = find_start(self._engine, kept, wait_seconds=2 * SNAPSHOT_SECONDS)
        if start is not None:
            self._go_on_at(start)
            self.has_resumed = start.is_kept
            before = start.state.before
            self._room.go_on_at(start.more, before=before, is_other_era=start.is_other_era)

    def start(self) -> None:
        """Start both threads. People can come in once all was read that is there."""
        for each in self._threads:
            each.start()

    def stop(self) -> list[object]:
        """Say that this server ends, and end both threads. What all was for that is not said."""
        self._is_ending = True
        if self._has_begun:
            self.publisher.add(End())
            self.publisher.wait_until_empty(_STOP_SECONDS if self.is_up else 0.0)
        self._stopping.set()
        self.publisher.stop()
        self._engine.close()
        for each in self._threads:
            if each.ident is not None:
                each.join(_STOP_SECONDS)
        return [*self._unsaid, *self.publisher.drop().purposes]

    def _run(self, target: Callable[[], None]) -> None:
        """A thread's outermost frame: without it, nobody would hear anything any more."""
        try:
            target()
        except BaseException as error:  # noqa: BLE001 - whatever it was, it must be known
            if not self._stopping.is_set():
                self._is_broken.set()
                self._report(f"A fault in this program stopped the link to the hub: {error!r}")

    # --- any thread -----------------------------------------------------------------------------

    @property
    def server(self) -> str:
        """What this server is called in the room, at present."""
        return self.publisher.server

    @property
    def is_up(self) -> bool:
        """Whether the engine can be reached, as far as is known."""
        return self._has_begun and not self.outages.is_on

    def say(self, operation: Operation, purpose: object = None) -> None:
        """Have something happen in the room; it has once the room takes its event."""
        self.publisher.add(operation, purpose)

    def ask(self, operation: Operation, wish: Wish[T], *, first: Operation | None = None) -> T:
        """Say this, right after `first`, and wait for what becomes of it.

        Raises what the wish does.
        """
        self.publisher.add(operation, wish, first=first)
        return self.wait_for(wish)

    def wait_for(self, wish: Wish[T]) -> T:
        """Wait for what becomes of something that was said. Raises what the wish does.

        Then it is withdrawn (Publisher.withdraw). Without the room's lock.
        """
        try:
            return wish.wait()
        except BaseException:
            self.publisher.withdraw(wish)
            raise

    def bury_if_gone(self, server: str) -> bool:
        """Bury a server whose process has no connection to the engine any more.

        Whether it may be buried soon: then its people's names are free. Without the room's lock.
        """
        if server == self.server:
            return False
        try:
            if self._engine.is_connected(server.rpartition(".")[0]):
                return False
        except EngineDown:
            return True  # rarely asked, its connection may be an old one: the next is made anew
        if self._heard.seconds_ago(server) > 1.5 * BEAT_SECONDS:
            self.say(Bury(server))
        return True

    # --- the follower ---------------------------------------------------------------------------

    def _follow(self) -> None:
        read_at = time.monotonic()
        while not self._stopping.is_set():
            self.outages.tell_if_long()
            if self._must_repair:
                if not self._repair():
                    self._stopping.wait(_RETRY_SECONDS)
                    continue
                read_at = time.monotonic()
            try:
                entries = self._read(_READ_SECONDS if self._has_begun else 0.0)
            except EngineDown as error:
                self._went_down(error)
                continue
            now = time.monotonic()
            if now - read_at > 2 * _READ_SECONDS:
                # We did not listen, so nobody was silent; and there may be more than is kept.
                self._must_repair = self._has_begun
            if self._must_repair or self.outages.is_on:
                self._heard.all(self.state.servers)
            read_at = now
            if not entries and not self._has_begun:
                self._begin()
            for server in self._heard.silent([*self.state.servers]):
                if server != self.server and self.is_up:
                    self.say(Bury(server))

    def _read(self, seconds: float) -> list[Entry]:
        """Read on and apply. Raises EngineDown."""
        entries = self._engine.read(self._recent.position, seconds)
        if entries:
            self._room.wait_for_batch()
            with self._lock:
                for each in entries:
                    self._apply(each)
            self._room.settle()
            if len(entries) > 1 or len(entries[0].data) > _BUSY_BYTES:
                time.sleep(GATHER_SECONDS)
        return entries

    def _apply(self, entry: Entry) -> None:
        """Holding the lock."""
        self._recent.add(entry)
        try:
            batch = decode(entry.data)
        except BadBatch as error:
            self.state.skipped += 1
            self._report(f"The hub holds what this server cannot read, and leaves out: {error}")
            return
        is_ours = batch.server == self.server
        flight = self.publisher.came_back(batch.number) if is_ours else None
        self._heard.note(batch.server)
        if self._awaited and self._is_new(entry):
            self._awaited.discard(batch.server)
        had_ended, era = self.state.is_dead(batch.server), self.state.era
        happened = self.state.apply(batch, batch.time or entry.time)
        self._take(happened, batch, flight)
        if flight is not None and self._is_ending:
            had_ended |= batch.era != self.state.era
            self._unsaid += flight.purposes[0 if had_ended else end_of(batch) :]
        self._is_in |= is_ours and any(isinstance(each, Began) for _, each in happened)
        if self.state.era != era:
            self._take_era(batch)
        elif self._recent.is_overtaken_by(entry):
            self._have_all_begin_anew()
        if self._has_begun and not self._is_ending and self.state.is_dead(self.server):
            self._begin_again()

    def _take_era(self, batch: Batch) -> None:
        """The room has begun anew with this batch. Holding the lock."""
        self._knows |= batch.time is None  # else it was over, maybe, where others knew more
        self._is_in = False
        self._recent.begin_with_last()
        self.publisher.give_up()
        if not self._has_begun or self._is_ending:
            return
        if batch.server == self.server:
            self._say_first_words()
        else:
            self._begin_again()

    def _take(self, happened: list[Happened], batch: Batch, flight: Flight | None) -> None:
        """Have the room do what has happened, and answer whoever waited for a part of it."""
        is_ours = batch.server == self.server
        answers = deque(flight.afterwards if flight is not None else ())
        for place, event in happened:
            while answers and answers[0].place <= place:
                answers.popleft().call()
            purpose = None
            if flight is not None and place >= 0:
                purpose = flight.purpose_of(place, batch.operations[place])
            self._room.take(event, purpose, is_ours=is_ours, time=self.state.time)
        for each in answers:
            each.call()

    def _begin(self) -> None:
        """All was read that was there: from here on we take part."""
        with self._lock:
            self._heard.all(self.state.servers)
            self._has_begun = True
            self.publisher.era = self.state.era if self._knows else self.server
            self._say_first_words()
        self.publisher.set_up(is_up=True)

    def _say_first_words(self) -> None:
        """With an era of our own: not before it has begun, as only then its numbers are known."""
        if self.publisher.era == self.state.era:
            for each in self._room.first_words():
                self.say(each)

    def _begin_again(self) -> None:
        """We were buried alive: nothing of ours counts any more. Holding the lock."""
        self._lives += 1
        self._is_in = False
        server = f"{self._name}.{self._lives}"
        left = self.publisher.rename(server, self.state.era if self._knows else server)
        self._say_first_words()
        self._room.buried(left.purposes)
        for call in left.afterwards:
            call()

    # --- the engine goes and comes ----------------------------------------------------------------

    def _went_down(self, error: EngineDown) -> None:
        """Either thread."""
        self.publisher.set_up(is_up=False)
        if self._stopping.is_set():
            return
        self._must_repair = True
        self.outages.begin(error)

    def _came_up(self) -> None:
        """The engine has taken something new. The publisher's thread."""
        if not self._must_repair:
            self.outages.end()

    def _repair(self) -> bool:
        """Whether the engine answers again, and gets all that it has lost of what we have read."""
        try:
            self._skip_what_is_gone()
            self._give_again()
            if self._has_begun:
                self._settle()
        except EngineDown as error:
            self._went_down(error)
            return False
        self._heard.all(self.state.servers)
        self._must_repair = False
        self.publisher.set_up(is_up=self._has_begun)
        return True

    def _settle(self) -> None:
        """Read on until all others are back. Raises EngineDown."""
        most, quiet = Deadline(MOST_SETTLE_SECONDS), Deadline(SETTLE_SECONDS)
        while self._awaited and not (most.has_passed or self._stopping.is_set()):
            entries = self._read(min(_READ_SECONDS, quiet.seconds_left))
            if any(is_given_again(each.data) for each in entries):
                quiet = Deadline(SETTLE_SECONDS)
            elif quiet.has_passed:
                break

    def _skip_what_is_gone(self) -> None:
        """Go on at the room's snapshot, where we were away for longer than the engine keeps.

        By then the others have buried us, or the room has begun anew. Raises EngineDown.
        """
        start = find_beyond(self._engine, self._recent.position)
        if start is None:
            return
        is_other_era = start.state.era != self.state.era
        if is_other_era or start.state.is_dead(self.server):
            before = start.state.before
            self._room.go_on_at(start.more, before=before, is_other_era=is_other_era)
            with self._lock:
                self._go_on_at(start)
                self._begin_again()

    def _go_on_at(self, start: Start) -> None:
        self.state, self._knows = start.state, bool(start.state.era)
        self._recent.begin(start.position)

    def _give_again(self) -> None:
        """Have appended what we have read and the engine has lost. Raises EngineDown."""
        self._awaited = {*self.state.servers} - {self.server}
        _, self._end = self._engine.span()
        lost, has_gap = self._recent.lost(self._engine)
        if lost:
            self._has_lost = True
            self.publisher.give_again(given_again(each.data, each.time) for each in lost)
            self._report(f"The hub had lost {len(lost)} batches, and gets them again.")
        if has_gap:
            self._have_all_begin_anew()
        ours = self.state.servers.get(self.server)
        if ours is not None and ours.number > 1:
            # It has the number of our last batch, and so it says no more than that we are back.
            self.publisher.give_again([encode(self.server, ours.number, (), self.state.era)])

    def _is_new(self, entry: Entry) -> bool:
        """Whether its server has said this itself, since the engine is back."""
        is_behind = self._engine.is_before(self._end, entry.position)
        return is_behind and not is_given_again(entry.data)

    def _have_all_begin_anew(self) -> None:
        """What we know is not what others come to, and nobody can tell who they are."""
        self._report("Others do not come to what this server knows: the room begins anew.")
        self._lives += 1
        self.publisher.give_again([beginning_of(f"{self._name}.{self._lives}")])

    # --- snapshots: the publisher's thread --------------------------------------------------------

    def _snapshots(self) -> None:
        """Now and then: one for this server alone, and one for servers that begin."""
        is_due = self._has_lost or time.monotonic() >= self._snapshot_at
        if not (is_due and self.is_up and self._is_in) or self._recent.is_behind:
            return
        self._snapshot_at = time.monotonic() + SNAPSHOT_SECONDS
        self._room.keep(self._snapshot_bytes)
        if self._is_first() or self._has_lost:
            try:
                self._engine.save(self._snapshot_bytes())
                self._has_lost = False
            except EngineDown as error:
                self._went_down(error)

    def _is_first(self) -> bool:
        """Whether no server comes before ours that was heard lately: one of all saves the room's.

        Where two take themselves for it, both do.
        """
        with self._lock:
            heard = self._heard.within(SNAPSHOT_SECONDS, self.state.servers)
        return self.server <= min(heard, default=self.server)

    def _snapshot_bytes(self) -> bytes:
        with self._lock:
            state, more = self.state.copy(), self._room.more()
            position = self._recent.position
        return to_bytes(state, position, more)
