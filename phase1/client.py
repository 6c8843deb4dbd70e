r"""Phase 1: a client that says a line, waits for the answer, and says the next.

New here: connect; recv and sendall are those of the server. It does one thing at a time: while it
waits for the keyboard it does not notice the server, and while it waits for the server it does not
notice the keyboard. Phase 2's client mends that.

From elsewhere: `clean` keeps escape sequences that a server might send away from your terminal.

    python -m phase1.client                        # talks to 127.0.0.1:12345
    printf 'one\ntwo\n' | python -m phase1.client
"""

import argparse
import select
import socket
import sys

from shared.arguments import add_connect_arguments
from shared.console import accept_any_text
from shared.defaults import CHAT_PORT, HOST, MAX_SERVER_LINE_BYTES, RECV_BYTES
from shared.safe_text import clean

CONNECT_SECONDS = 10.0  # the system itself would try for two minutes
PATIENCE_SECONDS = 1.0  # an answer takes milliseconds; after this long, say that there is none


def talk(connection: socket.socket) -> None:
    """Send the keyboard's lines, one by one, and print the answer to each."""
    unread = bytearray()
    for line in sys.stdin.buffer:  # ends with Ctrl-D (Ctrl-Z on Windows), or with the pipe
        connection.sendall(line.rstrip(b"\r\n") + b"\n")
        answer = receive_line(connection, unread)
        print(clean(answer.decode("utf-8", "replace")), flush=True)


def receive_line(connection: socket.socket, unread: bytearray) -> bytes:
    """The next line; `unread` keeps the bytes that come after it. Raises OSError at the end."""
    is_late = False
    while b"\n" not in unread:
        while not select.select([connection], [], [], PATIENCE_SECONDS)[0]:
            if not is_late:
                tell("No answer yet: perhaps the server talks to somebody else. Waiting ...")
            is_late = True
        data = connection.recv(RECV_BYTES)
        if not data:
            raise ConnectionError("the server closed the connection")
        unread += data
        if len(unread) > MAX_SERVER_LINE_BYTES + RECV_BYTES:
            raise ConnectionError("the server sends a line without an end")
    line, _, rest = bytes(unread).partition(b"\n")
    unread[:] = rest
    return line.removesuffix(b"\r")


def tell(text: str) -> None:
    """Say something of our own. Not on standard output: that is for what the server says."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Talk until the keyboard or the server ends. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase1.client", description="Talks to phase1.server.")
    add_connect_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    accept_any_text()
    try:
        where = (options.host, options.port)
        try:
            connection = socket.create_connection(where, CONNECT_SECONDS)
        except (OSError, UnicodeError) as error:  # UnicodeError: no host's name could be like that
            why = getattr(error, "strerror", None) or error
            tell(f"Cannot connect to {options.host} port {options.port}: {why}.")
            return 1
        with connection:
            connection.settimeout(None)  # that was for connecting; a person may think for longer
            talk(connection)
    except OSError as error:
        tell(f"The conversation is over: {error.strerror or error}.")
        return 1
    except KeyboardInterrupt:
        return 130  # what shells report for a program ended by Ctrl-C
    return 0


if __name__ == "__main__":
    sys.exit(main())
