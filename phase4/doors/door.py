"""What a door is to the session: a stream of lines in another protocol."""

from typing import Protocol

from shared.stream import Stream


class Door(Stream, Protocol):
    """A Stream that has bytes of its own, and its own signs of life. The receiving thread asks."""

    @property
    def has_pending(self) -> bool:
        """Whether recv() would return at once, even if nothing is at the socket."""

    @property
    def secret(self) -> str:
        """What the peer has shown, so that it can show later that it is the same; or nothing."""

    @property
    def seen(self) -> int | None:
        """How many private messages the peer has shown before, as it says; None: it does not."""

    def keep_alive(self, seconds: float | None) -> float | None:
        """Do what keeps the connection alive; the seconds to wait, at most, before doing it again.

        Raises TimeoutError where the peer is gone.
        """
