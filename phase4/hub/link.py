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
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from phase4.hub.engine import Engine, EngineDown, Entry
from phase4.hub.events import Event
from phase4.hub.operations import BadBatch, Begin, Bury, End, Operation, decode
from phase4.hub.publisher import BEAT_SECONDS, Publisher
from phase4.hub.state import State, from_bytes, to_bytes
from shared.defaults import HUB_LEASE_SECONDS

AWAY_SECONDS = 3.0
"""People are told that the engine is away once it has been for so long."""

SNAPSHOT_SECONDS = 5.0
"""Between two snapshots, for servers that begin."""

SETTLE_SECONDS = 1.0
"""After the engine was away, before anything new is appended: others may have to give it again
what it has lost."""

RECENT_BYTES = 8 * 1024 * 1024
"""Of what was read last, to be given again."""

_READ_SECONDS = 1.0
_RETRY_SECONDS = 0.2
_STOP_SECONDS = 0.5


class Follows(Protocol):
    """What a room does with what has happened. The follower calls it, under the room's lock."""

    def take(self, event: Event, purpose: object, *, is_ours: bool, time: float) -> None:
        """An event, what its operation was for (where it was ours), and the engine's time.

        It must not wait, and must raise nothing.
        """

    def wait_for_batch(self) -> None:
        """Wait until the room can take more. Not under the lock."""

    def settle(self) -> None:
        """Do what needs no lock of what was taken. Not under the lock."""

    def said(self) -> int:
        """How many messages the log of this server knows of."""

    def more(self) -> dict[str, Any]:
        """What stands in a snapshot beside the state. Values of JSON."""

    def buried(self, purposes: list[object]) -> None:
        """The others took us for dead: what all was for that does not count any more."""

    def away(self, *, is_away: bool) -> None:
        """Whether the engine is away for long, or is back from that. Not under the lock."""

    def keep(self, snapshot: Callable[[], bytes]) -> None:
        """Write a snapshot down, once all that it knows of is logged. Not under the lock."""


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
        self.outages = 0
        self.away_seconds = 0.0
        self._engine = engine
        self._name = name
        self._lives = 1
        self._room = room
        self._lock = lock
        self._report = report
        self._is_broken = is_broken
        self._lease_seconds = lease_seconds
        self.publisher = Publisher(
            engine, f"{name}.1", figures=figures, on_down=self._went_down, on_beat=self._snapshots
        )

        # The follower's, but for `_down_since`, which the publisher sets as well.
        self._position = ""
        self._recent: deque[Entry] = deque()
        self._recent_bytes = 0
        self._heard: dict[str, float] = {}
        self._has_begun = False
        self._is_ending = False  # only ever set, by `stop`
        self._has_lost = False  # the engine's snapshot, as well
        self._is_told = False
        self._down_since: float | None = None

        self._stopping = threading.Event()
        self._snapshot_at = time.monotonic()  # at once: who begins next begins there
        self._threads = [
            threading.Thread(target=self._run, args=(each,), name=name, daemon=True)
            for name, each in (("publisher", self.publisher.run), ("follower", self._follow))
        ]

    # --- start and stop -------------------------------------------------------------------------

    def load(self, kept: bytes | None) -> dict[str, Any]:
        """Begin where this server has stopped, or else at the room's snapshot; what stands beside.

        `kept` is what the room was last given to keep. Raises EngineDown.
        """
        oldest, newest = self._engine.span()
        for data in (kept, self._engine.load()):
            if data is None:
                continue
            try:
                state, position, more = from_bytes(data)
                is_there = not self._engine.is_before(position, oldest)
                is_there &= not self._engine.is_before(newest, position)
            except ValueError:  # also BadSnapshot
                continue
            if position and is_there:
                self.state, self._position = state, position
                return more
        return {}

    def start(self) -> None:
        """Start both threads. People can come in once all was read that is there."""
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Say that this server ends, and end both threads."""
        self._is_ending = True
        if self._has_begun:
            self.publisher.add(End())
            self.publisher.wait_until_empty(_STOP_SECONDS)
        self._stopping.set()
        self.publisher.stop()
        self._engine.close()
        for each in self._threads:
            if each.ident is not None:
                each.join(_STOP_SECONDS)

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
        return self._down_since is None and self._has_begun

    def say(self, operation: Operation, purpose: object = None) -> None:
        """Have something happen in the room; it has once the room takes its event."""
        self.publisher.add(operation, purpose)

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
            return False
        silent = time.monotonic() - self._heard.get(server, 0.0)
        if silent > 1.5 * BEAT_SECONDS:
            self.say(Bury(server))
        return True

    # --- the follower ---------------------------------------------------------------------------

    def _follow(self) -> None:
        read_at = time.monotonic()
        while not self._stopping.is_set():
            if self._down_since is not None and not self._repair():
                self._stopping.wait(_RETRY_SECONDS)
                continue
            try:
                entries = self._read(_READ_SECONDS if self._has_begun else 0.0)
            except EngineDown as error:
                self._went_down(error)
                continue
            now = time.monotonic()
            if now - read_at > 2 * _READ_SECONDS:
                self._hear_all(now)  # we did not listen, so nobody was silent
            read_at = now
            if not entries and not self._has_begun:
                self._begin()
            self._bury_the_silent(now)

    def _read(self, seconds: float) -> list[Entry]:
        """Read on and apply. Raises EngineDown."""
        entries = self._engine.read(self._position, seconds)
        if entries:
            self._room.wait_for_batch()
            with self._lock:
                for each in entries:
                    self._apply(each)
            self._room.settle()
        return entries

    def _apply(self, entry: Entry) -> None:
        """Holding the lock."""
        self._position = entry.position
        self._remember(entry)
        try:
            batch = decode(entry.data)
        except BadBatch as error:
            self.state.skipped += 1
            self._report(f"The hub holds what this server cannot read, and leaves out: {error}")
            return
        is_ours = batch.server == self.server
        flight = self.publisher.came_back(batch.number) if is_ours else None
        self._heard[batch.server] = time.monotonic()
        for place, event in self.state.apply(batch, entry.time):
            purpose = flight.purposes[place] if flight is not None and place >= 0 else None
            self._room.take(event, purpose, is_ours=is_ours, time=self.state.time)
        if flight is not None:
            for call in flight.afterwards:
                call()
        if self._has_begun and not self._is_ending and self.state.is_dead(self.server):
            self._begin_again()

    def _remember(self, entry: Entry) -> None:
        self._recent.append(entry)
        self._recent_bytes += len(entry.data)
        while self._recent_bytes > RECENT_BYTES:
            self._recent_bytes -= len(self._recent.popleft().data)

    def _begin(self) -> None:
        """All was read that was there: from here on we take part."""
        with self._lock:
            self._hear_all(time.monotonic())
            self._has_begun = True
            self.say(Begin(self._room.said()))
        self.publisher.set_up(is_up=True)

    def _begin_again(self) -> None:
        """We were buried alive: nothing of ours counts any more. Holding the lock."""
        self._lives += 1
        left = self.publisher.rename(f"{self._name}.{self._lives}")
        self.say(Begin(self._room.said()))
        self._room.buried(left)

    # --- the engine goes and comes ----------------------------------------------------------------

    def _went_down(self, error: EngineDown) -> None:
        """Either thread."""
        self.publisher.set_up(is_up=False)
        if self._down_since is None and not self._stopping.is_set():
            self._down_since = time.monotonic()
            self.outages += 1
            self._report(f"The hub cannot be reached ({error}). What is said waits.")

    def _repair(self) -> bool:
        """Whether the engine is there again, with all that was read and all that is in flight."""
        assert self._down_since is not None
        if not self._is_told and time.monotonic() - self._down_since > AWAY_SECONDS:
            self._is_told = True
            self._room.away(is_away=True)
        try:
            self._give_again()
            if self._has_begun:
                settled = time.monotonic() + SETTLE_SECONDS
                while (left := settled - time.monotonic()) > 0 and not self._stopping.is_set():
                    self._read(left)
        except EngineDown:
            return False
        seconds = time.monotonic() - self._down_since
        self.away_seconds += seconds
        self._report(f"The hub is reached again, after {seconds:.1f} s.")
        self._hear_all(time.monotonic())
        self._down_since = None
        self.publisher.set_up(is_up=self._has_begun)
        if self._is_told:
            self._is_told = False
            self._room.away(is_away=False)
        return True

    def _give_again(self) -> None:
        """Have appended what we have read and the engine has lost. Raises EngineDown."""
        _, newest = self._engine.span()
        if not self._engine.is_before(newest, self._position):
            return
        lost = [each for each in self._recent if self._engine.is_before(newest, each.position)]
        self._position = newest
        self._has_lost = True
        self.publisher.give_again(each.data for each in lost)
        self._report(f"The hub had lost {len(lost)} batches, and gets them again.")

    # --- those who are silent ---------------------------------------------------------------------

    def _hear_all(self, now: float) -> None:
        """Nobody's silence counts that was ours."""
        self._heard = dict.fromkeys(self.state.servers, now)

    def _bury_the_silent(self, now: float) -> None:
        for server in [*self.state.servers]:
            since = self._heard.setdefault(server, now)
            if server != self.server and self.is_up and now - since > self._lease_seconds:
                self._heard[server] = now  # asked for again later, should this be lost
                self.say(Bury(server))
        for server in [each for each in self._heard if each not in self.state.servers]:
            del self._heard[server]

    # --- snapshots: the publisher's thread --------------------------------------------------------

    def _snapshots(self) -> None:
        """Now and then: one for this server alone, and one for servers that begin."""
        is_due = self._has_lost or time.monotonic() >= self._snapshot_at
        if not is_due or not self.is_up:
            return
        self._snapshot_at = time.monotonic() + SNAPSHOT_SECONDS
        self._room.keep(self._snapshot_bytes)
        if self._has_lost or self.server == min(self.state.servers, default=self.server):
            try:
                self._engine.save(self._snapshot_bytes())
                self._has_lost = False
            except EngineDown as error:
                self._went_down(error)

    def _snapshot_bytes(self) -> bytes:
        with self._lock:
            state, position, more = self.state.copy(), self._position, self._room.more()
        return to_bytes(state, position, more)
