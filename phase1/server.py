"""Phase 1: a server that talks to one client at a time.

The line `Hello Server!` is answered `Hello Client!`; every other line is sent back as it came.

New here, all of it by hand: a socket that listens (socket, setsockopt, bind, listen, accept), bytes
made into lines (recv), answers (sendall), and the end of a conversation (the end of the stream,
shutdown, close). From elsewhere come only numbers, each with its reason, from shared/defaults.py.

    python -m phase1.server             # listens on 127.0.0.1:12345 until Ctrl-C
    python -m phase1.server --port 0    # on any free port
"""

import argparse
import contextlib
import select
import signal
import socket
import sys
import time

from shared.defaults import (
    CHAT_PORT,
    HOST,
    MAX_LINE_BYTES,
    POLL_SECONDS,
    RECV_BYTES,
    RUNAWAY_LINE_BYTES,
)

GOODBYE_SECONDS = 0.5  # how long a client may take to notice that we have ended


def open_listener(host: str, port: int) -> socket.socket:
    """A socket to which clients can connect. Raises OSError, or OverflowError over port 65535."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # IPv4, TCP
    if sys.platform != "win32":  # there the option means something else, and is not needed
        # Connections of the last run stay in TIME_WAIT for a minute; start again all the same.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))  # this address is ours
        listener.listen()  # from now on the system completes connections, and queues them for us
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def serve_next_client(listener: socket.socket) -> None:
    """Take the next client from the queue and talk to it until the end."""
    wait_for(listener)
    try:
        connection, (host, port) = listener.accept()
    except (OSError, TypeError) as error:  # TypeError: on macOS it has no (host, port) any more
        print("A client could not be taken:", getattr(error, "strerror", error), flush=True)
        time.sleep(POLL_SECONDS)  # an error that lasts, such as EMFILE, must not keep us busy
        return  # most often it hung up while it queued; each system tells us so in its own way
    with connection:  # closes it, whatever happens
        print(f"{host}:{port} connected", flush=True)
        try:
            converse(connection)
        except OSError as error:  # a reset, say: that client is gone, and the next one may come
            print(f"{host}:{port} was cut off: {error.strerror}", flush=True)
        finally:
            say_goodbye(connection)
    print(f"{host}:{port} left", flush=True)


def converse(connection: socket.socket) -> None:
    """Answer each line until the client ends its stream. Raises OSError when it vanishes."""
    unfinished = b""  # TCP is a stream: recv() may give half a line, or ten and a half
    while data := receive(connection):  # b"" is the end of the stream
        *lines, unfinished = (unfinished + data).split(b"\n")
        for line in lines:
            connection.sendall(answer(line).encode() + b"\n")
        if len(unfinished) >= RUNAWAY_LINE_BYTES:  # or one client could fill our memory
            last_words = f"! {RUNAWAY_LINE_BYTES} bytes without a newline. Goodbye.\n"
            connection.sendall(last_words.encode())
            return
    # What is still in `unfinished` has no newline, and now never will: it is not a line.


def answer(line: bytes) -> str:
    r"""The answer to one line, which comes without its newline.

    >>> answer(b"Hello Server!"), answer(b"sugar?\r")
    ('Hello Client!', 'sugar?')
    """
    if len(line) >= MAX_LINE_BYTES:  # the newline counts
        return f"! A line may have {MAX_LINE_BYTES} bytes; this one was dropped."
    try:
        # Only a whole line can be decoded: recv() may have cut a character in two.
        text = line.removesuffix(b"\r").decode("utf-8")  # telnet ends a line with \r\n
    except UnicodeDecodeError as error:
        return f"! That line is not UTF-8 (byte {error.start + 1}); it was dropped."
    return "Hello Client!" if text == "Hello Server!" else text


def receive(connection: socket.socket) -> bytes:
    """The next bytes, as many as there are; b"" at the end of the stream."""
    wait_for(connection)
    return connection.recv(RECV_BYTES)


def wait_for(waiting: socket.socket) -> None:
    """Return when accept() or recv() has something to give, and let Ctrl-C through meanwhile."""
    # accept() and recv() wait by themselves. But on Windows a call that waits is deaf to Ctrl-C,
    # so we wait in short turns: Python looks for Ctrl-C between two of them.
    while not select.select([waiting], [], [], POLL_SECONDS)[0]:
        pass


def say_goodbye(connection: socket.socket) -> None:
    """End our direction, then wait a moment for the client to end its own.

    close() alone could lose our last answers: with input that we have not read, it makes the
    system send a reset, and a reset lets the client's system throw away what it has not read yet.
    """
    deadline = time.monotonic() + GOODBYE_SECONDS
    with contextlib.suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_WR)  # the client reads all that we sent, then the end
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(RECV_BYTES):
                break


def main() -> int:
    """Serve one client after the other until Ctrl-C. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase1.server", description="An echo server.")
    parser.add_argument("--host", default=HOST, help="default %(default)s: only this machine")
    parser.add_argument("--port", type=int, default=CHAT_PORT, help="default %(default)s; 0: any")
    options = parser.parse_args()
    try:
        listener = open_listener(options.host, options.port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        print(f"Cannot listen on {options.host} port {options.port} ({why}).", file=sys.stderr)
        return 2
    try:
        # `kill` sends SIGTERM. Let it do what Ctrl-C does: raise KeyboardInterrupt, right here.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with listener:
            print("Listening on {}:{}".format(*listener.getsockname()), flush=True)
            while True:
                serve_next_client(listener)
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
