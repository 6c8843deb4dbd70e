r"""Phase 2: a client that hears the keyboard and the server, neither blocking the other.

New here, by hand: two threads. The main thread receives and prints; the keyboard's thread reads and
sends. So the end of the connection is noticed at once, also in the middle of a line.

From phase 1, hardened, in shared/: `connect` (connector.py) and bytes into lines (framing.py).

    python -m phase2.client                        # talks to 127.0.0.1:12345
    printf 'one\ntwo\n' | python -m phase2.client
"""

import argparse
import contextlib
import select
import socket
import sys
import threading

from shared.arguments import add_connect_arguments
from shared.connector import ConnectError, connect
from shared.console import accept_any_text
from shared.defaults import CHAT_PORT, HOST, MAX_SERVER_LINE_BYTES, POLL_SECONDS, RECV_BYTES
from shared.framing import BadLine, LineDecoder
from shared.safe_text import clean


def print_lines(connection: socket.socket) -> None:
    """Print what the server says until it ends its stream. Raises OSError when it vanishes."""
    decoder = LineDecoder(MAX_SERVER_LINE_BYTES)
    while data := receive(connection):
        for line in decoder.feed(data):
            if isinstance(line, BadLine):
                tell(f"From the server: {line.reason}")
                if line.fatal:
                    return
            else:
                print(clean(line), flush=True)


def receive(connection: socket.socket) -> bytes:
    """The next bytes, b"" at the end. It waits in short turns, as phase 1's server does."""
    while not select.select([connection], [], [], POLL_SECONDS)[0]:
        pass
    return connection.recv(RECV_BYTES)


def send_keyboard(connection: socket.socket, keyboard_ended: threading.Event) -> None:
    """Send what is typed, until Ctrl-D (Ctrl-Z on Windows): the whole life of its thread.

    The end is passed on: shutdown(SHUT_WR) ends our direction only, so the answers to what was sent
    still come, and the server ends its own direction after them.
    """
    # Not sys.stdin: a thread that waits in it holds its lock, which Python needs in order to end
    # ("Fatal Python error: could not acquire lock"). buffering=0 is a file without a lock.
    keyboard = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
    last = b"\n"
    with contextlib.suppress(OSError):  # the connection has ended; the main thread says so
        while data := keyboard.read(RECV_BYTES):  # a terminal gives a line, a pipe what there is
            connection.sendall(data)
            last = data
        if not last.endswith(b"\n"):
            connection.sendall(b"\n")  # a last line without a newline would be none
        keyboard_ended.set()
        connection.shutdown(socket.SHUT_WR)


def talk(connection: socket.socket) -> None:
    """Both directions at once, until the server has ended its own."""
    keyboard_ended = threading.Event()
    # A daemon thread: nothing can wake it from waiting for a key, so the program must be able to
    # end without it.
    threading.Thread(
        target=send_keyboard, args=(connection, keyboard_ended), name="keyboard", daemon=True
    ).start()
    print_lines(connection)
    if not keyboard_ended.is_set():
        tell("The server closed the connection.")


def tell(text: str) -> None:
    """Say something of our own. Not on standard output: that is for what the server says."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Talk until the keyboard or the server ends. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase2.client", description="Talks to phase2.server.")
    add_connect_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    accept_any_text()
    try:
        with connect(options.host, options.port) as connection:
            talk(connection)
    except ConnectError as error:
        tell(str(error))
        return 1
    except OSError as error:
        tell(f"The connection was lost: {error.strerror}.")
        return 1
    except KeyboardInterrupt:
        return 130  # what shells report for a program ended by Ctrl-C
    return 0


if __name__ == "__main__":
    sys.exit(main())
