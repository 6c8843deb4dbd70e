r"""Phase 3, my server: what one says, everybody else hears.

A line that begins with `* ` is the server's own, such as `* 127.0.0.1:51234 joined`; its words are
free. A line that begins with `! ` is an error. Every other line was said by somebody.

What the phases before taught is here already (or take your own). The TODOs are what is new. The
lesson is phase3/README.md.

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
    with printing:
        print(clean(text), flush=True)


def clean(text: str) -> str:
    """`text` without control characters, as it may be shown on a screen."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def open_listener(port: int) -> socket.socket:
    """A socket to which the clients of this machine can connect."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


class Client:
    """One who is here."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self.connection = connection
        self.address = address
        self.sending = threading.Lock()  # or else the lines of two threads could get mixed

    def send(self, line: str) -> None:
        """Send one line. Raises OSError when the client has gone. Any thread may call this."""
        with self.sending:
            self.connection.sendall(line.encode() + b"\n")


class Chat:
    """Who is here, and what they say to each other. Each client has a thread, in serve()."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clients: list[Client] = []  # hold the lock while you change it or copy it

    def accept_clients(self, listener: socket.socket) -> None:
        """A thread for each client, for ever."""
        while True:
            try:
                connection, (host, port) = listener.accept()
            except (ConnectionError, TypeError):  # TypeError: on macOS it has no (host, port)
                continue  # it hung up while it queued; some systems tell us so here
            client = Client(connection, f"{host}:{port}")
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: Client) -> None:
        """One client's whole stay."""
        with client.connection:
            # <6>
            # TODO 6: all others are told when somebody goes, by a reset
            #   When a client vanishes, recv() raises OSError, and leave() is not called. Which two
            #   words of Python run something whatever happens? And who catches the OSError?
            #: self.join(client)
            #: self.listen_to(client)
            #: self.leave(client)
            try:
                self.join(client)
                self.listen_to(client)
            except OSError as error:
                say(f"{client.address} was cut off: {error.strerror}")
            finally:
                self.leave(client)
            # </6>

    def join(self, client: Client) -> None:
        """Add a newcomer to those who hear, and greet them."""
        # <1>
        # TODO 1: a newcomer is welcomed
        #   Put the client into self.clients, and only then send it a line of welcome, which begins
        #   with "* ".
        with self.lock:
            self.clients.append(client)
        client.send("* Welcome. /exit leaves.")
        # </1>

        # <4>
        # TODO 4: a join is announced
        #   Tell all others, with broadcast(): "* ", the client's address, and that it joined.
        self.broadcast(f"* {client.address} joined", client)
        # </4>

    def leave(self, client: Client) -> None:
        """Remove somebody from those who hear."""
        with self.lock:
            if client in self.clients:
                self.clients.remove(client)
        # <5>
        # TODO 5: all others are told when somebody goes, by closing the connection
        #   As in TODO 4.
        self.broadcast(f"* {client.address} left", client)
        # </5>

    def listen_to(self, client: Client) -> None:
        """Pass on what a client says, to its end. Raises OSError when it vanishes."""
        for line in lines(client):
            text = text_of(line)
            # <7>
            # TODO 7: all others are told when somebody goes, with /exit
            #   The line /exit is not for the others: it ends this conversation, as if the client
            #   had closed the connection.
            if text is not None and text.strip() == "/exit":
                return
            # </7>

            if text is None:
                client.send("! That line is too long, or not UTF-8.")
            else:
                self.heard(client, text)

    def heard(self, client: Client, text: str) -> None:
        """Pass on one line."""
        say(f"{client.address}: {text}")
        # <8>
        # TODO 8: no escape sequence is delivered
        #   The text goes to other people's screens as it came.
        #: self.broadcast(text, client)
        self.broadcast(clean(text), client)
        # </8>

    def broadcast(self, line: str, sender: Client) -> None:
        """Send a line to all whom it concerns."""
        with self.lock:
            # <3>
            # TODO 3: nobody hears themselves
            #   This copies the whole list. Leave out the sender: compare the objects, with `is`.
            #: hearers = list(self.clients)
            hearers = [each for each in self.clients if each is not sender]
            # </3>

        self.deliver(line, hearers)  # not under the lock: who comes or goes would have to wait

    def deliver(self, line: str, hearers: list[Client]) -> None:
        """Send a line to each of them."""
        # <2>
        # TODO 2: everybody hears what one says
        #   send() it. When one of the hearers has just gone, that raises OSError. Go on with the
        #   next: it is not the speaker's fault.
        for each in hearers:
            try:
                each.send(line)
            except OSError:
                continue  # its own thread will notice
        # </2>


def lines(client: Client) -> Iterator[bytes]:
    """The lines of one client, without their newlines."""
    unfinished = b""
    while data := client.connection.recv(4096):
        *whole, unfinished = (unfinished + data).split(b"\n")
        yield from whole
        if len(unfinished) >= RUNAWAY_BYTES:
            client.send("! No newline in 64 KiB. Goodbye.")
            return


def text_of(line: bytes) -> str | None:
    """What a line says; None where it is too long, or not UTF-8."""
    try:
        return line.decode().removesuffix("\r") if len(line) < MAX_LINE_BYTES else None
    except UnicodeDecodeError:
        return None


def main() -> None:
    """Serve until somebody ends this program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12345)
    with open_listener(parser.parse_args().port) as listener:
        Chat().accept_clients(listener)


if __name__ == "__main__":
    main()
