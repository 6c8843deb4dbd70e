"""What any thread may ask of a client: how it stands, and who is there."""

import threading

from phase4.client.clock import ServerClock
from phase4.client.talk import Talk


class Observed:
    """The part of a Client that is only looked at."""

    def __init__(self, talk: Talk) -> None:
        self._lock = threading.Lock()
        # The protocol. Any thread may use it, under `_lock`. What only connecting and receiving
        # changes, the socket thread also reads without the lock: nobody else writes it.
        self._talk = talk
        # The names of the latest PeopleChanged. Written by the socket thread, read by any.
        self._people: tuple[str, ...] = ()
        # Whether these are from a list of the server's. Written after them, by the same thread.
        self._knows_people = False

    @property
    def name(self) -> str:
        """The name that the server gave; empty before. Any thread."""
        with self._lock:
            return self._talk.name

    @property
    def clock(self) -> ServerClock:
        """By which the server's lines are told, and all of one's own should be. Any thread."""
        return self._talk.server_clock

    @property
    def people(self) -> tuple[str, ...]:
        """The people online, as in the latest PeopleChanged. Any thread."""
        return self._people

    @property
    def knows_people(self) -> bool:
        """Whether the server's list of people has come; ask before `people`. Any thread.

        For a moment after Welcomed only those are known who were heard of.
        """
        return self._knows_people

    @property
    def is_open(self) -> bool:
        """Whether the TCP connection stands, and nobody has closed it. Any thread."""
        with self._lock:
            return self._talk.is_open

    @property
    def is_away(self) -> bool:
        """Whether a connection that was lost has not come back yet. Any thread."""
        with self._lock:
            return self._talk.is_away

    @property
    def is_confidential(self) -> bool:
        """Whether a password may be sent: nobody on the way can read it. Any thread."""
        with self._lock:
            return self._talk.is_confidential

    @property
    def lag_seconds(self) -> float | None:
        """How long the server takes to answer, or has not answered now; None: not known.

        Only with `reconnect`. Any thread.
        """
        with self._lock:
            return self._talk.lag_seconds

    @property
    def unsent(self) -> tuple[str, ...]:
        """After the end: the lines that are not known to have arrived, oldest first. Any thread.

        Without `reconnect` nobody asks, and only lines that never left are known.
        """
        with self._lock:
            return self._talk.unsent

    @property
    def arrived(self) -> int:
        """How many of the lines that were sent the server is known to have. Any thread.

        Only with `reconnect`; without, nobody asks.
        """
        with self._lock:
            return self._talk.arrived
