"""Lines that telnet sends end with two bytes; the first of them stays in the line.

Phase: 1
Fails: test_a_carriage_return_before_the_newline_is_dropped
Fails: test_hello_from_telnet_is_answered_as_well
"""

import socket

from tests.broken.echo import Echo


class CarriageReturnStays(Echo):
    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says, with whatever is before its newline."""
        text = super().text(connection, line)
        return text + "\r" if text is not None and line.endswith(b"\r") else text


if __name__ == "__main__":
    CarriageReturnStays.main()
