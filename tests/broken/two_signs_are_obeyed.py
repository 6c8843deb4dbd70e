"""Of two signs one is taken away, and what is left is looked at again: //quit is /quit.

Phase: 4
Fails: test_a_doubled_sign_is_never_obeyed
"""

from tests.broken.chat import Chat, Person


class TwoSignsAreObeyed(Chat):
    def command(self, person: Person, text: str) -> None:
        """Do what a line asks for, with one sign or two."""
        commands = ("//who", "//pm", "//nick", "//ping")
        super().command(person, text[1:] if text.partition(" ")[0] in commands else text)


if __name__ == "__main__":
    TwoSignsAreObeyed.main()
