"""Each answer is sent where it is made, and again by what called for it.

Phase: 4
Fails: test_each_answer_comes_once
"""

from tests.broken.chat import Chat, Person


class AnswersTwice(Chat):
    def command(self, person: Person, text: str) -> None:
        """Do what a line asks for."""
        super().command(person, text)
        if text.startswith("/ping"):
            super().command(person, text)


if __name__ == "__main__":
    AnswersTwice.main()
