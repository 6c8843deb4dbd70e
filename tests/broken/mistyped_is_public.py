"""A command that is not known is said to everybody: /pmm Bob, this is secret.

Phase: 4
Fails: test_nothing_private_is_in_the_public_log
Fails: test_a_mistyped_private_message_is_an_error_and_never_public
Fails: test_a_command_in_capitals_is_never_public
Fails: test_no_answer_repeats_a_control_character
"""

from tests.broken.chat import Chat, Person


class MistypedIsPublic(Chat):
    def unknown(self, person: Person, text: str) -> None:
        """It is no command, so it must be something to say."""
        self.say_public(person, text)


if __name__ == "__main__":
    MistypedIsPublic.main()
