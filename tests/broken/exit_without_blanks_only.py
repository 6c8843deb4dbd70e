"""Blanks around /exit make another line of it, which is said.

Phase: 3
Fails: test_exit_ends_the_conversation
"""

from tests.broken.broadcast import Broadcast


class ExitWithoutBlanksOnly(Broadcast):
    def is_exit(self, text: str | None) -> bool:
        """Whether this line ends the conversation."""
        return text == "/exit"


if __name__ == "__main__":
    ExitWithoutBlanksOnly.main()
