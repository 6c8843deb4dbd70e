"""The name is what one read gives: a part of it, or more; of any length, in any bytes.

Phase: 4
Fails: test_the_name_is_the_first_line_of_a_stream
Fails: test_a_name_that_is_not_utf_8_gets_an_error
Fails: test_a_first_line_that_is_too_long_gets_one_error
Fails: test_whoever_never_had_a_name_is_not_announced
Fails: test_64_kib_without_a_newline_end_it_before_a_name_as_well
"""

from tests.broken.chat import QUESTION, Chat, Person


class NameIsOneRead(Chat):
    def talk_with(self, person: Person) -> None:
        """Read names until one is given, and then lines."""
        while not person.name:
            self.tell(person, QUESTION)
            data = person.connection.recv(1024)
            if not data:
                return
            try:
                self.give_name(person, data.decode().strip())
            except UnicodeDecodeError:
                return
        super().talk_with(person)

    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into a queue; the question only where it is asked above."""
        if not person.name or QUESTION not in lines:
            super().tell(person, *lines)

    def give_name(self, person: Person, wanted: str) -> None:
        """Let them in under this name, or ask again, above."""
        if not self.is_name(wanted or self.any_name()):
            self.tell(person, "! That is not a valid name.")
        elif not self.claim(person, wanted or self.any_name()):
            self.tell(person, "! That name is taken.")


if __name__ == "__main__":
    NameIsOneRead.main()
