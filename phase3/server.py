"""Phase 3: what one says, everybody else hears.

New here, by hand: `clients`, the list of who is here, and `broadcast`, which sends a line to all of
them but one. Joins and leaves are announced, and `/exit` leaves. It speaks plain lines:

    * 127.0.0.1:51234 joined, 2 here      the server announces something
    ! That line is not UTF-8 ...          the server refuses something you sent
    anything else                         somebody said it

From phase 2, hardened, in shared/: the accept loop, the threads and the shutdown
(threaded_server.py), and `say` (console.py).

Two flaws remain, both on purpose. Nobody knows who speaks. And the thread that hears a line also
delivers it: it waits for each receiver in turn, so one who stops reading freezes everybody.

    python -m phase3.server             # listens on 127.0.0.1:12345 until Ctrl-C
    python -m phase3.server --port 0    # on any free port
"""

import argparse
import contextlib
import socket
import sys
import threading

from shared.arguments import add_listen_arguments
from shared.console import accept_any_text, say
from shared.defaults import CHAT_PORT, HOST, RECV_BYTES
from shared.framing import BadLine, LineDecoder, encode_line
from shared.goodbye import say_goodbye
from shared.listener import ListenError, open_listener, tune_connection
from shared.safe_text import clean
from shared.stopping import on_stop_signals
from shared.threaded_server import ThreadedServer


class Client:
    """One who is here: a connection, and where it comes from."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self.connection = connection  # read by its own thread only
        self.address = address
        self._sending = threading.Lock()  # around every sendall()

    def send(self, line: str) -> None:
        """Send one line, whole. Waits for a client that does not read. Any thread."""
        # When the client is slow, sendall() sends a piece, waits, and sends the next. Without the
        # lock, another thread's line could come between the two pieces.
        with self._sending:
            self.connection.sendall(encode_line(line))


class Chat:
    """Who is here, and what they say to each other. Every client has a thread in `serve`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: list[Client] = []  # under _lock

    def serve(self, connection: socket.socket, address: str) -> None:
        """One client's whole stay, in its own thread."""
        client = Client(connection, address)
        try:
            tune_connection(connection)
            self.join(client)
            self.listen_to(client)
        finally:
            self.leave(client)
            say_goodbye(connection)

    def join(self, client: Client) -> None:
        """Add `client` to those who hear, and announce it to those who are here already."""
        with self._lock:
            others = list(self._clients)
            self._clients.append(client)
        say(f"{client.address} joined")
        count = len(others) + 1
        client.send(f"* You are {client.address}, {count} here. /exit leaves.")
        self.deliver(f"* {client.address} joined, {count} here", others)

    def leave(self, client: Client) -> None:
        """Remove `client`, and announce it to those who remain."""
        with self._lock:
            if client not in self._clients:
                return  # it was gone before it had joined
            self._clients.remove(client)
            others = list(self._clients)
        say(f"{client.address} left")
        self.deliver(f"* {client.address} left, {len(others)} here", others)

    def listen_to(self, client: Client) -> None:
        """Pass on what `client` says, until it ends its stream or leaves with /exit."""
        decoder = LineDecoder()
        while data := client.connection.recv(RECV_BYTES):
            for line in decoder.feed(data):
                if isinstance(line, BadLine):
                    client.send(f"! {line.reason}")
                    if line.fatal:
                        return
                elif line.strip() == "/exit":
                    return
                else:
                    say(f"{client.address}: {clean(line)}")
                    self.broadcast(clean(line), client)

    def broadcast(self, line: str, sender: Client) -> None:
        """Send `line` to everybody but `sender`. Any thread."""
        # Copy under the lock, send outside it: sendall() may wait for as long as a receiver likes,
        # and to hold the lock meanwhile would keep everybody from coming and going.
        with self._lock:
            others = [each for each in self._clients if each is not sender]
        self.deliver(line, others)

    def deliver(self, line: str, receivers: list[Client]) -> None:
        """Send `line` to each in turn, waiting for those that do not read. Any thread."""
        for each in receivers:
            with contextlib.suppress(OSError):  # it is gone; its own thread will notice
                each.send(line)


def main() -> int:
    """Serve until Ctrl-C. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase3.server", description="A chat without names.")
    add_listen_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    accept_any_text()
    try:
        listener = open_listener(options.host, options.port)
    except ListenError as error:
        print(error, file=sys.stderr)
        return 2
    server = ThreadedServer(listener, Chat().serve, report=say)
    on_stop_signals(server.stop)
    say(f"Listening on {listener}")
    server.serve()  # until `stop`
    server.drain()  # also wakes a thread that waits for somebody who does not read
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
