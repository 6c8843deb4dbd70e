"""A line that holds the word /exit anywhere is taken for the command.

Phase: 3
Fails: test_a_line_that_holds_the_word_exit_is_said
"""

from tests.broken.broadcast import Broadcast


class ExitAnywhere(Broadcast):
    def is_exit(self, text: str | None) -> bool:
        """Whether this line ends the conversation."""
        return text is not None and "/exit" in text


if __name__ == "__main__":
    ExitAnywhere.main()
