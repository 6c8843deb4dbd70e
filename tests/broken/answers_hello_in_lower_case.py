"""Every spelling of hello is taken for the one that has an answer.

Phase: 1
Fails: test_hello_is_answered_and_every_other_line_is_sent_back
"""

import socket

from tests.broken.echo import Echo, run


class AnswersHelloInLowerCase(Echo):
    """The mistake is in here."""

    def heard(self, connection: socket.socket, text: str) -> None:
        """What to do with what was said."""
        is_hello = text.lower() == "hello server!"
        self.send(connection, "Hello Client!" if is_hello else text)


if __name__ == "__main__":
    run(AnswersHelloInLowerCase)
