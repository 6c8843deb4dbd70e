"""What one server wants to say in the room, one batch after the other.

Whoever adds an operation goes on at once. While one batch is on its way to the engine, the next one
grows: the busier the room, the fewer and larger the batches.

Nothing counts until it has come back from the engine, in the order of all (link.py). So each batch
is kept *in flight* until then; what an operation is for stays with it, and is given back.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from phase4.hub.engine import Engine, EngineDown
from phase4.hub.operations import Beat, Nothing, Operation, Say, Whisper, encode

BEAT_SECONDS = 1.0
"""Between two signs of life."""

MAX_IN_FLIGHT = 32
"""Batches that the engine has, or may have, and that have not come back."""

MAX_WAITING_BYTES = 256 * 1024
"""Of the batch that grows: as large as a batch of the FanOut. Then speakers wait."""

GATHER_SECONDS = 0.002
"""Where several speak at once, so long what they say is gathered: fewer and larger batches cost all
servers less. Who speaks alone does not wait."""

_OPERATION_BYTES = 64  # what an operation costs beside its text
_LOOK_SECONDS = 0.5  # a wait that nobody has to end


class Afterwards(NamedTuple):
    """What is to be done once the operations before this place of a batch have come back."""

    place: int
    call: Callable[[], object]


@dataclass(slots=True)
class Flight:
    """A batch that has not come back."""

    data: bytes
    operations: list[Operation]
    purposes: list[object]
    """What each of its operations is for, as it was given to `add`."""

    afterwards: list[Afterwards]
    began: float = field(default_factory=time.monotonic)

    def purpose_of(self, place: int, operation: Operation | None) -> object:
        """What this operation at this place is for; None where it is not the one that we sent.

        (One that was withdrawn may have come first.)
        """
        if not 0 <= place < len(self.operations):
            return None
        sent = self.operations[place]
        return self.purposes[place] if isinstance(sent, type(operation) | Nothing) else None


@dataclass(frozen=True, slots=True)
class Dropped:
    """What has not come back, and will not."""

    purposes: list[object]
    afterwards: list[Callable[[], object]]


class Publisher:
    """Appends batches. Any thread may add; `run` is the thread that talks to the engine.

    It talks only while the link `is_up`: what may have been lost on the way is appended again by
    the link, before anything new.
    """

    def __init__(
        self,
        engine: Engine,
        server: str,
        *,
        figures: Callable[[], dict[str, object]],
        on_down: Callable[[EngineDown], None],
        on_taken: Callable[[], None] = lambda: None,
        on_beat: Callable[[], None] = lambda: None,
    ) -> None:
        """`server` names it in the room. `on_taken`: the engine has taken what is new.

        `on_beat` is called now and then. All are called by the thread that talks to the engine.
        """
        self.server = server
        self.era = ""
        """Of the room, in which our batches count. Set while nothing is under way: `rename`."""
        self._engine = engine
        self._figures = figures
        self._on_down = on_down
        self._on_taken = on_taken
        self._on_beat = on_beat

        # Guards all below. Whoever takes it holds the room's lock already, or takes no other.
        lock = threading.RLock()  # figures are asked for under it, and look here
        self._has_work = threading.Condition(lock)  # `run` waits for it
        self._changed = threading.Condition(lock)  # all others wait for it
        self._operations: list[Operation] = []
        self._purposes: list[object] = []
        self._afterwards: list[Afterwards] = []
        self._waiting_bytes = 0
        self._number = 0
        self._in_flight: dict[int, Flight] = {}
        # What goes before all others: what the engine has lost, and what was in flight.
        self._lost: deque[bytes] = deque()
        self._again: deque[int] = deque()
        self._is_up = False
        # It has answered since the last fault; then what it has lost is tried.
        self._is_reached = False
        self._is_stopping = False
        self._beat_at = 0.0
        self._gather_until = 0.0  # the batch before had several operations

        self._lag_seconds: float | None = None  # of the last batch that came back

    # --- any thread -----------------------------------------------------------------------------

    @property
    def lag_seconds(self) -> float | None:
        """How long the last batch took, from the engine's door and back; None: there was none.

        One that waits longer than that already says more; so does a sign of life that is overdue.
        """
        with self._changed:
            last, waiting = self._lag_seconds, next(iter(self._in_flight.values()), None)
            since = waiting.began if waiting is not None else self._beat_at
        if last is None and waiting is None:
            return None
        return max(last or 0.0, time.monotonic() - since if since else 0.0)

    def add(
        self, operation: Operation, purpose: object = None, *, first: Operation | None = None
    ) -> None:
        """Say this in the room, after all that was added before; `purpose` comes back with it.

        `first` stands right before it, in the same batch.
        """
        size = len(operation.text) if isinstance(operation, Say | Whisper) else 0
        with self._changed:
            if not self._operations:  # else it knows
                self._has_work.notify()
            if first is not None:
                self._operations.append(first)
                self._purposes.append(None)
                self._waiting_bytes += _OPERATION_BYTES
            self._operations.append(operation)
            self._purposes.append(purpose)
            self._waiting_bytes += size + _OPERATION_BYTES

    def after(self, call: Callable[[], object]) -> None:
        """Call this once all that was added has come back: at once, where that is so already.

        Whoever calls holds the room's lock, and so does whoever calls `call`.
        """
        with self._changed:
            if self._operations or self._in_flight:
                # It counts, so that they have a bound as well.
                self._waiting_bytes += _OPERATION_BYTES
                if self._operations:
                    self._afterwards.append(Afterwards(len(self._operations), call))
                else:
                    last = self._in_flight[max(self._in_flight)]
                    last.afterwards.append(Afterwards(len(last.purposes), call))
                return
        call()

    def withdraw(self, purpose: object) -> None:
        """Forget what was added for this, unless the engine has it.

        Where nobody can tell, its batch is appended again without it. Which of the two stands first
        in the stream counts, and all servers read the same.
        """
        with self._changed:
            for number, flight in self._in_flight.items():
                if purpose in flight.purposes:
                    flight.operations[flight.purposes.index(purpose)] = Nothing()
                    flight.data = encode(self.server, number, flight.operations, self.era)
            for place, each in enumerate(self._purposes):
                if each is purpose:
                    del self._purposes[place], self._operations[place]
                    self._waiting_bytes -= _OPERATION_BYTES
                    self._afterwards = [
                        Afterwards(after - (after > place), call)
                        for after, call in self._afterwards
                    ]
                    return

    def wait_for_room(self, *, is_over: Callable[[], bool]) -> None:
        """Wait while too much waits already, or until it `is_over`. Without the room's lock."""
        if self._waiting_bytes < MAX_WAITING_BYTES:
            return
        with self._changed:
            while self._waiting_bytes >= MAX_WAITING_BYTES and not (self._is_stopping or is_over()):
                self._changed.wait(_LOOK_SECONDS)

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until all has come back; whether it has, in so many seconds."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._operations and not self._in_flight, seconds
            )

    # --- the link's thread ----------------------------------------------------------------------

    def came_back(self, number: int) -> Flight | None:
        """A batch of ours was read: what it was for. None: it was read before."""
        with self._changed:
            if len(self._in_flight) == MAX_IN_FLIGHT:
                self._has_work.notify()
            flight = self._in_flight.pop(number, None)
            self._changed.notify_all()
        if flight is not None:
            self._lag_seconds = time.monotonic() - flight.began
        return flight

    def set_up(self, *, is_up: bool) -> None:
        """Whether the engine can be reached. What is in flight is appended again, then."""
        with self._changed:
            if is_up != self._is_up:  # what is left of the last time stands in the middle of them
                self._again = deque(self._in_flight if is_up else ())
            self._is_up = self._is_reached = is_up
            self._has_work.notify()

    def give_again(self, batches: Iterable[bytes]) -> None:
        """Append these before all others, also while we are not up, until that has worked."""
        with self._changed:
            self._lost = deque(dict.fromkeys([*self._lost, *batches]))
            self._is_reached = True
            self._has_work.notify()

    def give_up(self) -> None:
        """Append no more of what the engine has lost: it is of no use to anybody."""
        with self._changed:
            self._lost.clear()

    def rename(self, server: str, era: str) -> Dropped:
        """Begin again under another name, in this era; forget all that has not come back."""
        with self._changed:
            self.server, self.era = server, era
            self._number = 0
            self._beat_at = 0.0
            return self._drop()

    def drop(self) -> Dropped:
        """Forget all that has not come back."""
        with self._changed:
            return self._drop()

    def _drop(self) -> Dropped:
        flights = [*self._in_flight.values()]
        purposes = [each for flight in flights for each in flight.purposes] + self._purposes
        afterwards = [each for flight in flights for each in flight.afterwards] + self._afterwards
        self._in_flight.clear()
        self._operations, self._purposes, self._afterwards = [], [], []
        self._again.clear()
        self._waiting_bytes = 0
        self._has_work.notify()
        self._changed.notify_all()
        return Dropped(purposes, [each.call for each in afterwards])

    def stop(self) -> None:
        """End `run`, soon."""
        with self._changed:
            self._is_stopping = True
            self._has_work.notify()
            self._changed.notify_all()

    # --- its own thread -------------------------------------------------------------------------

    def run(self) -> None:
        """Append batches until `stop`."""
        while (data := self._next()) is not None:
            try:
                self._engine.append(data)
            except EngineDown as error:
                # It may be in the stream or not: it is appended again, before anything new.
                with self._changed:
                    self._is_up = self._is_reached = False
                    self._again.clear()
                self._on_down(error)
            else:
                self._was_taken(data)
            self._on_beat()

    def _was_taken(self, data: bytes) -> None:
        with self._changed:
            was_lost = bool(self._lost) and self._lost[0] is data
            if was_lost:
                self._lost.popleft()
        if not was_lost:
            self._on_taken()

    def _next(self) -> bytes | None:
        """The next batch, once there is something to say, or to live for; None: stop."""
        with self._changed:
            while not self._is_stopping:
                if self._lost and self._is_reached:
                    return self._lost[0]
                while self._again:
                    if flight := self._in_flight.get(self._again.popleft()):
                        return flight.data
                if self._may_go():
                    return self._close_batch()
                self._has_work.wait(self._seconds_to_wait())
        return None

    def _close_batch(self) -> bytes:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + BEAT_SECONDS
            self._operations.append(Beat(dict(self._figures())))
            self._purposes.append(None)
        if len(self._operations) > 1:
            self._gather_until = time.monotonic() + GATHER_SECONDS
        self._number += 1
        data = encode(self.server, self._number, self._operations, self.era)
        flight = Flight(data, self._operations, self._purposes, self._afterwards)
        self._in_flight[self._number] = flight
        self._operations, self._purposes, self._afterwards = [], [], []
        self._waiting_bytes = 0
        self._changed.notify_all()
        return data

    def _may_go(self) -> bool:
        now = time.monotonic()
        has_something = bool(self._operations) and now >= self._gather_until
        has_something |= now >= self._beat_at
        return self._is_up and has_something and len(self._in_flight) < MAX_IN_FLIGHT

    def _seconds_to_wait(self) -> float:
        if not self._is_up:
            return _LOOK_SECONDS
        now = time.monotonic()
        if self._operations and self._gather_until > now:
            return self._gather_until - now
        return min(_LOOK_SECONDS, max(0.01, self._beat_at - now))
