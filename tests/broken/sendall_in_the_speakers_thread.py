"""Who speaks sends to each of the others, and waits for whoever does not read.

Phase: 4
Fails: test_one_who_stops_reading_holds_up_nobody
Fails: test_one_who_stops_reading_is_disconnected
Fails: test_one_who_reads_on_has_lost_nothing
"""

import contextlib

from tests.broken.chat import Chat, Person


class SendallInTheSpeakersThread(Chat):
    def tell(self, person: Person, *lines: str) -> None:
        """Send lines to somebody, here and now."""
        with contextlib.suppress(OSError):
            for line in lines:
                self.send(person.connection, line)


if __name__ == "__main__":
    SendallInTheSpeakersThread.main()
