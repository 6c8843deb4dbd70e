"""What the link needs of the room, and of those who wait. No code."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from phase4.hub.events import Event
from phase4.hub.operations import Operation

T = TypeVar("T", covariant=True)


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

    def first_words(self) -> list[Operation]:
        """What this server says as it begins: a Begin, and what it knows of eras before."""

    def more(self) -> dict[str, Any]:
        """What stands in a snapshot beside the state. Values of JSON."""

    def go_on_at(self, more: dict[str, Any], *, before: int, is_other_era: bool) -> None:
        """From here on the room's snapshot counts, which has `more` beside the state.

        `is_other_era`: the room has begun anew since this server was in it. It knows of so many
        messages from `before` that. Not under the lock.
        """

    def buried(self, purposes: list[object]) -> None:
        """The others took us for dead: what all was for that does not count any more."""

    def away(self, *, is_away: bool) -> None:
        """Whether the engine is away for long, or is back from that. Not under the lock."""

    def keep(self, snapshot: Callable[[], bytes]) -> None:
        """Write a snapshot down, once all that it knows of is logged. Not under the lock."""


class Wish(Protocol[T]):
    """What somebody waits for."""

    def wait(self) -> T:
        """What has become of it."""
