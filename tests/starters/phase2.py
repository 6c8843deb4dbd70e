r"""Phase 2, my server: it talks to many clients at once, with a thread for each.

The answers are those of phase 1, and the server prints who said what. What phase 1 taught is here
already (or take your own). The TODOs are what is new. The lesson is phase2/README.md.

The TODOs are numbered in the order of the checks, and each begins with the name of its check. Do
TODO 1, run the checks, and let them lead you on:

    CHECK_COMMAND
"""

import argparse
import socket
import sys
import threading
from collections.abc import Iterator

MAX_LINE_BYTES = 4096  # of a line, with its newline
RUNAWAY_BYTES = 65536  # so many without a newline are no line that grew too long

printing = threading.Lock()


def say(text: str) -> None:
    """Print one line, at once. Any thread may call this, and no two lines get mixed."""
    with printing:  # print() writes the text and its newline one after the other
        print(clean(text), flush=True)


def open_listener(port: int) -> socket.socket:
    """A socket to which the clients of this machine can connect."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


class Server:
    """Talks to whoever connects."""

    def accept_clients(self, listener: socket.socket) -> None:
        """Let each client be served, for ever."""
        while True:
            try:
                connection, (host, port) = listener.accept()
            except (ConnectionError, TypeError):  # TypeError: on macOS it has no (host, port)
                continue  # it hung up while it queued; some systems tell us so here
            # <1>
            # TODO 1: two clients are served at once
            #   This serves a client to its end, and nobody is accepted meanwhile. Let a thread do
            #   it: threading.Thread(target=..., args=(...)), with daemon=True, so that Ctrl-C ends
            #   the program although threads still run. Then start() it.
            #: self.serve(connection, f"{host}:{port}")
            threading.Thread(
                target=self.serve, args=(connection, f"{host}:{port}"), daemon=True
            ).start()
            # </1>

    def serve(self, connection: socket.socket, address: str) -> None:
        """One client, from hello to goodbye."""
        say(f"{address} connected")
        with connection:
            try:
                self.converse(connection, address)
            except OSError as error:
                say(f"{address} was cut off: {error.strerror}")
        say(f"{address} left")

    def converse(self, connection: socket.socket, address: str) -> None:
        """Answer each line until the client ends its stream. Raises OSError when it vanishes."""
        for line in self.lines(connection):
            text = answer(line)
            # <3>
            # TODO 3: it prints what was said
            #   say() who said what: the address, a colon, and the text.
            say(f"{address}: {text}")
            # </3>

            connection.sendall(text.encode() + b"\n")

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """The lines of one client, without their newlines."""
        # <2>
        # TODO 2: unfinished lines of two clients are not mixed
        #   While there was one client at a time, one place for what is unfinished was enough. Now
        #   several threads are in here at once, and all of them use the same self.unfinished.
        #: self.unfinished = b""
        #: while data := connection.recv(4096):
        #:     *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        #:     yield from lines
        #:     if len(self.unfinished) >= RUNAWAY_BYTES:
        #:         connection.sendall(b"! No newline in 64 KiB. Goodbye.\n")
        #:         return
        unfinished = b""
        while data := connection.recv(4096):
            *lines, unfinished = (unfinished + data).split(b"\n")
            yield from lines
            if len(unfinished) >= RUNAWAY_BYTES:
                connection.sendall(b"! No newline in 64 KiB. Goodbye.\n")
                return
        # </2>


def answer(line: bytes) -> str:
    """The answer to one whole line; both are without a newline."""
    if len(line) >= MAX_LINE_BYTES:
        return "! That line is too long."
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return "! That line is not UTF-8."
    return "Hello Client!" if text == "Hello Server!" else text


def clean(text: str) -> str:
    """`text` as it may be shown on a screen."""
    # <4>
    # TODO 4: no escape sequence reaches the console
    #   say() prints what this gives. Somebody may send "\x1b[2J", and clear your screen. Put
    #   "\ufffd" for each character that is not printable: str.isprintable() knows.
    #: return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
    # </4>


def main() -> None:
    """Serve until somebody ends this program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12345)
    with open_listener(parser.parse_args().port) as listener:
        Server().accept_clients(listener)


if __name__ == "__main__":
    main()
