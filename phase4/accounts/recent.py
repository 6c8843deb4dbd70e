"""What this server has done lately in a hub, to do it again where the engine has lost it.

A Redis that syncs once a second loses up to two seconds when its machine fails, and comes back as
it was before. It does not tell. But its connections have ended: so what was done shortly before is
looked for when there is another one. Each step knows by itself whether it was lost, and does
nothing where it was not.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

SECONDS = 10.0
"""Two that may be lost; and an engine that does not answer is found out after some more."""

MOST = 1000
"""Steps that are remembered: more than two seconds' worth."""

Step = Callable[[], bool]
"""False: it cannot tell yet, as it follows from what another server has to do again."""


class Recent:
    """Any thread may call any method."""

    def __init__(self, connections: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`connections`: which connection it is that was used so far."""
        self._clock = clock

        # Guards all below.
        self._lock = threading.Lock()
        self._connections = connections
        self._looking: tuple[int, float] = (connections, 0.0)  # at which other one, and since when
        self._steps: deque[tuple[float, Step]] = deque(maxlen=MOST)

    def done(self, again: Step) -> None:
        """Something was done; `again` does it once more, if it was lost."""
        with self._lock:
            self._steps.append((self._clock(), again))

    def look(self, connections: int) -> None:
        """Do again what was lost, where the connection is another one. What a step raises comes.

        Then all of it is looked at once more, the next time.
        """
        is_over = all([step() for step in self._due(connections)])
        with self._lock:
            if is_over or self._clock() >= self._looking[1] + SECONDS:
                self._connections = connections

    def _due(self, connections: int) -> list[Step]:
        with self._lock:
            if connections != self._connections:
                if connections != self._looking[0]:
                    self._looking = (connections, self._clock())
                return [step for _, step in self._steps]
            while self._steps and self._steps[0][0] < self._clock() - SECONDS:
                self._steps.popleft()
            return []
