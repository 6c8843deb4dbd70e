"""The head of an HTTP request, read within a bound and a deadline; http.server parses it.

A timeout of the socket is not enough: it begins anew with every byte, so a client that sends its
header letter by letter could stay for days.
"""

import socket

from shared.deadline import Deadline
from shared.defaults import STATUS_SECONDS

_FULL = b"The server is full; try again later.\r\n"

FULL_ANSWER = (
    b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_FULL), _FULL)
"""To a request that finds no place. It is the only one on its connection, and need not be read."""

MAX_HEAD_BYTES = 8 * 1024
"""A request with its headers. Prometheus sends about 400, a browser some 600."""


def read_head(connection: socket.socket) -> bytes:
    """Bytes up to an empty line, or up to the end. Raises OSError: it is too long, or too late.

    From then on a sendall() may take as long as the head may have taken.
    """
    deadline = Deadline(STATUS_SECONDS)
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        if len(head) > MAX_HEAD_BYTES:
            raise ConnectionAbortedError("too long for a request")
        connection.settimeout(deadline.timeout())
        data = connection.recv(MAX_HEAD_BYTES)
        if not data:
            break
        head += data
    connection.settimeout(STATUS_SECONDS)
    return head
