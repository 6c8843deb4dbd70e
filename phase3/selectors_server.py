"""Phase 3 once more, in one thread: the same chat, without a lock. The page: phase3/selectors.md.

New here, by hand: one call that waits for all sockets at once (a selector), sockets that never wait
(setblocking), and an outbox for each client: the bytes that its system has not taken yet.

What a client reads and writes is as in phase3/server.py. One thing is better: a client that stops
reading holds up nobody. When a megabyte waits for it, it is disconnected.

    python -m phase3.selectors_server             # listens on 127.0.0.1:12345 until Ctrl-C
    python -m phase3.selectors_server --port 0    # on any free port
"""

import argparse
import contextlib
import selectors
import socket
import sys
import time
from selectors import EVENT_READ, EVENT_WRITE

from shared.address import Address
from shared.arguments import add_listen_arguments
from shared.console import accept_any_text, say
from shared.defaults import CHAT_PORT, HOST, OUTBOX_BYTES, POLL_SECONDS
from shared.framing import BadLine, LineDecoder, encode_line
from shared.goodbye import hang_up, shut_down
from shared.listener import Listener, ListenError, open_listener, tune_connection
from shared.safe_text import clean
from shared.stopping import interrupt_on_stop_signals, on_stop_signals

GOODBYE_SECONDS = 1.0  # how long a client may take to notice that it has left
TURN_BYTES = 4096  # taken from one client in one turn, so that all others have theirs soon


class Client:
    """A connection, and what a thread would keep in its variables."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self.connection = connection
        self.address = address
        self.decoder = LineDecoder()
        self.outbox = bytearray()


class Chat:
    """Who is here, and what they say to each other. One thread does all of it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._clients: list[Client] = []
        self._leaving: dict[Client, float] = {}  # closed when they end, and at this time at last
        self._selector = selectors.DefaultSelector()
        for each in listener.sockets:
            self._selector.register(each, EVENT_READ)

    def serve(self) -> None:
        """Do what each socket is ready for, again and again. Ends only with KeyboardInterrupt."""
        while True:
            for key, events in self._selector.select(POLL_SECONDS):
                if key.data is None:  # a listener; a newcomer may have hung up while it queued
                    with contextlib.suppress(BlockingIOError, ConnectionError):
                        self.join(*self._listener.accept())
                else:
                    self.attend_to(key.data, events)
            for each in [each for each, due in self._leaving.items() if due < time.monotonic()]:
                self.close(each)

    def join(self, connection: socket.socket, address: object) -> None:
        """Let a newcomer in, and announce it to those who are here already."""
        connection.setblocking(False)  # from now on recv() and send() never wait; they would raise
        tune_connection(connection)
        client = Client(connection, str(Address.of(address)))
        self._selector.register(connection, EVENT_READ, client)
        say(f"{client.address} joined")
        count = len(self._clients) + 1
        self.send(f"* You are {client.address}, {count} here. /exit leaves.", [client])
        self.send(f"* {client.address} joined, {count} here", self._clients)
        self._clients.append(client)

    def attend_to(self, client: Client, events: int) -> None:
        """Give a client what waits for it, or take what it has said. Nothing in here may wait."""
        try:
            if events & EVENT_WRITE:
                self.flush(client)
            if events & EVENT_READ:
                self.receive(client)
        except BlockingIOError:
            pass  # it was not ready after all; the selector will say when
        except OSError:  # a reset, say
            self.leave(client)
            self.close(client)

    def receive(self, client: Client) -> None:
        """Pass on what `client` says. What comes after it has left is thrown away."""
        data = client.connection.recv(TURN_BYTES)
        if not data:
            self.leave(client)
            self.close(client)
        for line in client.decoder.feed(data):
            if client in self._leaving:
                return
            if isinstance(line, BadLine):
                self.send(f"! {line.reason}", [client])
                if line.fatal:
                    self.leave(client)
            elif line.strip() == "/exit":
                self.leave(client)
            else:
                say(f"{client.address}: {clean(line)}")
                self.send(clean(line), [each for each in self._clients if each is not client])

    def leave(self, client: Client) -> None:
        """Take `client` out of the chat, and announce it. It still gets what is in its outbox."""
        if client in self._clients:
            self._clients.remove(client)
            self._leaving[client] = time.monotonic() + GOODBYE_SECONDS
            say(f"{client.address} left")
            self.send(f"* {client.address} left, {len(self._clients)} here", self._clients)
            with contextlib.suppress(OSError):  # it may be gone, or its system takes no more yet
                self.flush(client)

    def send(self, line: str, receivers: list[Client]) -> None:
        """Put `line` into each outbox; it is sent when that client's socket is ready."""
        for each in receivers:
            each.outbox += encode_line(line)
            if len(each.outbox) > OUTBOX_BYTES:  # it has stopped reading
                each.outbox.clear()
                shut_down(each.connection)  # recv() gives b"" soon: it leaves like any other
            self._watch(each)

    def flush(self, client: Client) -> None:
        """Send what the system takes now, a part perhaps; then the end, if it has left."""
        sent = client.connection.send(client.outbox)
        del client.outbox[:sent]
        if client in self._leaving and not client.outbox:
            client.connection.shutdown(socket.SHUT_WR)
        self._watch(client)

    def _watch(self, client: Client) -> None:
        # A socket can nearly always be written to: ask only while something waits.
        events = EVENT_READ | EVENT_WRITE if client.outbox else EVENT_READ
        self._selector.modify(client.connection, events, client)

    def close(self, client: Client) -> None:
        """Forget `client`, which has left."""
        del self._leaving[client]
        self._selector.unregister(client.connection)
        client.connection.close()

    def stop(self) -> None:
        """Stop accepting, and end every connection."""
        self._listener.close()
        for each in [*self._clients, *self._leaving]:
            hang_up(each.connection)


def main() -> int:
    """Serve until Ctrl-C. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase3.selectors_server", description="One thread.")
    add_listen_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    accept_any_text()
    try:
        listener = open_listener(options.host, options.port)
    except ListenError as error:
        print(error, file=sys.stderr)
        return 2
    chat = Chat(listener)
    try:
        interrupt_on_stop_signals()
        say(f"Listening on {listener}")
        chat.serve()
    except KeyboardInterrupt:
        on_stop_signals(lambda: None)  # once is enough
    chat.stop()
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
