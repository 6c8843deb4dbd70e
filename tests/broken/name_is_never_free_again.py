"""Only who says /quit gives the name back.

Phase: 4
Fails: test_nick_gives_a_name_that_is_free_again
Fails: test_a_name_is_free_again_when_its_owner_has_gone
Fails: test_one_who_stops_reading_is_disconnected
Fails: test_to_quit_ends_the_conversation
Fails: test_whoever_has_left_is_nowhere_any_more
"""

import socket

from tests.broken.chat import Chat, Person, now


class NameIsNeverFreeAgain(Chat):
    def leave(self, person: Person) -> None:
        """Tell the others, and forget to forget."""
        if person.name:
            self.say(person, f"{now()} * {person.name} left")

    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says; with /quit the name is free."""
        text = super().text(connection, line)
        if text == "/quit":
            with self.lock:
                self.people = {
                    key: each
                    for key, each in self.people.items()
                    if each.connection is not connection
                }
        return text


if __name__ == "__main__":
    NameIsNeverFreeAgain.main()
