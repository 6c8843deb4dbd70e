"""Phase 2: a server that talks to many clients at once, with a thread for each.

The answers are those of phase 1, and the server prints who said what.

New here, by hand: the accept loop that starts a thread for each client, the lock around what the
threads share, and a shutdown that ends them all.

From phase 1, hardened, in shared/: `open_listener` (listener.py), bytes into lines (framing.py),
`say_goodbye` (goodbye.py), signals (stopping.py). `clean` (safe_text.py) keeps a client's escape
sequences off your screen.

    python -m phase2.server             # listens on 127.0.0.1:12345 until Ctrl-C
    python -m phase2.server --port 0    # on any free port
"""

import argparse
import select
import socket
import sys
import threading
import time

from shared.address import Address
from shared.arguments import add_listen_arguments
from shared.console import accept_any_text
from shared.defaults import CHAT_PORT, DRAIN_SECONDS, HOST, POLL_SECONDS, RECV_BYTES
from shared.framing import BadLine, LineDecoder, encode_line
from shared.goodbye import say_goodbye, shut_down
from shared.listener import Listener, ListenError, open_listener, tune_connection
from shared.safe_text import clean
from shared.stopping import interrupt_on_stop_signals, on_stop_signals

_printing = threading.Lock()


def say(text: str) -> None:
    """Print one line, whole. Any thread."""
    # print() writes a text and its newline in two steps; another thread could come between them.
    with _printing:
        print(text, flush=True)


class Server:
    """Accepts clients, and gives each a thread.

    `accept_clients` and `stop` belong to the main thread, `_serve` to each client's own.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._clients: dict[socket.socket, threading.Thread] = {}  # being served; under _lock

    def accept_clients(self) -> None:
        """Start a thread for each client that comes. Ends only with KeyboardInterrupt."""
        while True:
            wait_for(self._listener)
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                continue  # it hung up while it queued; some systems tell us so here
            # A daemon thread does not keep the program from its end; but see `stop`, which does.
            thread = threading.Thread(
                target=self._serve, args=(connection, str(Address.of(address))), daemon=True
            )
            with self._lock:
                self._clients[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, address: str) -> None:
        """Talk to one client until the end: the whole life of its thread."""
        try:
            say(f"{address} connected")
            tune_connection(connection)
            converse(connection, address)
        except OSError as error:  # a reset, say; this thread ends, the others do not notice
            say(f"{address} was cut off: {error.strerror}")
        finally:
            say_goodbye(connection)
            with self._lock:
                del self._clients[connection]
            say(f"{address} left")

    def stop(self) -> None:
        """Stop accepting, end every connection, and wait for the threads; within DRAIN_SECONDS."""
        self._listener.close()
        deadline = time.monotonic() + DRAIN_SECONDS
        with self._lock:
            remaining = dict(self._clients)  # a copy: the threads need the lock to leave
        for connection in remaining:
            shut_down(connection)  # wakes the thread, which waits in recv(); close() would not
        for thread in remaining.values():
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))


def converse(connection: socket.socket, address: str) -> None:
    """Answer each line until the client ends its stream. Raises OSError when it vanishes."""
    decoder = LineDecoder()
    while data := connection.recv(RECV_BYTES):
        for line in decoder.feed(data):
            if isinstance(line, BadLine):
                connection.sendall(encode_line(f"! {line.reason}"))
                if line.fatal:
                    return
            else:
                say(f"{address}: {clean(line)}")
                connection.sendall(encode_line(answer(line)))


def answer(line: str) -> str:
    """The answer to a line, as in phase 1."""
    return "Hello Client!" if line == "Hello Server!" else line


def wait_for(listener: Listener) -> None:
    """Return when a client has come. In short turns, as in phase 1, so that Ctrl-C is noticed."""
    while not select.select(listener.sockets, [], [], POLL_SECONDS)[0]:
        pass


def main() -> int:
    """Serve until Ctrl-C. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase2.server", description="A threaded echo server.")
    add_listen_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    accept_any_text()
    try:
        listener = open_listener(options.host, options.port)
    except ListenError as error:
        print(error, file=sys.stderr)
        return 2
    server = Server(listener)
    try:
        # As in phase 1: `kill` does what Ctrl-C does, and so does a terminal that is closed. All of
        # it happens in the main thread only.
        interrupt_on_stop_signals()
        say(f"Listening on {listener}")
        server.accept_clients()
    except KeyboardInterrupt:
        on_stop_signals(lambda: None)  # once is enough
    server.stop()
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
