"""What begins with a slash is said to everybody: no /who, no /nick, no /quit.

Phase: 4
Fails: test_who_tells_who_is_online
Fails: test_nick_changes_the_name_and_frees_the_old_one
Fails: test_a_private_message_reaches_two_people
Fails: test_a_mistyped_private_message_is_an_error_and_never_public
Fails: test_nothing_private_is_in_the_public_log
Fails: test_what_was_delivered_is_in_the_log
Fails: test_one_who_stops_reading_is_disconnected
"""

from tests.broken.chat import Chat, Person


class CommandsAreSaid(Chat):
    def command(self, person: Person, text: str) -> None:
        """Say it."""
        self.say_public(person, text)


if __name__ == "__main__":
    CommandsAreSaid.main()
