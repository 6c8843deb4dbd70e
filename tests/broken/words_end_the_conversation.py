"""The words exit and quit end a conversation, although nobody has agreed on any command.

Phase: 2
Fails: test_no_word_is_a_command
"""

import socket

from tests.broken.echo import Echo


class WordsEndTheConversation(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """What to do with what was said: the end, for some words."""
        if text in ("exit", "quit"):
            raise ConnectionAbortedError
        super().heard(connection, text)


if __name__ == "__main__":
    WordsEndTheConversation.main()
