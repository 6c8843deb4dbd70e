"""What the chat could do without was left out: other words for a command, help, made-up names.

Phase: 4
Fails: test_an_entry_has_date_and_time_and_what_was_said
Fails: test_lines_of_all_kinds_have_the_time_of_now
Fails: test_what_nobody_hears_is_in_the_log
Fails: test_an_empty_line_takes_a_free_name
Fails: test_a_doubled_sign_is_said_with_one
Fails: test_to_quit_ends_the_conversation
Fails: test_the_list_has_all_who_are_online
Fails: test_help_names_the_commands
Fails: test_ping_is_answered_in_its_turn
Fails: test_each_answer_comes_once
Fails: test_no_answer_repeats_a_control_character
May fail: test_exit_and_list_are_commands_alone_on_their_line
"""

from tests.broken.chat import Chat, Person


class HalfOfTheCommands(Chat):
    def any_name(self) -> str:
        """Nothing is made up."""
        return ""

    def is_goodbye(self, text: str) -> bool:
        """One word for it must do."""
        return text == "/quit"

    def command(self, person: Person, text: str) -> None:
        """Do what a line asks for, if it is one of a few words."""
        if text.startswith(("//", "@@", "?", "/help", "/ping")):
            self.unknown(person, text)
        else:
            super().command(person, text)


if __name__ == "__main__":
    HalfOfTheCommands.main()
