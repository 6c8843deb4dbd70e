"""Open a connection to a server. Taught by hand in phase1/client.py.

What this adds is a sentence for each way in which it can fail.
"""

import contextlib
import socket

from shared.listener import tune_connection

CONNECT_SECONDS = 10.0  # the system itself would try for two minutes, and nobody waits so long


class ConnectError(Exception):
    """There is no connection; the text is a sentence for the person who asked for one."""


def connect(host: str, port: int) -> socket.socket:
    """A connected socket that waits as long as it takes. Raises ConnectError. Any thread."""
    try:
        connection = socket.create_connection((host, port), CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:  # UnicodeError: no host's name could be like that
        why = getattr(error, "strerror", None) or error
        raise ConnectError(f"Cannot connect to {host} port {port}: {why}.") from error
    connection.settimeout(None)  # the time was for connecting; a person may think for longer
    # It may have ended again already; the first recv() or send() will tell.
    with contextlib.suppress(OSError):
        tune_connection(connection)
    return connection
