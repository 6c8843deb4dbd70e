"""/quit is no command, and whoever says it stays.

Phase: 4
Fails: test_lines_of_all_kinds_have_the_time_of_now
Fails: test_ping_is_answered_in_its_turn
Fails: test_to_quit_ends_the_conversation
Fails: test_whoever_has_no_name_hears_nothing
"""

import socket

from tests.broken.chat import Chat


class QuitIsUnknown(Chat):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says."""
        text = super().text(connection, line)
        return "/quit it is" if text == "/quit" else text


if __name__ == "__main__":
    QuitIsUnknown.main()
