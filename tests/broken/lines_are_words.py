"""A line is taken for a list of words: blanks are lost, none is said, and exit now is exit.

Phase: 4
Fails: test_blanks_belong_to_the_line
Fails: test_the_text_of_a_private_message_is_kept
Fails: test_a_carriage_return_before_the_newline_is_dropped
Fails: test_an_empty_line_is_not_said
Fails: test_exit_and_list_are_commands_alone_on_their_line
May fail: test_ping_is_answered_in_its_turn
"""

from tests.broken.chat import QUESTION, Chat, Person


class LinesAreWords(Chat):
    def talk_with(self, person: Person) -> None:
        """Ask for a name, then do what each line says."""
        self.tell(person, QUESTION)
        for line in self.lines(person.connection):
            text = self.text(person.connection, line)
            words = (text or "").split()
            if text is None:
                self.tell(person, *[QUESTION] * (not person.name))
            elif not person.name:
                self.give_name(person, text)
            elif words and words[0] in ("/quit", "/exit", "exit"):
                return
            else:
                self.command(person, " ".join(words))


if __name__ == "__main__":
    LinesAreWords.main()
