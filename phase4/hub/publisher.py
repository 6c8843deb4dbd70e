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

from phase4.hub.engine import Engine, EngineDown
from phase4.hub.operations import Beat, Operation, Say, Whisper, encode

BEAT_SECONDS = 1.0
"""Between two signs of life."""

MAX_IN_FLIGHT = 32
"""Batches that the engine has, or may have, and that have not come back."""

MAX_WAITING_BYTES = 256 * 1024
"""Of the batch that grows: as large as a batch of the FanOut. Then speakers wait."""

_OPERATION_BYTES = 64  # what an operation costs beside its text
_LOOK_SECONDS = 0.5  # a wait that nobody has to end


@dataclass(slots=True)
class Flight:
    """A batch that has not come back."""

    data: bytes
    purposes: list[object]
    """What each of its operations is for, as it was given to `add`."""

    afterwards: list[Callable[[], object]]
    began: float = field(default_factory=time.monotonic)


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
        on_beat: Callable[[], None] = lambda: None,
    ) -> None:
        """`server` names it in the room. `on_beat` is called now and then, by the same thread."""
        self.server = server
        self._engine = engine
        self._figures = figures
        self._on_down = on_down
        self._on_beat = on_beat

        # Guards all below. Whoever takes it holds the room's lock already, or takes no other.
        self._changed = threading.Condition()
        self._operations: list[Operation] = []
        self._purposes: list[object] = []
        self._afterwards: list[Callable[[], object]] = []
        self._waiting_bytes = 0
        self._number = 0
        self._in_flight: dict[int, Flight] = {}
        self._again: deque[bytes] = deque()  # what goes before all others
        self._is_up = False
        self._is_stopping = False
        self._beat_at = 0.0

        self.lag_seconds = 0.0
        """How long the last batch took, from the engine's door and back."""

    # --- any thread -----------------------------------------------------------------------------

    def add(self, operation: Operation, purpose: object = None) -> None:
        """Say this in the room, after all that was added before; `purpose` comes back with it."""
        size = len(operation.text) if isinstance(operation, Say | Whisper) else 0
        with self._changed:
            self._operations.append(operation)
            self._purposes.append(purpose)
            self._waiting_bytes += size + _OPERATION_BYTES
            self._changed.notify_all()

    def after(self, call: Callable[[], object]) -> None:
        """Call this once all that was added has come back: at once, where that is so already.

        Whoever calls holds the room's lock, and so does whoever calls `call`.
        """
        with self._changed:
            if self._operations:
                self._afterwards.append(call)
                return
            if self._in_flight:
                self._in_flight[max(self._in_flight)].afterwards.append(call)
                return
        call()

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
            flight = self._in_flight.pop(number, None)
            self._changed.notify_all()
        if flight is not None:
            self.lag_seconds = time.monotonic() - flight.began
        return flight

    def set_up(self, *, is_up: bool) -> None:
        """Whether the engine can be reached. What is in flight is appended again, then."""
        with self._changed:
            if is_up and not self._is_up:
                self._again += [each.data for each in self._in_flight.values()]
            self._is_up = is_up
            self._changed.notify_all()

    def give_again(self, batches: Iterable[bytes]) -> None:
        """Append these before all others, also while we are not up."""
        with self._changed:
            self._again += batches
            self._changed.notify_all()

    def rename(self, server: str) -> list[object]:
        """Begin anew under another name. What everything was for that has not come back."""
        with self._changed:
            left = [each for flight in self._in_flight.values() for each in flight.purposes]
            left += self._purposes
            self.server = server
            self._number = 0
            self._in_flight.clear()
            self._operations, self._purposes, self._afterwards = [], [], []
            self._again.clear()
            self._waiting_bytes = 0
            self._changed.notify_all()
        return left

    def stop(self) -> None:
        """End `run`, soon."""
        with self._changed:
            self._is_stopping = True
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
                    self._is_up = False
                    self._again.clear()
                self._on_down(error)
            self._on_beat()

    def _next(self) -> bytes | None:
        """The next batch, once there is something to say, or to live for; None: stop."""
        with self._changed:
            while not self._is_stopping:
                if self._again:
                    return self._again.popleft()
                if self._may_go():
                    return self._close_batch()
                self._changed.wait(self._seconds_to_wait())
        return None

    def _close_batch(self) -> bytes:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + BEAT_SECONDS
            self._operations.append(Beat(dict(self._figures())))
            self._purposes.append(None)
        self._number += 1
        data = encode(self.server, self._number, self._operations)
        flight = Flight(data, self._purposes, self._afterwards)
        self._in_flight[self._number] = flight
        self._operations, self._purposes, self._afterwards = [], [], []
        self._waiting_bytes = 0
        self._changed.notify_all()
        return data

    def _may_go(self) -> bool:
        has_something = bool(self._operations) or time.monotonic() >= self._beat_at
        return self._is_up and has_something and len(self._in_flight) < MAX_IN_FLIGHT

    def _seconds_to_wait(self) -> float:
        return min(_LOOK_SECONDS, max(0.01, self._beat_at - time.monotonic()))
