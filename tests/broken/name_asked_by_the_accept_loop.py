"""Who says nothing keeps everybody out: the accept loop itself asks for the name.

Phase: 4
Fails: test_a_silent_connection_keeps_nobody_out
Fails: test_of_many_who_claim_a_name_at_once_one_gets_it
May fail: test_a_first_line_that_is_too_long_gets_one_error
May fail: test_a_name_that_is_not_utf_8_gets_an_error
May fail: test_whoever_has_no_name_hears_nothing
"""

import socket

from tests.broken.chat import Chat, Person


class NameAskedByTheAcceptLoop(Chat):
    def welcome(self, connection: socket.socket) -> None:
        """Wait for the first word of a newcomer, and serve it then."""
        connection.sendall(b"* Enter your nickname:\n")
        connection.recv(1, socket.MSG_PEEK)
        super().welcome(connection)

    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue; the question has been asked already."""
        is_first = not person.name and lines == ("* Enter your nickname:",)
        if not is_first:
            super().tell(person, *lines)


if __name__ == "__main__":
    NameAskedByTheAcceptLoop.main()
