"""What the room needs of an engine, whichever it is. No I/O.

An *engine* is a database that all servers of a room share. It keeps *entries* in one order. A
server appends what its people say, and reads what all servers have appended, itself included.
Names, leases and duplicates do not concern the engine: those who read decide, and all decide alike.

A *position* is where an entry stands in that order: `MILLISECONDS-NUMBER`, as Redis has it. It is
made of the engine's clock. So an engine that has lost its end, or all, or was replaced by one of
another kind, gives no position a second time.
"""

from dataclasses import dataclass
from typing import Protocol

READ_ENTRIES = 64
"""The most entries that one read gives: a server that was away applies them in steps, and does what
else is due in between."""

KEEP_BATCHES = 100_000
"""Entries that the engine keeps, or a few more. A busy room makes ten in a second: so a server may
be away for almost three hours, and its log has no gap. With 1,000 bytes each they are 100 MB."""

ANSWER_SECONDS = 3.0
"""An engine on the same network answers in a millisecond. One that writes its file anew, or waits
for its disk, was seen to take two seconds."""

CONNECT_SECONDS = 2.0
"""For a connection to one address. The kernel repeats a packet that was lost after one second."""

ASK_AGAIN_SECONDS = 1.0
"""A reader that waits asks again after this time: so it learns of an engine that is gone."""


_LAST_NUMBER = 2**64 - 1  # of a millisecond, in Redis


class EngineDown(Exception):
    """The engine cannot be reached, is full, or did not answer in time: a reason in a few words.

    What was to be appended may be there all the same.
    """


class EngineUnfit(Exception):
    """It is there, and is not what a room needs: one sentence that says what to change."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one server appended at once. `time`: Unix seconds, by the clock of the engine."""

    position: str
    time: float
    data: bytes


def order_of(position: str) -> tuple[int, int]:
    """By this, positions are compared. Raises ValueError for what is not one; "" is before all."""
    milliseconds, _, number = (position or "0-0").partition("-")
    return int(milliseconds), int(number)


def just_before(position: str) -> str:
    """The last position before this one, whether an entry is there or not. Raises ValueError.

    >>> just_before("7-2"), just_before("7-0")
    ('7-1', '6-18446744073709551615')
    """
    milliseconds, number = order_of(position)
    if not (milliseconds > 0 and 0 <= number <= _LAST_NUMBER):
        raise ValueError(f"{position} is not a position.")
    return f"{milliseconds}-{number - 1}" if number else f"{milliseconds - 1}-{_LAST_NUMBER}"


class Engine(Protocol):
    """One server's way to the engine. It connects when it is asked, and after each fault anew.

    Each call ends in time: after ANSWER_SECONDS, beside the seconds it was told to wait. Where it
    has to connect, that takes CONNECT_SECONDS for each address at most. (Nobody bounds how long the
    system looks for the address of a name.) All but `is_before` raise EngineDown, also once the
    engine was closed. No error's text has the password of the URL.
    """

    def check(self) -> None:
        """See that it is what a room needs, once, at the start. Raises EngineUnfit as well."""

    def append(self, data: bytes) -> None:
        """Put an entry at the end. When this returns, it is kept. The publishing thread's."""

    def read(self, after: str, seconds: float) -> list[Entry]:
        """The entries behind a position ("": all), the oldest first, READ_ENTRIES at most.

        Where there are none, waits up to `seconds` for one; [] if none came. The following
        thread's. Raises ValueError for what is not a position.
        """

    def span(self) -> tuple[str, str]:
        """Where the oldest and the newest entry stand; ("", "") if none is there. As `read`."""

    def is_before(self, one: str, other: str) -> bool:
        """Whether a position comes before another (`order_of`). Any thread, without I/O."""

    def load(self) -> bytes | None:
        """The snapshot that was saved last. The following thread's."""

    def save(self, snapshot: bytes) -> None:
        """Keep a snapshot of the room, in place of the one before. The publishing thread's."""

    def is_connected(self, server: str) -> bool:
        """Whether a process that opened this room as `server` has a connection now. Any thread.

        True where the engine does not tell.
        """

    def close(self) -> None:
        """Give all connections back, and wake all that wait. Any thread; again does no harm."""
