"""A client of lines: keyboard to server, server to screen. Taught by hand in phase2/client.py.

What this adds is a choice of how a line is shown, and an answer to odd surroundings: standard input
that is closed, and standard output whose reader has gone.
"""

import contextlib
import os
import select
import socket
import sys
import threading
from collections.abc import Callable

from shared.connector import ConnectError, connect
from shared.console import accept_any_text, is_unread_pipe
from shared.defaults import MAX_SERVER_LINE_BYTES, POLL_SECONDS, RECV_BYTES
from shared.framing import BadLine, LineDecoder
from shared.safe_text import clean

Display = Callable[[str], str]
"""What to print for a line of the server's. It is cleaned already; and nothing may raise."""


def run(host: str, port: int, display: Display = str) -> int:
    """Talk until the keyboard or the server ends. Gives the exit status. The main thread only."""
    accept_any_text()
    try:
        with connect(host, port) as connection:
            return _talk(connection, display)
    except ConnectError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        return 130  # what shells report for a program ended by Ctrl-C


def _talk(connection: socket.socket, display: Display) -> int:
    """The main thread receives; a daemon thread, which nothing could wake, reads the keyboard."""
    keyboard_ended = threading.Event()
    threading.Thread(
        target=_send_keyboard, args=(connection, keyboard_ended), name="keyboard", daemon=True
    ).start()
    decoder = LineDecoder(MAX_SERVER_LINE_BYTES)
    try:
        while data := _receive(connection):
            for line in decoder.feed(data):
                if not _show(line, display):
                    return 1
    except OSError as error:
        _tell(f"The connection was lost: {error.strerror}.")
        return 1
    if not keyboard_ended.is_set():
        _tell("The server closed the connection.")
    return 0


def _receive(connection: socket.socket) -> bytes:
    # In short turns, because Windows notices Ctrl-C only between calls.
    while not select.select([connection], [], [], POLL_SECONDS)[0]:
        pass
    return connection.recv(RECV_BYTES)


def _show(line: str | BadLine, display: Display) -> bool:
    """Print a line; whether another one can follow."""
    if isinstance(line, BadLine):
        _tell(f"From the server: {line.reason}")
        return not line.fatal
    try:
        print(display(clean(line)), flush=True)
    except OSError as error:
        if not is_unread_pipe(error):
            raise
        # `| head -1` has seen enough. The interpreter flushes once more at its end, and would
        # complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _send_keyboard(connection: socket.socket, keyboard_ended: threading.Event) -> None:
    """Send what is typed, then end our direction only. The keyboard's own thread."""
    last = b"\n"
    with contextlib.suppress(OSError):  # the connection has ended; the main thread says so
        if sys.stdin is not None:  # None: it was closed before we began
            # Unbuffered: a thread that waits in sys.stdin holds its lock, which Python needs in
            # order to end.
            keyboard = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
            while data := keyboard.read(RECV_BYTES):
                connection.sendall(data)
                last = data
        if not last.endswith(b"\n"):
            connection.sendall(b"\n")  # a last line without a newline would be none
        keyboard_ended.set()
        connection.shutdown(socket.SHUT_WR)


def _tell(text: str) -> None:
    """Say something of our own. Not on standard output: that is for what the server says."""
    print(text, file=sys.stderr, flush=True)
