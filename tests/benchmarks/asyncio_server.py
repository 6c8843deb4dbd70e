"""The ordinary way to write a chat server in Python, to compare with: asyncio, one write() a line.

The first line is the nickname; each later one goes to all others as `nick: text`, with one
transport.write() for each of them. Whoever has more than 1 MiB unread is cut off, as in phase 4.
No limits, no logs, no checks of what is text: what it saves there counts in its favour.

    python -m tests.benchmarks.asyncio_server --port 12345
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable

from shared.arguments import add_listen_arguments
from shared.defaults import CHAT_PORT, HOST, OUTBOX_BYTES
from shared.listener import Listener, ListenError, open_listener, tune_connection


class Chat(asyncio.Protocol):
    """One connection. `clients` are those who have a name, whom all connections share."""

    def __init__(self, clients: set["Chat"]) -> None:
        self.clients = clients
        self.nick = b""
        self._unfinished = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        tune_connection(transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self.clients.discard(self)

    def data_received(self, data: bytes) -> None:
        """Some bytes came; what is complete in them is said."""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        for line in lines:
            if self.nick:
                self.broadcast(b"%b: %b\n" % (self.nick, line))
            else:
                self.nick = line
                self.clients.add(self)
                self.transport.write(b"* Welcome, %b!\n" % line)

    def broadcast(self, line: bytes) -> None:
        """Send a line to all but this one."""
        for client in self.clients:
            if client is not self:
                client.transport.write(line)
                if client.transport.get_write_buffer_size() > OUTBOX_BYTES:
                    client.transport.abort()


async def serve(listener: Listener, connected: Callable[[], Chat]) -> None:
    """Serve until cancelled; `connected` makes the Chat of a new connection."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(connected, sock=each) for each in listener.sockets]
    await asyncio.gather(*(each.serve_forever() for each in servers))


def main() -> int:
    """Serve until Ctrl-C; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.asyncio_server")
    add_listen_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    try:
        listener = open_listener(options.host, options.port)
    except ListenError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Listening on {listener}", flush=True)
    clients: set[Chat] = set()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listener, lambda: Chat(clients)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
