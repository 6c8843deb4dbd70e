"""End a connection so that its last words arrive. Taught by hand in phase1/server.py.

Four ways, from firm to gentle. close() alone is none of them: it does not wake a thread that waits
in recv(), and with unread input it sends a reset.
"""

import contextlib
import socket

from shared.deadline import Deadline
from shared.stream import Stream


def shut_down(connection: Stream) -> None:
    """End both directions: the peer reads the end of the stream, and a recv() here returns."""
    with contextlib.suppress(OSError):  # it may have ended already
        connection.shutdown(socket.SHUT_RDWR)


def hang_up(connection: Stream) -> None:
    """shutdown(), then close(): a thread that still waits in recv() is woken first. Any thread."""
    shut_down(connection)
    connection.close()


def turn_away(connection: Stream, last_words: bytes) -> None:
    """Send `last_words` and hang up, without waiting for anybody; they nearly always arrive."""
    with contextlib.suppress(OSError):
        connection.setblocking(False)
        connection.send(last_words)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)  # what came already would turn the close into a reset
    hang_up(connection)


def say_goodbye(connection: Stream, last_words: bytes = b"", seconds: float = 1.0) -> None:
    """Send `last_words`, end our direction, and wait at most `seconds` for the peer to end its own.

    To close at once would lose them: a socket that is closed with unread input sends a reset, and
    a reset may overtake what was sent before it (RFC 9293, 3.10.4; RFC 2525, 2.17).
    """
    deadline = Deadline(seconds)
    with contextlib.suppress(OSError):
        connection.settimeout(seconds)
        if last_words:  # to send nothing fails, too, where our direction has ended before
            connection.sendall(last_words)
        connection.shutdown(socket.SHUT_WR)
        while True:
            connection.settimeout(deadline.timeout())
            if not connection.recv(65536):
                break
    hang_up(connection)
