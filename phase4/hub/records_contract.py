"""What is kept beside the stream, and is not an event: tables that all servers change. No I/O.

A *record* is a value under a *place*: its kind, and a key. A change of several places is done whole
or not at all, and only where a few places hold what whoever asks believes to be there (*compare and
set*). So of two servers that want one name at the same instant, one gets it, and the other is told.

A *version* tells whether a kind has changed. It goes by the engine's clock, in microseconds: so it
grows even where an engine has lost its end, or all, and is 0 where nothing was ever written.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

Place = tuple[str, str]
"""Kind and key. A kind is a short word in ASCII; a key may be any text without NUL."""


CLOSE_SECONDS = 0.1
"""How long close() waits for the thread inside. One that waits for an answer is woken and leaves at
once; one that connects cannot be woken, and ends the connection by itself."""


class Records(Protocol):
    """The records of one room. Any thread may call any method.

    Each call ends in time, as those of an Engine do (contract.py); one that other threads keep from
    its turn for ANSWER_SECONDS is given up. All raise EngineDown, also once they were closed. A
    connection that the engine ended while nobody used it is made anew, and nobody hears of it. No
    error's text has the password of the URL.
    """

    @property
    def connections(self) -> int:
        """How many were made so far: it grows where the engine was away. Waits for nothing."""

    def check(self) -> None:
        """See that we may read and write, once, at the start. Raises EngineUnfit as well.

        What else the engine must be is the care of Engine.check.
        """

    def version(self, kind: str) -> int:
        """A number that grows with every change of this kind, by anybody; 0: there was none."""

    def all(self, kind: str) -> dict[str, bytes]:
        """The values of one kind, by key, in any order."""

    def some(self, kind: str, keys: Collection[str]) -> dict[str, bytes]:
        """Of these keys the values that are there, in any order."""

    def change(
        self, expected: Mapping[Place, bytes | None], changes: Mapping[Place, bytes | None]
    ) -> bool:
        """Write these values, and remove those that are None: all of them, or none.

        It is done only where each expected value is what is there (None: nothing is there); False
        otherwise. After EngineDown it may have been done all the same.
        """

    def close(self) -> None:
        """Give the connection back, and wake all that wait. Any thread; again does no harm."""
