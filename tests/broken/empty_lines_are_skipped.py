"""An empty line is taken for no line, or for the end.

Phase: 1
Fails: test_an_empty_line_is_a_line
"""

import socket
from collections.abc import Iterator

from tests.broken.echo import Echo


class EmptyLinesAreSkipped(Echo):
    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines with something in them."""
        yield from filter(None, super().lines(connection))


if __name__ == "__main__":
    EmptyLinesAreSkipped.main()
