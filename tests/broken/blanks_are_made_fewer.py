"""Several blanks in a row become one, as in a page of HTML.

Phase: 1
Fails: test_blanks_belong_to_the_line
"""

import re
import socket

from tests.broken.echo import Echo


class BlanksAreMadeFewer(Echo):
    def heard(self, connection: socket.socket, text: str) -> None:
        """What was said, more or less."""
        super().heard(connection, re.sub(r"(?<=\w)[ \t]+(?=\w)", " ", text))


if __name__ == "__main__":
    BlanksAreMadeFewer.main()
