"""What waits for one who does not read grows until the memory is full.

Phase: 4
Fails: test_one_who_stops_reading_is_disconnected
"""

import socket

from tests.broken.chat import Chat, Person
from tests.broken.echo import run


class QueueWithoutABound(Chat):
    """The mistake is in here."""

    def serve(self, connection: socket.socket) -> None:
        """One connection, with a queue that takes everything."""
        super().serve(connection)

    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue, however long it is."""
        with person.lines.mutex:
            person.lines.maxsize = 0
        super().tell(person, *lines)


if __name__ == "__main__":
    run(QueueWithoutABound)
