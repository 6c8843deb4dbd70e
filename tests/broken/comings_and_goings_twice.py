"""Who comes and goes is announced by two parts of the server, each of which means well.

Phase: 4
Fails: test_all_others_are_told_once_who_has_come
Fails: test_all_others_are_told_once_who_has_left
Fails: test_to_quit_ends_the_conversation
"""

from tests.broken.chat import Chat, Person


class ComingsAndGoingsTwice(Chat):
    def say(self, sender: Person, line: str) -> None:
        """Put a line into everybody's queue, and one of the server's twice."""
        super().say(sender, line)
        if line[10:13] == " * " and line.endswith((" joined", " left")):
            super().say(sender, line)


if __name__ == "__main__":
    ComingsAndGoingsTwice.main()
